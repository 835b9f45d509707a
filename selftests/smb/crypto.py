# SPDX-License-Identifier: GPL-2.0
"""SMB2 message protection: MACs (MS-SMB2 3.1.4.1), key derivation (3.1.4.2), encryption (3.1.4.3)."""
import hashlib
import hmac
import os
import struct
from dataclasses import dataclass

try:  # Debian's python3-pycryptodome
    from Cryptodome.Cipher import AES
    from Cryptodome.Hash import CMAC
except ImportError:  # the same library from PyPI
    from Crypto.Cipher import AES
    from Crypto.Hash import CMAC

from smb import wire

HMAC_SHA256, AES_CMAC, AES_GMAC = 0, 1, 2
SIGNING_NAMES = {HMAC_SHA256: "hmac-sha256", AES_CMAC: "aes-cmac", AES_GMAC: "aes-gmac"}

AES128_CCM, AES128_GCM, AES256_CCM, AES256_GCM = 1, 2, 3, 4
CIPHER_NAMES = {AES128_CCM: "aes-128-ccm", AES128_GCM: "aes-128-gcm",
                AES256_CCM: "aes-256-ccm", AES256_GCM: "aes-256-gcm"}

TRANSFORM = struct.Struct("<4s16s16sIHHQ")  # 2.2.41


def signing_algorithm(dialect, negotiated=None):
    """The algorithm that a connection signs with; negotiated is the 3.1.1 context's, or None."""
    if dialect < 0x0300:
        return HMAC_SHA256
    return AES_CMAC if negotiated is None else negotiated


def cmac(key, data):
    """AES-128-CMAC (RFC 4493)."""
    return CMAC.new(key, data, ciphermod=AES).digest()


def gmac(key, nonce, data):
    """AES-128-GMAC: GCM of nothing, with the data as associated data."""
    cipher = AES.new(key, AES.MODE_GCM, nonce=nonce)
    cipher.update(data)
    return cipher.digest()


def gmac_nonce(message):
    """The nonce for one message: MessageId, then bit 0 for a server's, bit 1 for a CANCEL request."""
    header = wire.Header.unpack(message)
    bits = header.flags & wire.RESPONSE
    if header.command == wire.Command.CANCEL and not bits:
        bits |= 2
    return struct.pack("<QI", header.message_id, bits)


def signature(algorithm, key, message):
    """The MAC of one message, whatever its Signature field holds."""
    message = message[:48] + bytes(16) + message[64:]
    if algorithm == HMAC_SHA256:
        return hmac.digest(key, message, "sha256")[:16]
    if algorithm == AES_CMAC:
        return cmac(key, message)
    return gmac(key, gmac_nonce(message), message)


def kdf(key, label, context, length=16):
    """SP800-108 in counter mode with HMAC-SHA256, r=32; label and context carry their NULs."""
    data = b"\0\0\0\1" + label + b"\0" + context + struct.pack(">I", length * 8)
    return hmac.digest(key, data, "sha256")[:length]


@dataclass
class Keys:
    """What an authentication yields: one signing key and two cipher keys."""

    signing: bytes
    to_server: bytes
    to_client: bytes


def derive_keys(dialect, session_key, preauth_hash=b"", cipher=None):
    """All keys of a session or channel (3.2.5.3.1, 3.3.5.5.3)."""
    key = session_key[:16].ljust(16, b"\0")
    if dialect < 0x0300:
        return Keys(key, b"", b"")
    if dialect < 0x0311:
        return Keys(kdf(key, b"SMB2AESCMAC\0", b"SmbSign\0"),
                    kdf(key, b"SMB2AESCCM\0", b"ServerIn \0"),
                    kdf(key, b"SMB2AESCCM\0", b"ServerOut\0"))
    cipher_key, length = (session_key, 32) if cipher in (AES256_CCM, AES256_GCM) else (key, 16)
    return Keys(kdf(key, b"SMBSigningKey\0", preauth_hash),
                kdf(cipher_key, b"SMBC2SCipherKey\0", preauth_hash, length),
                kdf(cipher_key, b"SMBS2CCipherKey\0", preauth_hash, length))


def preauth_update(value, message):
    """The preauthentication integrity hash after one more message (3.2.5.2, 3.2.5.3)."""
    return hashlib.sha512(value + message).digest()


def _aead(cipher, key, nonce, size):
    if cipher in (AES128_GCM, AES256_GCM):
        return AES.new(key, AES.MODE_GCM, nonce=nonce[:12])
    return AES.new(key, AES.MODE_CCM, nonce=nonce[:11], mac_len=16, msg_len=size, assoc_len=32)


def encrypt(cipher, key, session_id, plain, flags=1):
    """Wrap a frame in a transform header that names session_id."""
    nonce = os.urandom(11 if cipher in (AES128_CCM, AES256_CCM) else 12).ljust(16, b"\0")
    header = TRANSFORM.pack(wire.TRANSFORM_MAGIC, bytes(16), nonce, len(plain), 0, flags, session_id)
    aead = _aead(cipher, key, nonce, len(plain))
    aead.update(header[20:])
    sealed, tag = aead.encrypt_and_digest(plain)
    return header[:4] + tag + header[20:] + sealed


def transform_session_id(frame):
    """The SessionId that a transform header names."""
    return TRANSFORM.unpack_from(frame)[6]


def decrypt(cipher, key, frame):
    """Unwrap a transform; ValueError when the tag is wrong."""
    _, tag, nonce, size, _, _, _ = TRANSFORM.unpack_from(frame)
    sealed = frame[TRANSFORM.size:]
    if size != len(sealed):
        raise ValueError("OriginalMessageSize is not the size of the message")
    aead = _aead(cipher, key, nonce, size)
    aead.update(frame[20:TRANSFORM.size])
    return aead.decrypt_and_verify(sealed, tag)
