# SPDX-License-Identifier: Apache-2.0
import ctypes

_crypto = ctypes.CDLL("libcrypto.so.3")
_crypto.BIO_new_mem_buf.argtypes = [ctypes.c_char_p, ctypes.c_int]
_crypto.BIO_new_mem_buf.restype = ctypes.c_void_p
_crypto.PEM_read_bio_PUBKEY.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
_crypto.PEM_read_bio_PUBKEY.restype = ctypes.c_void_p
_crypto.EVP_PKEY_free.argtypes = [ctypes.c_void_p]
_crypto.BIO_free.argtypes = [ctypes.c_void_p]
_KEY = """
-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
"""


class Source:
    """What OpenSSL reads a key from."""

    def __init__(self, text):
        self.data = text.encode()
        self.bio = _crypto.BIO_new_mem_buf(self.data, len(self.data))

    def close(self):
        _crypto.BIO_free(self.bio)


source = Source(_KEY)
key = _crypto.PEM_read_bio_PUBKEY(source.bio, None, None, None)
_crypto.EVP_PKEY_free(key)
source.close()
print("read")
