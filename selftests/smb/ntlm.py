# SPDX-License-Identifier: GPL-2.0
"""NTLMv2 client: NEGOTIATE and AUTHENTICATE messages, keys (MS-NLMP 2.2.1, 3.1.5, 3.3.2, 3.4)."""
import hashlib
import hmac
import os
import struct
import time

try:
    from Cryptodome.Cipher import ARC4
    from Cryptodome.Hash import MD4
except ImportError:
    from Crypto.Cipher import ARC4
    from Crypto.Hash import MD4

from smb.wire import utf16

SIGNATURE = b"NTLMSSP\0"
UNICODE, ANONYMOUS, KEY_EXCH = 0x1, 0x800, 0x40000000
# also: REQUEST_TARGET SIGN SEAL NTLM ALWAYS_SIGN EXTENDED_SESSIONSECURITY TARGET_INFO VERSION 128 56
FLAGS = UNICODE | KEY_EXCH | 0xA2888234
VERSION = bytes.fromhex("0a0061580000000f")
AV_EOL, AV_FLAGS, AV_TIMESTAMP = 0, 6, 7
MIC_OFFSET, AUTHENTICATE_SIZE = 72, 88


def nt_hash(password):
    """NTOWFv1 (3.3.1)."""
    return MD4.new(utf16(password)).digest()


def ntowf_v2(user, password, domain):
    """NTOWFv2 (3.3.2)."""
    return hmac.digest(nt_hash(password), utf16(user.upper() + domain), "md5")


def rc4(key, data):
    """RC4, one shot."""
    return ARC4.new(key).encrypt(data)


def parse_av_pairs(data):
    """AV_PAIRs of a target info field as {id: value}, in order (2.2.2.1)."""
    pairs = {}
    while len(data) >= 4:
        kind, size = struct.unpack_from("<HH", data)
        if kind == AV_EOL:
            break
        pairs[kind] = data[4:4 + size]
        data = data[4 + size:]
    return pairs


def pack_av_pairs(pairs):
    """The reverse of parse_av_pairs()."""
    packed = b"".join(struct.pack("<HH", kind, len(v)) + v for kind, v in pairs.items())
    return packed + struct.pack("<HH", AV_EOL, 0)


def nt_response_v2(response_key, server_challenge, client_challenge, timestamp, target_info):
    """NTLMv2 NtChallengeResponse and SessionBaseKey (3.3.2)."""
    temp = b"\1\1" + bytes(6) + timestamp + client_challenge + bytes(4) + target_info + bytes(4)
    proof = hmac.digest(response_key, server_challenge + temp, "md5")
    return proof + temp, hmac.digest(response_key, proof, "md5")


def lm_response_v2(response_key, server_challenge, client_challenge):
    """LMv2 response (3.3.2)."""
    return hmac.digest(response_key, server_challenge + client_challenge, "md5") + client_challenge


class Client:
    """One NTLM authentication. An empty user name is anonymous (3.2.5.1.2)."""

    def __init__(self, user, password, domain=""):
        self.user, self.password, self.domain = user, password, domain
        self.exported_key = bytes(16)
        self.negotiate_message = SIGNATURE + struct.pack("<II", 1, FLAGS) + bytes(16) + VERSION

    def authenticate(self, challenge):
        """The AUTHENTICATE message that answers a CHALLENGE; sets exported_key."""
        flags, server_challenge = struct.unpack_from("<I8s", challenge, 20)
        size, _, offset = struct.unpack_from("<HHI", challenge, 40)
        info = parse_av_pairs(challenge[offset:offset + size])
        flags &= FLAGS
        if self.user:
            lm, nt, base_key = self._responses(server_challenge, info)
        else:
            flags |= ANONYMOUS
            lm, nt, base_key = b"\0", b"", bytes(16)
        wrapped = b""
        self.exported_key = base_key
        if flags & KEY_EXCH:
            self.exported_key = os.urandom(16)
            wrapped = rc4(base_key, self.exported_key)
        message = self._pack(flags, lm, nt, wrapped)
        if not self.user or AV_TIMESTAMP not in info:
            return message
        mic = hmac.digest(self.exported_key, self.negotiate_message + challenge + message, "md5")
        return message[:MIC_OFFSET] + mic + message[MIC_OFFSET + 16:]

    def signature(self, data):
        """The client's first signature over data (3.4.4.2), for SPNEGO's mechListMIC."""
        def key(use):
            magic = b"session key to client-to-server %s key magic constant\0" % use
            return hashlib.md5(self.exported_key + magic).digest()
        checksum = hmac.digest(key(b"signing"), bytes(4) + data, "md5")[:8]
        return b"\1\0\0\0" + rc4(key(b"sealing"), checksum) + bytes(4)

    def _responses(self, server_challenge, info):
        key = ntowf_v2(self.user, self.password, self.domain)
        client_challenge = os.urandom(8)
        if AV_TIMESTAMP in info:
            timestamp, lm = info[AV_TIMESTAMP], bytes(24)
            info[AV_FLAGS] = struct.pack("<I", 2)  # a MIC is present
        else:
            timestamp = struct.pack("<Q", int((time.time() + 11644473600) * 10**7))
            lm = lm_response_v2(key, server_challenge, client_challenge)
        return lm, *nt_response_v2(key, server_challenge, client_challenge, timestamp,
                                   pack_av_pairs(info))

    def _pack(self, flags, lm, nt, wrapped):
        fields, payload = b"", b""
        for value in (lm, nt, utf16(self.domain), utf16(self.user), utf16("PROBE"), wrapped):
            fields += struct.pack("<HHI", len(value), len(value), AUTHENTICATE_SIZE + len(payload))
            payload += value
        return (SIGNATURE + struct.pack("<I", 3) + fields + struct.pack("<I", flags) + VERSION
                + bytes(16) + payload)
