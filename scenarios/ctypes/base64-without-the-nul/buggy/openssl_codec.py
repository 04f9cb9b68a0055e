# SPDX-License-Identifier: Apache-2.0
"""A small binding of OpenSSL's libcrypto: digests, message authentication, random bytes and base64."""

import ctypes

_crypto = ctypes.CDLL("libcrypto.so.3")
_crypto.EVP_get_digestbyname.restype = ctypes.c_void_p
_crypto.EVP_get_digestbyname.argtypes = [ctypes.c_char_p]
_crypto.EVP_MD_get_size.restype = ctypes.c_int
_crypto.EVP_MD_get_size.argtypes = [ctypes.c_void_p]
_crypto.EVP_Digest.restype = ctypes.c_int
_crypto.EVP_Digest.argtypes = [
    ctypes.c_char_p,
    ctypes.c_size_t,
    ctypes.c_char_p,
    ctypes.POINTER(ctypes.c_uint),
    ctypes.c_void_p,
    ctypes.c_void_p,
]
_crypto.HMAC.restype = ctypes.c_void_p
_crypto.HMAC.argtypes = [
    ctypes.c_void_p,
    ctypes.c_char_p,
    ctypes.c_int,
    ctypes.c_char_p,
    ctypes.c_size_t,
    ctypes.c_char_p,
    ctypes.POINTER(ctypes.c_uint),
]
_crypto.RAND_bytes.restype = ctypes.c_int
_crypto.RAND_bytes.argtypes = [ctypes.c_char_p, ctypes.c_int]
_crypto.EVP_EncodeBlock.restype = ctypes.c_int
_crypto.EVP_EncodeBlock.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_int]
_crypto.EVP_DecodeBlock.restype = ctypes.c_int
_crypto.EVP_DecodeBlock.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_int]


class CodecError(Exception):
    """libcrypto said no."""


def _method(algorithm: str) -> int:
    method = _crypto.EVP_get_digestbyname(algorithm.encode())
    if not method:
        raise CodecError(f"libcrypto has no digest {algorithm!r}")
    return method


def digest(algorithm: str, data: bytes) -> bytes:
    method = _method(algorithm)
    out = ctypes.create_string_buffer(_crypto.EVP_MD_get_size(method))
    size = ctypes.c_uint()
    if _crypto.EVP_Digest(data, len(data), out, ctypes.byref(size), method, None) != 1:
        raise CodecError(f"{algorithm} failed")
    return out.raw[: size.value]


def authenticate(algorithm: str, key: bytes, data: bytes) -> bytes:
    method = _method(algorithm)
    out = ctypes.create_string_buffer(_crypto.EVP_MD_get_size(method))
    size = ctypes.c_uint()
    if not _crypto.HMAC(method, key, len(key), data, len(data), out, ctypes.byref(size)):
        raise CodecError(f"HMAC with {algorithm} failed")
    return out.raw[: size.value]


def random_bytes(count: int) -> bytes:
    out = ctypes.create_string_buffer(count)
    if _crypto.RAND_bytes(out, count) != 1:
        raise CodecError("no random bytes")
    return out.raw


def encode64(data: bytes) -> bytes:
    """Base64 in one line, padded."""
    out = ctypes.create_string_buffer(4 * ((len(data) + 2) // 3))
    length = _crypto.EVP_EncodeBlock(out, data, len(data))
    return out.raw[:length]


def decode64(text: bytes) -> bytes:
    out = ctypes.create_string_buffer(len(text) // 4 * 3 + 1)
    length = _crypto.EVP_DecodeBlock(out, text, len(text))
    if length < 0:
        raise CodecError("not base64")
    return out.raw[: length - text[-2:].count(b"=")]
