# SPDX-License-Identifier: GPL-2.0
"""crypto.py, ntlm.py and spnego.py against published vectors."""
import hmac
import struct

from smb import crypto, ntlm, spnego, wire
from smb.ktap import Ktap
from smb.wire import utf16

HEX = bytes.fromhex


def cmac_rfc4493():
    """RFC 4493 section 4, examples 1 to 4."""
    key = HEX("2b7e151628aed2a6abf7158809cf4f3c")
    data = HEX("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
               "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710")
    expected = {0: "bb1d6929e95937287fa37d129b756746", 16: "070a16b46b4d4144f79bdd9dd04a287c",
                40: "dfa66747de9ae63030ca32611497c827", 64: "51f0bebf7e3b9d92fc49741779363cfe"}
    return all(crypto.cmac(key, data[:n]) == HEX(mac) for n, mac in expected.items())


def hmac_rfc4231():
    """RFC 4231 test case 2, which is what signature() calls for HMAC-SHA256."""
    return hmac.digest(b"Jefe", b"what do ya want for nothing?", "sha256") == HEX(
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")


def gmac_nist():
    """NIST CAVP gcmEncryptExtIV128, PTlen 0, AADlen 128, count 0; and the GCM paper's test case 1."""
    nist = crypto.gmac(HEX("77be63708971c4e240d1cb79e8d77feb"), HEX("e0e00f19fed7ba0136a797f3"),
                       HEX("7a43ec1d9c0a5a78a0b16533a6213cab"))
    empty = crypto.gmac(bytes(16), bytes(12), b"")
    return nist == HEX("209fcc8d3675ed938e9c7166709dd946") and \
        empty == HEX("58e2fccefa7e3061367f1d57a4e7455a")


def gmac_nonce_bits():
    """MS-SMB2 3.1.4.1: server bit, CANCEL bit."""
    def bits(command, flags):
        return struct.unpack("<QI", crypto.gmac_nonce(wire.Header(command, flags, 7).pack()))
    echo, cancel = wire.Command.ECHO, wire.Command.CANCEL
    return [bits(echo, 0), bits(echo, 1), bits(cancel, 0), bits(cancel, 2), bits(cancel, 1)] == \
        [(7, 0), (7, 1), (7, 2), (7, 2), (7, 1)]


def signature_ignores_its_field():
    """Whatever the Signature field holds, the MAC is the same."""
    def message(signature):
        return wire.Header(signature=signature).pack() + b"body"
    return all(crypto.signature(a, b"k" * 16, message(bytes(16)))
               == crypto.signature(a, b"k" * 16, message(b"s" * 16)) for a in range(3))


# "SMB 2 and SMB 3 security in Windows 10: the anatomy of signing and cryptographic keys",
# Microsoft's openspecification blog: (dialect, session key, preauth hash, signing, cipher keys)
KEY_VECTORS = (
    (0x0300, "7CD451825D0450D235424E44BA6E78CC", "",
     "0B7E9C5CAC36C0F6EA9AB275298CEDCE", "FAD27796665B313EBB578F388632B4F7",
     "B0F0427F7CEB416D1D9DCC0CD4F99447"),
    (0x0311, "270E1BA896585EEB7AF3472D3B4C75A7",
     "0DD13628CC3ED218EF9DF9772D436D0887AB9814BFAE63A80AA845F36909DB79"
     "28622DDDAD522D9751640A459762C5A9D6BB084CBB3CE6BDADEF5D5BCE3C6C01",
     "73FE7A9A77BEF0BDE49C650D8CCB5F76", "629BCBC54422A0F572B97F45989B6073",
     "E2AF0DCEFAC68DA71A0DFBD0D1350D74"),
)


def derived_keys():
    """The keys of 3.0 and 3.1.1 sessions."""
    return all(crypto.derive_keys(dialect, HEX(key), HEX(preauth))
               == crypto.Keys(HEX(signing), HEX(to_server), HEX(to_client))
               for dialect, key, preauth, signing, to_server, to_client in KEY_VECTORS)


def transforms_round_trip():
    """Every cipher decrypts what it encrypted, and nothing altered."""
    for cipher in crypto.CIPHER_NAMES:
        key = bytes(32 if cipher in (crypto.AES256_CCM, crypto.AES256_GCM) else 16)
        frame = crypto.encrypt(cipher, key, 0x1234, b"plain" * 20)
        if crypto.decrypt(cipher, key, frame) != b"plain" * 20 or \
                crypto.transform_session_id(frame) != 0x1234:
            return False
        try:
            crypto.decrypt(cipher, key, frame[:-1] + bytes((frame[-1] ^ 1,)))
            return False
        except ValueError:
            pass
    return True


# MS-NLMP 4.2.1 and 4.2.4: user "User", password "Password", domain "Domain", server "Server"
RESPONSE_KEY = HEX("0c868a403bfd7a93a3001ef22ef02e3f")
SERVER_CHALLENGE, CLIENT_CHALLENGE = HEX("0123456789abcdef"), b"\xaa" * 8
TARGET_INFO = ntlm.pack_av_pairs({2: utf16("Domain"), 1: utf16("Server")})


def ntowf():
    """MS-NLMP 4.2.2.1.2 and 4.2.4.1.1."""
    return ntlm.nt_hash("Password") == HEX("a4f49c406510bdcab6824ee7c30fd852") and \
        ntlm.ntowf_v2("User", "Password", "Domain") == RESPONSE_KEY


def ntlm_v2_responses():
    """MS-NLMP 4.2.4.2.1, 4.2.4.2.2 and 4.2.4.1.2."""
    nt, base_key = ntlm.nt_response_v2(RESPONSE_KEY, SERVER_CHALLENGE, CLIENT_CHALLENGE, bytes(8),
                                       TARGET_INFO)
    lm = ntlm.lm_response_v2(RESPONSE_KEY, SERVER_CHALLENGE, CLIENT_CHALLENGE)
    return nt[:16] == HEX("68cd0ab851e51c96aabc927bebef6a1c") and \
        lm == HEX("86c35097ac9cec102554764a57cccc19" + "aa" * 8) and \
        base_key == HEX("8de40ccadbc14a82f15cb0ad0de95ca3")


def ntlm_key_exchange():
    """MS-NLMP 4.2.4.2.3: RandomSessionKey 0x55..., encrypted."""
    return ntlm.rc4(HEX("8de40ccadbc14a82f15cb0ad0de95ca3"), b"\x55" * 16) == \
        HEX("c5dad2544fc9799094ce1ce90bc9d03e")


def ntlm_signature():
    """MS-NLMP 4.2.4.4: GSS_WrapEx of "Plaintext" signs with the same keys and sequence number."""
    client = ntlm.Client("User", "Password", "Domain")
    client.exported_key = b"\x55" * 16
    checksum = hmac.digest(HEX("4788dc861b4782f35d43fd98fe1a2d39"),
                           bytes(4) + utf16("Plaintext"), "md5")[:8]
    sealing = HEX("59f600973cc4960a25480a7c196e4c58")
    return client.signature(utf16("Plaintext")) == \
        b"\1\0\0\0" + ntlm.rc4(sealing, checksum) + bytes(4)


def spnego_round_trip():
    """find_ntlm() finds what the token builders hid, long forms of DER lengths included."""
    for size in (10, 100, 200, 300):
        message = b"NTLMSSP\0" + b"x" * size
        tokens = (spnego.init_token(message), spnego.response_token(message, b"mic"), message)
        if any(spnego.find_ntlm(token) != message for token in tokens):
            return False
    return True


def main():
    """Run every test above."""
    ktap = Ktap()
    for test in (cmac_rfc4493, hmac_rfc4231, gmac_nist, gmac_nonce_bits,
                 signature_ignores_its_field, derived_keys, transforms_round_trip, ntowf,
                 ntlm_v2_responses, ntlm_key_exchange, ntlm_signature, spnego_round_trip):
        ktap.result(test(), test.__name__)
    ktap.finish()


if __name__ == "__main__":
    main()
