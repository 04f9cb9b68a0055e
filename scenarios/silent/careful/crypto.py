# SPDX-License-Identifier: Apache-2.0
"""OpenSSL's libcrypto as a careful program uses it through ctypes."""

import ctypes
import gc

crypto = ctypes.CDLL("libcrypto.so.3")
P, INT, S, L, Z = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_long, ctypes.c_size_t
ED25519, RSA, UTF8 = 1087, 6, 0x1000
PASSWORD = ctypes.CFUNCTYPE(INT, P, INT, INT, P)
FREE = ctypes.CFUNCTYPE(None, P)


def declare(name, result, *arguments):
    function = getattr(crypto, name)
    function.restype, function.argtypes = result, arguments
    return function


free = declare("CRYPTO_free", None, P, S, INT)
key_free, bio_free = declare("EVP_PKEY_free", None, P), declare("BIO_free", INT, P)
bio_new, bio_memory = declare("BIO_new", P, P), declare("BIO_s_mem", P)
bio_over, bio_control = declare("BIO_new_mem_buf", P, P, INT), declare("BIO_ctrl", L, P, INT, L, P)
certificate_new, certificate_free = declare("X509_new", P), declare("X509_free", None, P)


def digests():
    new, end = declare("EVP_MD_CTX_new", P), declare("EVP_MD_CTX_free", None, P)
    begin, update = declare("EVP_DigestInit_ex", INT, P, P, P), declare("EVP_DigestUpdate", INT, P, S, Z)
    final, room, size = declare("EVP_DigestFinal_ex", INT, P, P, P), ctypes.create_string_buffer(64), ctypes.c_uint()
    context = new()
    for _ in range(2):
        begin(context, declare("EVP_sha256", P)(), None)
        update(context, b"hello, ", 7)
        update(context, b"world", 5)
        final(context, room, ctypes.byref(size))
    print(room.raw[: size.value].hex()[:16], size.value)
    end(context)
    end(None)
    fetched = declare("EVP_MD_fetch", P, P, S, S)(None, b"SHA512", None)
    print(declare("EVP_Digest", INT, S, Z, P, P, P, P)(b"x", 1, room, None, fetched, None), room.raw[:4].hex())
    declare("EVP_MD_free", None, P)(fetched)
    print(declare("SHA256", P, S, Z, P)(b"x", 1, room) == ctypes.addressof(room))
    print(bool(declare("EVP_get_digestbyname", P, S)(b"sha1")), declare("EVP_get_digestbyname", P, S)(b"none"))


def ciphers():
    new, end = declare("EVP_CIPHER_CTX_new", P), declare("EVP_CIPHER_CTX_free", None, P)
    begin, update = declare("EVP_CipherInit_ex", INT, P, P, P, S, S, INT), declare("EVP_CipherUpdate", INT, P, P, P, P, INT)
    final, size = declare("EVP_CipherFinal_ex", INT, P, P, P), INT()
    text = b"some text that is longer than a block"
    room, used = ctypes.create_string_buffer(text, len(text) + 32), 0
    for encrypt in (1, 0):
        context = new()
        begin(context, declare("EVP_aes_128_cbc", P)(), None, b"k" * 16, b"i" * 16, encrypt)
        length = len(text) if encrypt else used
        update(context, room, ctypes.byref(size), room, length)  # in place
        used = size.value
        final(context, ctypes.addressof(room) + used, ctypes.byref(size))
        used += size.value
        end(context)
    print(room.raw[:used])


def generated(kind):
    key, context = P(), declare("EVP_PKEY_CTX_new_id", P, INT, P)(kind, None)
    declare("EVP_PKEY_keygen_init", INT, P)(context)
    declare("EVP_PKEY_keygen", INT, P, P)(context, ctypes.byref(key))
    declare("EVP_PKEY_CTX_free", None, P)(context)
    return key.value


def signatures():
    key, size, room = generated(ED25519), Z(64), ctypes.create_string_buffer(64)
    new, end = declare("EVP_MD_CTX_new", P), declare("EVP_MD_CTX_free", None, P)
    context = new()
    declare("EVP_DigestSignInit", INT, P, P, P, P, P)(context, None, None, None, key)
    sign = declare("EVP_DigestSign", INT, P, P, P, S, Z)
    sign(context, None, ctypes.byref(size), b"text", 4)  # how large?
    print(size.value, sign(context, room, ctypes.byref(size), b"text", 4))
    end(context)
    context = new()
    declare("EVP_DigestVerifyInit", INT, P, P, P, P, P)(context, None, None, None, key)
    print(declare("EVP_DigestVerify", INT, P, P, Z, S, Z)(context, room, size, b"text", 4))
    end(context)
    key_free(key)


def counted_keys():
    key = generated(ED25519)
    print(declare("EVP_PKEY_up_ref", INT, P)(key))
    key_free(key)
    print(declare("EVP_PKEY_get_id", INT, P)(key))
    key_free(key)
    key_free(None)


def written(bio):
    start = P()
    size = bio_control(bio, 3, 0, ctypes.byref(start))  # BIO_get_mem_data
    return ctypes.string_at(start, size)


def texts_of_keys():
    key, bio = generated(ED25519), bio_new(bio_memory())
    write = declare("PEM_write_bio_PrivateKey", INT, P, P, P, P, INT, P, P)
    write(bio, key, None, None, 0, None, None)
    text = written(bio)
    bio_free(bio)
    source = bio_over(text, len(text))
    read = declare("PEM_read_bio_PrivateKey", P, P, P, P, P)
    again = read(source, None, None, None)
    print(declare("EVP_PKEY_eq", INT, P, P)(key, again), bio_free(source), text[:27])
    bio = bio_new(bio_memory())
    write(bio, key, declare("EVP_aes_128_cbc", P)(), b"secret", 6, None, None)
    text = written(bio)
    bio_free(bio)

    @PASSWORD
    def password(room, _size, _writing, data):
        ctypes.memmove(room, b"secret", 6)
        return 6 if data == 3 else 0

    source = bio_over(text, len(text))
    third = read(source, None, password, P(3))
    print(declare("EVP_PKEY_eq", INT, P, P)(key, third), bio_free(source))
    source = bio_over(b"no key", -1)
    print(read(source, None, None, None))
    bio_free(source)
    for each in (key, again, third):
        key_free(each)


def lent_to_a_bio():
    """The memory may go when the BIO has."""
    text = ctypes.create_string_buffer(b"one\ntwo\n")
    bio, room = bio_over(text, 8), ctypes.create_string_buffer(16)
    print(declare("BIO_gets", INT, P, P, INT)(bio, room, 16), room.value)
    print(declare("BIO_read", INT, P, P, INT)(bio, room, 16), room.raw[:4])
    bio_free(bio)
    del text
    gc.collect()


def chained():
    filters, memory = bio_new(declare("BIO_f_base64", P)()), bio_new(bio_memory())
    chain = declare("BIO_push", P, P, P)(filters, memory)
    declare("BIO_write", INT, P, S, INT)(chain, b"hello", 5)
    bio_control(chain, 11, 0, None)
    print(written(memory))
    declare("BIO_free_all", None, P)(chain)


def certificate_of(key):
    certificate = certificate_new()
    subject = declare("X509_get_subject_name", P, P)(certificate)
    declare("X509_NAME_add_entry_by_txt", INT, P, S, INT, S, INT, INT, INT)(subject, b"CN", UTF8, b"greeting", -1, -1, 0)
    declare("X509_set_issuer_name", INT, P, P)(certificate, subject)
    declare("X509_set_version", INT, P, L)(certificate, 2)
    declare("ASN1_INTEGER_set", INT, P, L)(declare("X509_get_serialNumber", P, P)(certificate), 7)
    declare("X509_gmtime_adj", P, P, L)(declare("X509_getm_notBefore", P, P)(certificate), 0)
    declare("X509_gmtime_adj", P, P, L)(declare("X509_getm_notAfter", P, P)(certificate), 3600)
    declare("X509_set_pubkey", INT, P, P)(certificate, key)
    declare("X509_sign", INT, P, P, P)(certificate, key, None)
    return certificate


def certificates():
    key = generated(ED25519)
    certificate = certificate_of(key)
    key_free(key)
    print(declare("X509_verify", INT, P, P)(certificate, declare("X509_get0_pubkey", P, P)(certificate)))
    mine = declare("X509_get_pubkey", P, P)(certificate)
    line = declare("X509_NAME_oneline", P, P, P, INT)(declare("X509_get_subject_name", P, P)(certificate), None, 0)
    print(ctypes.string_at(line))
    free(line, None, 0)
    room = ctypes.create_string_buffer(64)
    declare("X509_NAME_oneline", P, P, P, INT)(declare("X509_get_issuer_name", P, P)(certificate), room, 64)
    print(room.value)
    encode, decode = declare("i2d_X509", INT, P, P), declare("d2i_X509", P, P, P, L)
    made = P()
    size = encode(certificate, ctypes.byref(made))
    print(size == encode(certificate, None))
    form = ctypes.string_at(made.value, size)
    free(made, None, 0)
    own = ctypes.create_string_buffer(size)
    end = P(ctypes.addressof(own))
    encode(certificate, ctypes.byref(end))  # which moves the pointer
    print(end.value - ctypes.addressof(own) == size, own.raw == form)
    start = ctypes.c_char_p(form)
    again = decode(None, ctypes.byref(start), size)
    print(declare("X509_cmp", INT, P, P)(certificate, again))
    certificate_free(certificate)
    print(declare("EVP_PKEY_get_id", INT, P)(mine))
    key_free(mine)
    certificate_free(again)


def stacks():
    """A store counts what it is given; a stack only holds it."""
    key = generated(ED25519)
    certificate = certificate_of(key)
    store = declare("X509_STORE_new", P)()
    print(declare("X509_STORE_add_cert", INT, P, P)(store, certificate))
    stack = declare("OPENSSL_sk_new_null", P)()
    declare("OPENSSL_sk_push", INT, P, P)(stack, certificate)
    declare("X509_up_ref", INT, P)(certificate)
    declare("OPENSSL_sk_push", INT, P, P)(stack, certificate)
    print(declare("OPENSSL_sk_num", INT, P)(stack), declare("OPENSSL_sk_value", P, P, INT)(stack, 1) == certificate)
    declare("OPENSSL_sk_pop_free", None, P, P)(stack, ctypes.cast(crypto.X509_free, P))
    declare("X509_STORE_free", None, P)(store)
    key_free(key)


def numbers():
    number, other = P(), declare("BN_new", P)()
    declare("BN_dec2bn", INT, P, S)(ctypes.byref(number), b"123456789012345678901234567890")
    declare("BN_set_word", INT, P, ctypes.c_ulong)(other, 2)
    context = declare("BN_CTX_new", P)()
    declare("BN_mul", INT, P, P, P, P)(number, number, other, context)
    text = declare("BN_bn2dec", P, P)(number)
    print(ctypes.string_at(text))
    free(text, None, 0)
    declare("BN_CTX_free", None, P)(context)
    declare("BN_free", None, P)(other)
    declare("BN_clear_free", None, P)(number)


def given_away():
    """What is assigned to a key is the key's; what failed to be assigned is not."""
    pair, exponent = declare("RSA_new", P)(), declare("BN_new", P)()
    declare("BN_set_word", INT, P, ctypes.c_ulong)(exponent, 65537)
    declare("RSA_generate_key_ex", INT, P, INT, P, P)(pair, 512, exponent, None)
    declare("BN_free", None, P)(exponent)
    key = declare("EVP_PKEY_new", P)()
    print(declare("EVP_PKEY_assign", INT, P, INT, P)(key, RSA, pair))
    print(declare("EVP_PKEY_get0_RSA", P, P)(key) == pair)
    counted = declare("EVP_PKEY_get1_RSA", P, P)(key)
    modulus = P()
    declare("RSA_get0_key", None, P, P, P, P)(counted, ctypes.byref(modulus), None, None)
    print(declare("BN_num_bits", INT, P)(modulus))
    declare("RSA_free", None, P)(counted)
    other = declare("EVP_PKEY_new", P)()
    print(declare("EVP_PKEY_set1_RSA", INT, P, P)(other, pair))
    key_free(key)
    key_free(other)


def others():
    room = ctypes.create_string_buffer(256)  # of which an error may take all
    print(
        declare("RAND_bytes", INT, P, INT)(room, 120), declare("EVP_EncodeBlock", INT, P, S, INT)(room, b"hello", 5), room.value
    )
    code = declare("ERR_get_error", ctypes.c_ulong)
    while code():
        pass
    print(declare("ERR_error_string", S, ctypes.c_ulong, P)(0, None)[:5])
    print(declare("ERR_error_string", S, ctypes.c_ulong, P)(0, room)[:5], declare("OpenSSL_version", S, INT)(0)[:7])
    size = ctypes.c_uint()
    declare("HMAC", P, P, S, INT, S, Z, P, P)(declare("EVP_sha1", P)(), b"key", 3, b"text", 4, room, ctypes.byref(size))
    print(size.value)
    derive = declare("PKCS5_PBKDF2_HMAC", INT, S, INT, S, INT, INT, P, INT, P)
    print(derive(b"pass", -1, b"salt", 4, 10, declare("EVP_sha256", P)(), 20, room), room.raw[:4].hex())


for usage in (
    digests,
    ciphers,
    signatures,
    counted_keys,
    texts_of_keys,
    lent_to_a_bio,
    chained,
    certificates,
    stacks,
    numbers,
    given_away,
    others,
):
    usage()
