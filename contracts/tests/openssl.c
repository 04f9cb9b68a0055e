/* SPDX-License-Identifier: Apache-2.0
 *
 * OpenSSL, right and wrong.
 */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "cases.h"

static EVP_PKEY *new_key(void) {
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL);
    EVP_PKEY *key = NULL;
    EVP_PKEY_keygen_init(context);
    EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1);
    EVP_PKEY_keygen(context, &key);
    EVP_PKEY_CTX_free(context);
    return key;
}

static X509 *new_certificate(EVP_PKEY *key) {
    X509 *made = X509_new();
    X509_set_version(made, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
    X509_gmtime_adj(X509_getm_notBefore(made), 0);
    X509_gmtime_adj(X509_getm_notAfter(made), 3600);
    X509_set_pubkey(made, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1, 0);
    X509_set_issuer_name(made, X509_get_subject_name(made));
    X509_sign(made, key, EVP_sha256());
    return made;
}

/* ---- digests and ciphers ---- */

static void digest(size_t room, int with_size) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned char *to = block_of(room, 0);
    unsigned int size;
    EVP_DigestInit_ex(context, EVP_sha256(), NULL);
    EVP_DigestUpdate(context, "text", 4);
    EVP_DigestFinal_ex(context, to, with_size ? &size : NULL);
    EVP_MD_CTX_free(context);
    free(to);
}
RIGHT(digest_of_its_size) {
    digest(32, 1);
    digest(32, 0);
}
WRONG(digest_larger_than_its_block, "buffer-too-small", "EVP_DigestFinal_ex") {
    digest(24, 1);
}
WRONG(more_digested_than_there_is, "buffer-too-small", "EVP_DigestUpdate") {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    char *data = block_of(16, 1);
    EVP_DigestInit_ex(context, EVP_sha256(), NULL);
    EVP_DigestUpdate(context, data, 24);
    EVP_MD_CTX_free(context);
    free(data);
}
RIGHT(macs_and_keys_from_passwords) {
    unsigned char to[64];
    unsigned int size;
    HMAC(EVP_sha256(), "key", 3, (const unsigned char *)"text", 4, to, &size);
    HMAC(EVP_sha256(), "key", 3, (const unsigned char *)"text", 4, NULL, NULL);
    PKCS5_PBKDF2_HMAC("password", -1, (const unsigned char *)"salt", 4, 10, EVP_sha256(), 64, to);
    EVP_MD *fetched = EVP_MD_fetch(NULL, "SHA256", NULL);
    EVP_MD_up_ref(fetched);
    EVP_MD_free(fetched);
    EVP_MD_free(fetched);
    EVP_MD_free((EVP_MD *)EVP_sha256());
}
RIGHT(cipher_by_blocks) {
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    unsigned char key[32] = {1}, iv[16] = {2}, *to = block_of(16, 0), *last = block_of(16, 0);
    int n;
    EVP_EncryptInit_ex(context, EVP_aes_256_cbc(), NULL, key, iv);
    EVP_EncryptUpdate(context, to, &n, (const unsigned char *)"seventeen and mor", 17);
    EVP_EncryptFinal_ex(context, last, &n);
    EVP_CIPHER_CTX_free(context);
    free(to);
    free(last);
}
WRONG(random_bytes_into_less, "buffer-too-small", "RAND_bytes") {
    unsigned char *to = block_of(16, 0);
    RAND_bytes(to, 24);
    free(to);
}
WRONG(error_text_into_less, "buffer-too-small", "ERR_error_string") {
    char *to = block_of(100, 0);
    ERR_error_string(0x80000002, to);
    free(to);
}

/* ---- keys and numbers ---- */

RIGHT(counted_keys) {
    EVP_PKEY *key = new_key(), *same = key;
    EVP_PKEY_up_ref(key);
    EVP_PKEY_free(key);
    EC_KEY *ec = EVP_PKEY_get1_EC_KEY(same);
    EVP_PKEY_free(same);
    EC_KEY_check_key(ec);
    EC_KEY_free(ec);
}
RIGHT(numbers_given_to_a_key) {
    RSA *rsa = RSA_new();
    EVP_PKEY *key = EVP_PKEY_new();
    BIGNUM *n = BN_new(), *e = NULL;
    BN_dec2bn(&e, "65537");
    BN_set_word(n, 3233);
    RSA_set0_key(rsa, n, e, NULL);
    EVP_PKEY_assign_RSA(key, rsa);
    EVP_PKEY_free(key);
    BN_CTX *context = BN_CTX_new();
    BN_CTX_start(context);
    BN_set_word(BN_CTX_get(context), 3);
    BN_CTX_end(context);
    BN_CTX_free(context);
}
RIGHT(number_as_text) {
    BIGNUM *number = BN_bin2bn((const unsigned char *)"\1\2", 2, NULL);
    BN_bin2bn((const unsigned char *)"\3", 1, number);
    OPENSSL_free(BN_bn2hex(number));
    BN_clear_free(number);
}
WRONG(number_as_text_freed_by_libc, "mismatched-deallocator", "BN_bn2hex") {
    BIGNUM *number = BN_new();
    free(BN_bn2hex(number));
    BN_free(number);
}
WRONG(number_of_a_key_freed, "free-of-borrowed", "EC_KEY_get0_private_key") {
    EC_KEY *key = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
    EC_KEY_generate_key(key);
    free((void *)EC_KEY_get0_private_key(key));
    EC_KEY_free(key);
}

/* ---- BIOs ---- */

static void memory_bio(int early) {
    char *text = strdup("-----BEGIN NOTHING-----\n");
    BIO *bio = BIO_new_mem_buf(text, -1);
    if (early) {
        free(text);
        BIO_pending(bio);
    }
    BIO_free(bio);
    if (!early)
        free(text);
}
RIGHT(memory_until_its_bio_is_freed) {
    memory_bio(0);
}
WRONG(memory_freed_before_its_bio, "freed-while-retained", "") {
    memory_bio(1);
}
RIGHT(chain_of_bios) {
    BIO *bio = BIO_push(BIO_new(BIO_f_base64()), BIO_new(BIO_s_mem()));
    char line[32], *data;
    BIO_write(bio, "text", 4);
    BIO_flush(bio);
    BIO_get_mem_data(bio, &data);
    BIO_free_all(bio);
    bio = BIO_new(BIO_s_mem());
    BIO_up_ref(bio);
    BIO_free(bio);
    BIO_puts(bio, "a line\n");
    BIO_gets(bio, line, sizeof(line));
    BIO_free(bio);
}

/* ---- certificates ---- */

RIGHT(certificate_written_and_read) {
    EVP_PKEY *key = new_key(), *asked;
    X509 *made = new_certificate(key), *read;
    BIO *bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, made);
    PEM_write_bio_PrivateKey(bio, key, EVP_aes_128_cbc(), (unsigned char *)"secret", 6, NULL, NULL);
    read = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    asked = PEM_read_bio_PrivateKey(bio, NULL, NULL, "secret");
    X509_up_ref(read);
    X509_free(read);
    X509_cmp(made, read);
    EVP_PKEY_free(X509_get_pubkey(read));
    OPENSSL_free(X509_NAME_oneline(X509_get_subject_name(read), NULL, 0));
    unsigned char *der = NULL;
    int size = i2d_X509(read, &der);
    const unsigned char *in = der;
    X509_free(d2i_X509(NULL, &in, size));
    OPENSSL_free(der);
    EVP_PKEY_free(asked);
    EVP_PKEY_free(key);
    X509_free(read);
    X509_free(made);
    BIO_free(bio);
}
RIGHT(certificates_in_stores_and_stacks) {
    EVP_PKEY *key = new_key();
    X509 *made = new_certificate(key);
    X509_STORE *store = X509_STORE_new();
    STACK_OF(X509) *stack = sk_X509_new_null();
    X509_STORE_add_cert(store, made);
    X509_up_ref(made);
    sk_X509_push(stack, made);
    X509_free(made);
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    X509_STORE_CTX_init(context, store, sk_X509_value(stack, 0), stack);
    X509_verify_cert(context);
    X509_get0_serialNumber(X509_STORE_CTX_get0_cert(context));
    X509_STORE_CTX_free(context);
    sk_X509_pop_free(stack, X509_free);
    X509_STORE_free(store);
    EVP_PKEY_free(key);
}
WRONG(certificate_after_free, "use-after-close", "X509_get0_serialNumber") {
    X509 *certificate = X509_new();
    X509_free(certificate);
    X509_get0_serialNumber(certificate);
}
WRONG(certificate_that_was_not_read, "unchecked-error", "X509_get0_serialNumber") {
    BIO *bio = BIO_new_mem_buf("nothing", 7);
    X509_get0_serialNumber(PEM_read_bio_X509(bio, NULL, NULL, NULL));
    BIO_free(bio);
}
WRONG(name_as_text_freed_by_libc, "mismatched-deallocator", "X509_NAME_oneline") {
    X509_NAME *name = X509_NAME_new();
    free(X509_NAME_oneline(name, NULL, 0));
    X509_NAME_free(name);
}

/* ---- connections ---- */

static SSL_CTX *server_context(void) {
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    EVP_PKEY *key = new_key();
    X509 *certificate = new_certificate(key);
    SSL_CTX_use_certificate(context, certificate);
    SSL_CTX_use_PrivateKey(context, key);
    X509_up_ref(certificate);
    if (!SSL_CTX_add_extra_chain_cert(context, certificate))
        X509_free(certificate);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return context;
}

static void shake_hands(SSL *client, SSL *server) {
    for (int i = 0; i < 10 && (SSL_do_handshake(client) != 1 || SSL_do_handshake(server) != 1); i++)
        SSL_do_handshake(server);
}

RIGHT(talk_over_memory) {
    SSL_CTX *contexts[] = {SSL_CTX_new(TLS_client_method()), server_context()};
    SSL *client = SSL_new(contexts[0]), *server = SSL_new(contexts[1]);
    BIO *there = BIO_new(BIO_s_mem()), *back = BIO_new(BIO_s_mem());
    char buffer[16];
    BIO_up_ref(there);
    BIO_up_ref(back);
    SSL_set_bio(client, back, there);
    SSL_set_bio(server, there, back);
    SSL_set_connect_state(client);
    SSL_set_accept_state(server);
    SSL_CTX_free(contexts[0]);
    SSL_CTX_free(contexts[1]);
    shake_hands(client, server);
    SSL_write(client, "greeting", 8);
    SSL_read(server, buffer, sizeof(buffer));
    X509_free(SSL_get1_peer_certificate(client));
    X509_get0_serialNumber(SSL_get0_peer_certificate(client));
    SSL_SESSION *session = SSL_get1_session(client);
    SSL_shutdown(client);
    SSL_free(client);
    SSL_free(server);
    SSL_SESSION_free(session);
}
RIGHT(one_bio_for_both_ways) {
    SSL_CTX *context = SSL_CTX_new(TLS_method());
    SSL *ssl = SSL_new(context);
    BIO *bio = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl, bio, bio);
    SSL_get_rbio(ssl);
    SSL_free(ssl);
    SSL_CTX_free(context);
}
WRONG(certificate_that_was_given_away, "use-after-close", "X509_get0_serialNumber") {
    SSL_CTX *context = SSL_CTX_new(TLS_method());
    X509 *certificate = X509_new();
    SSL_CTX_add_extra_chain_cert(context, certificate);
    SSL_CTX_free(context);
    X509_get0_serialNumber(certificate);
}
WRONG(read_into_less_than_said, "buffer-too-small", "SSL_read") {
    SSL_CTX *context = SSL_CTX_new(TLS_method());
    SSL *ssl = SSL_new(context);
    char *buffer = block_of(16, 0);
    SSL_read(ssl, buffer, 32);
    free(buffer);
    SSL_free(ssl);
    SSL_CTX_free(context);
}

/* ASN1_INTEGER_free ends in ASN1_STRING_free, and that in CRYPTO_free. */
RIGHT(asn1_strings_freed) {
    ASN1_INTEGER_free(ASN1_INTEGER_new());
    ASN1_OCTET_STRING_free(ASN1_OCTET_STRING_new());
    ASN1_STRING_free(ASN1_STRING_new());
}
WRONG(asn1_string_freed_twice, "use-after-close", "ASN1_STRING_free") {
    ASN1_INTEGER *number = ASN1_INTEGER_new();
    ASN1_INTEGER_free(number);
    ASN1_STRING_free(number);
}
