# SPDX-License-Identifier: Apache-2.0
"""The binding against what the standard library says."""

import base64
import hashlib
import hmac

import openssl_codec
import pytest

SAMPLES = {"empty": b"", "word": b"world", "sentence": b"The quick brown fox. " * 3, "page": bytes(range(256)) * 3}


@pytest.fixture(params=SAMPLES)
def sample(request: pytest.FixtureRequest) -> bytes:
    return SAMPLES[request.param]


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256", "sha512"])
def test_digest(algorithm: str, sample: bytes) -> None:
    assert openssl_codec.digest(algorithm, sample) == hashlib.new(algorithm, sample).digest()


def test_unknown_digest() -> None:
    with pytest.raises(openssl_codec.CodecError, match="no digest 'rot13'"):
        openssl_codec.digest("rot13", b"")


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_authenticate(algorithm: str, sample: bytes) -> None:
    assert openssl_codec.authenticate(algorithm, b"key", sample) == hmac.digest(b"key", sample, algorithm)


def test_random_bytes() -> None:
    assert len(openssl_codec.random_bytes(2000)) == 2000
    assert openssl_codec.random_bytes(16) != openssl_codec.random_bytes(16)


def test_encode(sample: bytes) -> None:
    assert openssl_codec.encode64(sample) == base64.b64encode(sample)


def test_decode(sample: bytes) -> None:
    assert openssl_codec.decode64(base64.b64encode(sample)) == sample


def test_not_base64() -> None:
    with pytest.raises(openssl_codec.CodecError, match="not base64"):
        openssl_codec.decode64(b"a*b=")
