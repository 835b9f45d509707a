# SPDX-License-Identifier: GPL-2.0
"""SPNEGO around NTLMSSP: just the tokens that an SMB session setup needs (RFC 4178 4.2, MS-SPNG)."""

SPNEGO_OID = bytes.fromhex("06062b0601050502")
NTLMSSP_OID = bytes.fromhex("060a2b06010401823702020a")


def tlv(tag, content):
    """One DER element."""
    size = len(content)
    if size < 128:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


MECH_TYPES = tlv(0x30, NTLMSSP_OID)  # the mechanisms offered; what a mechListMIC covers


def init_token(mech_token):
    """NegTokenInit that offers NTLMSSP alone, with its first message."""
    inner = tlv(0x30, tlv(0xA0, MECH_TYPES) + tlv(0xA2, tlv(0x04, mech_token)))
    return tlv(0x60, SPNEGO_OID + tlv(0xA0, inner))


def response_token(mech_token, mech_list_mic):
    """NegTokenResp with the last mechanism message and a signature over MECH_TYPES."""
    mic = tlv(0xA3, tlv(0x04, mech_list_mic)) if mech_list_mic else b""
    return tlv(0xA1, tlv(0x30, tlv(0xA2, tlv(0x04, mech_token)) + mic))


def elements(data):
    """The DER elements of data as (tag, content) pairs."""
    while data:
        tag, size, start = data[0], data[1], 2
        if size & 0x80:
            start += size & 0x7F
            size = int.from_bytes(data[2:start], "big")
        yield tag, data[start:start + size]
        data = data[start + size:]


def find_ntlm(token):
    """The NTLMSSP message in a token: depth first, the first OCTET STRING that holds one."""
    if token.startswith(b"NTLMSSP\0"):
        return token
    for tag, content in elements(token):
        if tag == 0x04 and content.startswith(b"NTLMSSP\0"):
            return content
        if tag & 0x20:  # constructed
            found = find_ntlm(content)
            if found:
                return found
    return None
