/* SPDX-License-Identifier: Apache-2.0
 *
 * OpenSSL 1.1 and 3: libcrypto's digests, ciphers, keys, BIOs, certificates and big numbers, and libssl's contexts and
 * connections.
 *
 * Rules are from the manual pages, docs.openssl.org/3.0/man3/NAME and /1.1.1/man3/NAME, NAME being the page of the function
 * (EVP_DigestInit, EVP_EncryptInit, BIO_s_mem, SSL_set_bio, SSL_CTX_add_extra_chain_cert, X509_get_subject_name,
 * PEM_read_bio_PrivateKey, ERR_error_string, RAND_bytes, OPENSSL_malloc, ...), and openssl-glossary(7) and crypto(7) for get0,
 * get1, set0, set1, up_ref.
 *
 * Most handles are counted, and the library takes counts of its own: dropping the last that the caller had is not the end of the
 * object.
 *
 * Not said, because it is not always so:
 *   - what ASN1_OBJECT_free gets (an object may be one of the library's table, and freeing it does nothing), nor EVP_MD of
 *     EVP_sha256() and such;
 *   - how much room EVP_DigestFinal and the cipher functions need: only how much they have written;
 *   - that SSL_read waits: with memory BIOs it does not;
 *   - user data that options of their own set (SSL_CTX_set_default_passwd_cb_userdata): it is the callback's business;
 *   - what i2d_... and d2i_... do to the pointers' pointers, which depends on what stood there.
 */
#ifndef FFISAN_CONTRACTS_OPENSSL_H
#define FFISAN_CONTRACTS_OPENSSL_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <ffisan/contract.h>

typedef struct evp_md_st EVP_MD;
typedef struct evp_md_ctx_st EVP_MD_CTX;
typedef struct evp_cipher_st EVP_CIPHER;
typedef struct evp_cipher_ctx_st EVP_CIPHER_CTX;
typedef struct evp_pkey_st EVP_PKEY;
typedef struct evp_pkey_ctx_st EVP_PKEY_CTX;
typedef struct evp_mac_st EVP_MAC;
typedef struct evp_mac_ctx_st EVP_MAC_CTX;
typedef struct evp_kdf_st EVP_KDF;
typedef struct evp_kdf_ctx_st EVP_KDF_CTX;
typedef struct hmac_ctx_st HMAC_CTX;
typedef struct bio_st BIO;
typedef struct bio_method_st BIO_METHOD;
typedef struct bignum_st BIGNUM;
typedef struct bignum_ctx BN_CTX;
typedef struct rsa_st RSA;
typedef struct dsa_st DSA;
typedef struct dh_st DH;
typedef struct ec_key_st EC_KEY;
typedef struct ec_group_st EC_GROUP;
typedef struct ec_point_st EC_POINT;
typedef struct ECDSA_SIG_st ECDSA_SIG;
typedef struct engine_st ENGINE;
typedef struct ossl_lib_ctx_st OSSL_LIB_CTX;
typedef struct ossl_param_st OSSL_PARAM;
typedef struct asn1_string_st ASN1_STRING;
typedef struct asn1_string_st ASN1_INTEGER;
typedef struct asn1_string_st ASN1_OCTET_STRING;
typedef struct asn1_string_st ASN1_TIME;
typedef struct x509_st X509;
typedef struct X509_crl_st X509_CRL;
typedef struct X509_req_st X509_REQ;
typedef struct X509_name_st X509_NAME;
typedef struct X509_name_entry_st X509_NAME_ENTRY;
typedef struct X509_extension_st X509_EXTENSION;
typedef struct x509_store_st X509_STORE;
typedef struct x509_store_ctx_st X509_STORE_CTX;
typedef struct x509_object_st X509_OBJECT;
typedef struct X509_VERIFY_PARAM_st X509_VERIFY_PARAM;
typedef struct PKCS12_st PKCS12;
typedef struct ssl_st SSL;
typedef struct ssl_ctx_st SSL_CTX;
typedef struct ssl_method_st SSL_METHOD;
typedef struct ssl_session_st SSL_SESSION;
typedef struct ssl_cipher_st SSL_CIPHER;
struct stack_st_X509;
struct stack_st_X509_OBJECT;
struct stack_st_X509_NAME;
typedef int pem_password_cb(char *buffer, int size, int writing, void *data);

#define FAILS_NULL       FFISAN_FAILS(ret == NULL, NULL)
#define FAILS_UNLESS_ONE FFISAN_FAILS(ret != 1, 0)
#define GIVEN            FFISAN_CONSUMED FFISAN_NULLABLE
#define DROPPED          FFISAN_UNREF FFISAN_NULLABLE

/* ==== libcrypto ==== */

FFISAN_LIBRARY("libcrypto.so.3", "libcrypto.so.1.1", "libcrypto-*.so.3*", "libcrypto-*.so.1.1*")

/* ---- memory: OPENSSL_malloc and OPENSSL_free are macros for these ---- */

void *CRYPTO_malloc(size_t size, const char *file, int line) FFISAN_FAMILY("openssl");
void *CRYPTO_zalloc(size_t size, const char *file, int line) FFISAN_FAMILY("openssl");
void *CRYPTO_memdup(const void *from FFISAN_IN(size), size_t size, const char *file, int line) FFISAN_FAMILY("openssl");
char *CRYPTO_strdup(const char *text FFISAN_CSTRING FFISAN_NULLABLE, const char *file, int line) FFISAN_FAMILY("openssl");
char *CRYPTO_strndup(const char *text, size_t most, const char *file, int line) FFISAN_FAMILY("openssl");
void *CRYPTO_realloc(void *memory FFISAN_NULLABLE, size_t size, const char *file, int line) FFISAN_FAMILY("openssl");
void CRYPTO_free(void *memory GIVEN, const char *file, int line) FFISAN_FAMILY("openssl");
void CRYPTO_clear_free(void *memory GIVEN, size_t size, const char *file, int line) FFISAN_FAMILY("openssl");
int CRYPTO_memcmp(const void *a FFISAN_IN(size), const void *b FFISAN_IN(size), size_t size);

/* ---- random numbers, errors ---- */

int RAND_bytes(unsigned char *buffer FFISAN_WHEN(n > 0, FFISAN_OUT(n)), int n) FAILS_UNLESS_ONE;
int RAND_priv_bytes(unsigned char *buffer FFISAN_WHEN(n > 0, FFISAN_OUT(n)), int n) FAILS_UNLESS_ONE;
void RAND_seed(const void *buffer FFISAN_WHEN(n > 0, FFISAN_IN(n)), int n);
void RAND_add(const void *buffer FFISAN_WHEN(n > 0, FFISAN_IN(n)), int n, double entropy);
int RAND_status(void);
int RAND_load_file(const char *name FFISAN_CSTRING, long most);
int RAND_write_file(const char *name FFISAN_CSTRING);
unsigned long ERR_get_error(void);
unsigned long ERR_peek_error(void);
unsigned long ERR_peek_last_error(void);
void ERR_clear_error(void);
char *ERR_error_string(unsigned long code, char *buffer FFISAN_NULLABLE FFISAN_OUT(256));
void ERR_error_string_n(unsigned long code, char *buffer FFISAN_OUT(size), size_t size);
const char *ERR_lib_error_string(unsigned long code);
const char *ERR_reason_error_string(unsigned long code);

/* ---- digests ---- */

EVP_MD_CTX *EVP_MD_CTX_new(void) FFISAN_OWNED(EVP_MD_CTX_free) FAILS_NULL;
void EVP_MD_CTX_free(EVP_MD_CTX *context GIVEN);
int EVP_MD_CTX_reset(EVP_MD_CTX *context FFISAN_NULLABLE);
int EVP_MD_CTX_copy(EVP_MD_CTX *to FFISAN_NONNULL, const EVP_MD_CTX *from) FAILS_UNLESS_ONE;
int EVP_MD_CTX_copy_ex(EVP_MD_CTX *to FFISAN_NONNULL, const EVP_MD_CTX *from) FAILS_UNLESS_ONE;
int EVP_DigestInit(EVP_MD_CTX *context FFISAN_NONNULL, const EVP_MD *type FFISAN_NULLABLE) FAILS_UNLESS_ONE;
int EVP_DigestInit_ex(EVP_MD_CTX *context FFISAN_NONNULL, const EVP_MD *type FFISAN_NULLABLE,
                      ENGINE *engine FFISAN_NULLABLE) FAILS_UNLESS_ONE;
int EVP_DigestUpdate(EVP_MD_CTX *context FFISAN_NONNULL, const void *data FFISAN_IN(size), size_t size) FAILS_UNLESS_ONE;
int EVP_DigestFinal(EVP_MD_CTX *context FFISAN_NONNULL, unsigned char *digest FFISAN_WHEN(size != NULL, FFISAN_OUT(*size)),
                    unsigned int *size FFISAN_NULLABLE FFISAN_OUT_N(1)) FAILS_UNLESS_ONE;
int EVP_DigestFinal_ex(EVP_MD_CTX *context FFISAN_NONNULL, unsigned char *digest FFISAN_WHEN(size != NULL, FFISAN_OUT(*size)),
                       unsigned int *size FFISAN_NULLABLE FFISAN_OUT_N(1)) FAILS_UNLESS_ONE;
int EVP_DigestFinalXOF(EVP_MD_CTX *context FFISAN_NONNULL, unsigned char *digest FFISAN_OUT(size), size_t size) FAILS_UNLESS_ONE;
int EVP_Digest(const void *data FFISAN_IN(count), size_t count,
               unsigned char *digest FFISAN_WHEN(size != NULL, FFISAN_OUT(*size)),
               unsigned int *size FFISAN_NULLABLE FFISAN_OUT_N(1), const EVP_MD *type FFISAN_NULLABLE,
               ENGINE *engine FFISAN_NULLABLE) FAILS_UNLESS_ONE;
const EVP_MD *EVP_get_digestbyname(const char *name FFISAN_CSTRING);
unsigned char *SHA1(const unsigned char *data FFISAN_IN(n), size_t n, unsigned char *digest FFISAN_NULLABLE FFISAN_OUT(20));
unsigned char *SHA224(const unsigned char *data FFISAN_IN(n), size_t n, unsigned char *digest FFISAN_NULLABLE FFISAN_OUT(28));
unsigned char *SHA256(const unsigned char *data FFISAN_IN(n), size_t n, unsigned char *digest FFISAN_NULLABLE FFISAN_OUT(32));
unsigned char *SHA384(const unsigned char *data FFISAN_IN(n), size_t n, unsigned char *digest FFISAN_NULLABLE FFISAN_OUT(48));
unsigned char *SHA512(const unsigned char *data FFISAN_IN(n), size_t n, unsigned char *digest FFISAN_NULLABLE FFISAN_OUT(64));

HMAC_CTX *HMAC_CTX_new(void) FFISAN_OWNED(HMAC_CTX_free) FAILS_NULL;
void HMAC_CTX_free(HMAC_CTX *context GIVEN);
int HMAC_Init_ex(HMAC_CTX *context, const void *key FFISAN_NULLABLE FFISAN_WHEN(n > 0, FFISAN_IN(n)), int n,
                 const EVP_MD *type FFISAN_NULLABLE, ENGINE *engine FFISAN_NULLABLE) FAILS_UNLESS_ONE;
int HMAC_Update(HMAC_CTX *context, const unsigned char *data FFISAN_IN(n), size_t n) FAILS_UNLESS_ONE;
int HMAC_Final(HMAC_CTX *context, unsigned char *digest FFISAN_WHEN(size != NULL, FFISAN_OUT(*size)),
               unsigned int *size FFISAN_NULLABLE FFISAN_OUT_N(1)) FAILS_UNLESS_ONE;
unsigned char *HMAC(const EVP_MD *type FFISAN_NULLABLE, const void *key FFISAN_WHEN(key_size > 0, FFISAN_IN(key_size)),
                    int key_size, const unsigned char *data FFISAN_IN(n), size_t n,
                    unsigned char *digest FFISAN_NULLABLE FFISAN_WHEN(digest != NULL && size != NULL, FFISAN_OUT(*size)),
                    unsigned int *size FFISAN_NULLABLE FFISAN_OUT_N(1)) FAILS_NULL;
int PKCS5_PBKDF2_HMAC(const char *password FFISAN_WHEN(password_size == -1, FFISAN_CSTRING)
                          FFISAN_WHEN(password_size > 0, FFISAN_IN(password_size)),
                      int password_size, const unsigned char *salt FFISAN_WHEN(salt_size > 0, FFISAN_IN(salt_size)),
                      int salt_size, int rounds, const EVP_MD *type FFISAN_NULLABLE, int size,
                      unsigned char *key FFISAN_WHEN(size > 0, FFISAN_OUT(size))) FAILS_UNLESS_ONE;
int EVP_PBE_scrypt(const char *password FFISAN_IN(password_size), size_t password_size,
                   const unsigned char *salt FFISAN_IN(salt_size), size_t salt_size, uint64_t n, uint64_t r, uint64_t p,
                   uint64_t most_memory, unsigned char *key FFISAN_NULLABLE FFISAN_OUT(size), size_t size) FAILS_UNLESS_ONE;

/* ---- ciphers: what comes out may be a block more or less than what goes in ---- */

#define CIPHER_OUT FFISAN_WHEN(out != NULL, FFISAN_OUT(*written))
#define WRITTEN    FFISAN_NONNULL FFISAN_OUT_N(1)
EVP_CIPHER_CTX *EVP_CIPHER_CTX_new(void) FFISAN_OWNED(EVP_CIPHER_CTX_free) FAILS_NULL;
void EVP_CIPHER_CTX_free(EVP_CIPHER_CTX *context GIVEN);
int EVP_CIPHER_CTX_reset(EVP_CIPHER_CTX *context);
int EVP_CIPHER_CTX_copy(EVP_CIPHER_CTX *to, const EVP_CIPHER_CTX *from) FAILS_UNLESS_ONE;
int EVP_CIPHER_CTX_set_padding(EVP_CIPHER_CTX *context, int padding);
int EVP_CIPHER_CTX_ctrl(EVP_CIPHER_CTX *context, int type, int number, void *pointer);
int EVP_EncryptInit_ex(EVP_CIPHER_CTX *context FFISAN_NONNULL, const EVP_CIPHER *type FFISAN_NULLABLE,
                       ENGINE *engine FFISAN_NULLABLE, const unsigned char *key, const unsigned char *iv) FAILS_UNLESS_ONE;
int EVP_DecryptInit_ex(EVP_CIPHER_CTX *context FFISAN_NONNULL, const EVP_CIPHER *type FFISAN_NULLABLE,
                       ENGINE *engine FFISAN_NULLABLE, const unsigned char *key, const unsigned char *iv) FAILS_UNLESS_ONE;
int EVP_CipherInit_ex(EVP_CIPHER_CTX *context FFISAN_NONNULL, const EVP_CIPHER *type FFISAN_NULLABLE,
                      ENGINE *engine FFISAN_NULLABLE, const unsigned char *key, const unsigned char *iv,
                      int encrypt) FAILS_UNLESS_ONE;
int EVP_EncryptUpdate(EVP_CIPHER_CTX *context FFISAN_NONNULL, unsigned char *out CIPHER_OUT, int *written WRITTEN,
                      const unsigned char *in FFISAN_WHEN(n > 0, FFISAN_IN(n)), int n) FAILS_UNLESS_ONE;
int EVP_DecryptUpdate(EVP_CIPHER_CTX *context FFISAN_NONNULL, unsigned char *out CIPHER_OUT, int *written WRITTEN,
                      const unsigned char *in FFISAN_WHEN(n > 0, FFISAN_IN(n)), int n) FAILS_UNLESS_ONE;
int EVP_CipherUpdate(EVP_CIPHER_CTX *context FFISAN_NONNULL, unsigned char *out CIPHER_OUT, int *written WRITTEN,
                     const unsigned char *in FFISAN_WHEN(n > 0, FFISAN_IN(n)), int n) FFISAN_FAILS(ret <= 0, 0);
int EVP_EncryptFinal_ex(EVP_CIPHER_CTX *context FFISAN_NONNULL, unsigned char *out CIPHER_OUT,
                        int *written WRITTEN) FAILS_UNLESS_ONE;
int EVP_DecryptFinal_ex(EVP_CIPHER_CTX *context FFISAN_NONNULL, unsigned char *out CIPHER_OUT,
                        int *written WRITTEN) FAILS_UNLESS_ONE;
int EVP_CipherFinal_ex(EVP_CIPHER_CTX *context FFISAN_NONNULL, unsigned char *out CIPHER_OUT, int *written WRITTEN)
    FFISAN_FAILS(ret <= 0, 0);
const EVP_CIPHER *EVP_get_cipherbyname(const char *name FFISAN_CSTRING);

/* ---- keys ---- */

EVP_PKEY *EVP_PKEY_new(void) FFISAN_OWNED(EVP_PKEY_free) FAILS_NULL;
void EVP_PKEY_free(EVP_PKEY *key DROPPED);
int EVP_PKEY_up_ref(EVP_PKEY *key FFISAN_REF) FAILS_UNLESS_ONE;
EVP_PKEY *EVP_PKEY_new_raw_private_key(int type, ENGINE *engine FFISAN_NULLABLE, const unsigned char *raw FFISAN_IN(n), size_t n)
    FFISAN_OWNED(EVP_PKEY_free) FAILS_NULL;
EVP_PKEY *EVP_PKEY_new_raw_public_key(int type, ENGINE *engine FFISAN_NULLABLE, const unsigned char *raw FFISAN_IN(n), size_t n)
    FFISAN_OWNED(EVP_PKEY_free) FAILS_NULL;
EVP_PKEY *EVP_PKEY_new_mac_key(int type, ENGINE *engine FFISAN_NULLABLE,
                               const unsigned char *raw FFISAN_WHEN(n > 0, FFISAN_IN(n)), int n)
    FFISAN_OWNED(EVP_PKEY_free) FAILS_NULL;
int EVP_PKEY_get_raw_private_key(const EVP_PKEY *key, unsigned char *raw FFISAN_NULLABLE FFISAN_WHEN(raw != NULL, FFISAN_OUT(*n)),
                                 size_t *n FFISAN_NONNULL FFISAN_OUT_N(1)) FAILS_UNLESS_ONE;
int EVP_PKEY_get_raw_public_key(const EVP_PKEY *key, unsigned char *raw FFISAN_NULLABLE FFISAN_WHEN(raw != NULL, FFISAN_OUT(*n)),
                                size_t *n FFISAN_NONNULL FFISAN_OUT_N(1)) FAILS_UNLESS_ONE;
/* Takes over the lower key. */
int EVP_PKEY_assign(EVP_PKEY *key, int type, void *lower FFISAN_CONSUMED FFISAN_NULLABLE) FAILS_UNLESS_ONE;
int EVP_PKEY_set1_RSA(EVP_PKEY *key, struct rsa_st *rsa) FAILS_UNLESS_ONE;
int EVP_PKEY_set1_EC_KEY(EVP_PKEY *key, struct ec_key_st *ec) FAILS_UNLESS_ONE;
struct rsa_st *EVP_PKEY_get1_RSA(EVP_PKEY *key) FFISAN_OWNED(RSA_free) FAILS_NULL;
struct dsa_st *EVP_PKEY_get1_DSA(EVP_PKEY *key) FFISAN_OWNED(DSA_free) FAILS_NULL;
struct dh_st *EVP_PKEY_get1_DH(EVP_PKEY *key) FFISAN_OWNED(DH_free) FAILS_NULL;
struct ec_key_st *EVP_PKEY_get1_EC_KEY(EVP_PKEY *key) FFISAN_OWNED(EC_KEY_free) FAILS_NULL;
const struct rsa_st *EVP_PKEY_get0_RSA(const EVP_PKEY *key) FFISAN_BORROWED(key);
const struct ec_key_st *EVP_PKEY_get0_EC_KEY(const EVP_PKEY *key) FFISAN_BORROWED(key);

EVP_PKEY_CTX *EVP_PKEY_CTX_new(EVP_PKEY *key, ENGINE *engine FFISAN_NULLABLE) FFISAN_OWNED(EVP_PKEY_CTX_free) FAILS_NULL;
EVP_PKEY_CTX *EVP_PKEY_CTX_new_id(int id, ENGINE *engine FFISAN_NULLABLE) FFISAN_OWNED(EVP_PKEY_CTX_free) FAILS_NULL;
EVP_PKEY_CTX *EVP_PKEY_CTX_dup(const EVP_PKEY_CTX *context) FFISAN_OWNED(EVP_PKEY_CTX_free) FAILS_NULL;
void EVP_PKEY_CTX_free(EVP_PKEY_CTX *context GIVEN);
int EVP_PKEY_sign_init(EVP_PKEY_CTX *context) FFISAN_FAILS(ret <= 0, 0);
int EVP_PKEY_verify_init(EVP_PKEY_CTX *context) FFISAN_FAILS(ret <= 0, 0);
#define KEY_OUT  FFISAN_NULLABLE FFISAN_WHEN(out != NULL, FFISAN_OUT(*out_size))
#define OUT_SIZE FFISAN_NONNULL FFISAN_OUT_N(1)
int EVP_PKEY_sign(EVP_PKEY_CTX *context, unsigned char *out KEY_OUT, size_t *out_size OUT_SIZE,
                  const unsigned char *data FFISAN_IN(n), size_t n) FFISAN_FAILS(ret <= 0, 0);
int EVP_PKEY_verify(EVP_PKEY_CTX *context, const unsigned char *signature FFISAN_IN(size), size_t size,
                    const unsigned char *data FFISAN_IN(n), size_t n);
int EVP_PKEY_encrypt(EVP_PKEY_CTX *context, unsigned char *out KEY_OUT, size_t *out_size OUT_SIZE,
                     const unsigned char *data FFISAN_IN(n), size_t n) FFISAN_FAILS(ret <= 0, 0);
int EVP_PKEY_decrypt(EVP_PKEY_CTX *context, unsigned char *out KEY_OUT, size_t *out_size OUT_SIZE,
                     const unsigned char *data FFISAN_IN(n), size_t n) FFISAN_FAILS(ret <= 0, 0);
int EVP_PKEY_derive(EVP_PKEY_CTX *context, unsigned char *out KEY_OUT, size_t *out_size OUT_SIZE) FFISAN_FAILS(ret <= 0, 0);
/* A digest's EVP_PKEY_CTX, where one is asked for, belongs to the digest. */
int EVP_DigestSignInit(EVP_MD_CTX *context, EVP_PKEY_CTX **inner FFISAN_NULLABLE, const EVP_MD *type FFISAN_NULLABLE,
                       ENGINE *engine FFISAN_NULLABLE, EVP_PKEY *key FFISAN_NULLABLE) FAILS_UNLESS_ONE;
int EVP_DigestVerifyInit(EVP_MD_CTX *context, EVP_PKEY_CTX **inner FFISAN_NULLABLE, const EVP_MD *type FFISAN_NULLABLE,
                         ENGINE *engine FFISAN_NULLABLE, EVP_PKEY *key FFISAN_NULLABLE) FAILS_UNLESS_ONE;
int EVP_DigestSignFinal(EVP_MD_CTX *context, unsigned char *out KEY_OUT, size_t *out_size OUT_SIZE) FFISAN_FAILS(ret <= 0, 0);
int EVP_DigestSign(EVP_MD_CTX *context, unsigned char *out KEY_OUT, size_t *out_size OUT_SIZE,
                   const unsigned char *data FFISAN_IN(n), size_t n) FFISAN_FAILS(ret <= 0, 0);
int EVP_DigestVerifyFinal(EVP_MD_CTX *context, const unsigned char *signature FFISAN_IN(n), size_t n);
int EVP_DigestVerify(EVP_MD_CTX *context, const unsigned char *signature FFISAN_IN(size), size_t size,
                     const unsigned char *data FFISAN_IN(n), size_t n);

RSA *RSA_new(void) FFISAN_OWNED(RSA_free) FAILS_NULL;
void RSA_free(RSA *rsa DROPPED);
int RSA_up_ref(RSA *rsa FFISAN_REF) FAILS_UNLESS_ONE;
int RSA_size(const RSA *rsa FFISAN_NONNULL);
int RSA_set0_key(RSA *rsa, BIGNUM *n GIVEN, BIGNUM *e GIVEN, BIGNUM *d GIVEN) FAILS_UNLESS_ONE;
int RSA_set0_factors(RSA *rsa, BIGNUM *p GIVEN, BIGNUM *q GIVEN) FAILS_UNLESS_ONE;
void RSA_get0_key(const RSA *rsa, const BIGNUM **n FFISAN_NULLABLE FFISAN_BORROWED(rsa),
                  const BIGNUM **e FFISAN_NULLABLE FFISAN_BORROWED(rsa), const BIGNUM **d FFISAN_NULLABLE FFISAN_BORROWED(rsa));
int RSA_public_encrypt(int n, const unsigned char *from FFISAN_WHEN(n > 0, FFISAN_IN(n)), unsigned char *to FFISAN_OUT(ret),
                       RSA *rsa, int padding) FFISAN_FAILS(ret < 0, -1);
int RSA_private_decrypt(int n, const unsigned char *from FFISAN_WHEN(n > 0, FFISAN_IN(n)), unsigned char *to FFISAN_OUT(ret),
                        RSA *rsa, int padding) FFISAN_FAILS(ret < 0, -1);
DSA *DSA_new(void) FFISAN_OWNED(DSA_free) FAILS_NULL;
void DSA_free(DSA *dsa DROPPED);
int DSA_up_ref(DSA *dsa FFISAN_REF) FAILS_UNLESS_ONE;
DH *DH_new(void) FFISAN_OWNED(DH_free) FAILS_NULL;
void DH_free(DH *dh DROPPED);
int DH_up_ref(DH *dh FFISAN_REF) FAILS_UNLESS_ONE;
int DH_set0_pqg(DH *dh, BIGNUM *p GIVEN, BIGNUM *q GIVEN, BIGNUM *g GIVEN) FAILS_UNLESS_ONE;
EC_KEY *EC_KEY_new(void) FFISAN_OWNED(EC_KEY_free) FAILS_NULL;
EC_KEY *EC_KEY_new_by_curve_name(int nid) FFISAN_OWNED(EC_KEY_free) FAILS_NULL;
EC_KEY *EC_KEY_dup(const EC_KEY *key) FFISAN_OWNED(EC_KEY_free) FAILS_NULL;
void EC_KEY_free(EC_KEY *key DROPPED);
int EC_KEY_up_ref(EC_KEY *key FFISAN_REF) FAILS_UNLESS_ONE;
const EC_GROUP *EC_KEY_get0_group(const EC_KEY *key) FFISAN_BORROWED(key, EC_KEY_set_group);
const EC_POINT *EC_KEY_get0_public_key(const EC_KEY *key) FFISAN_BORROWED(key, EC_KEY_set_public_key);
const BIGNUM *EC_KEY_get0_private_key(const EC_KEY *key) FFISAN_BORROWED(key, EC_KEY_set_private_key);
int EC_KEY_set_group(EC_KEY *key, const EC_GROUP *group) FAILS_UNLESS_ONE;
int EC_KEY_set_private_key(EC_KEY *key, const BIGNUM *number) FFISAN_FAILS(ret == 0, 0);
int EC_KEY_set_public_key(EC_KEY *key, const EC_POINT *point) FAILS_UNLESS_ONE;
EC_GROUP *EC_GROUP_new_by_curve_name(int nid) FFISAN_OWNED(EC_GROUP_free, EC_GROUP_clear_free) FAILS_NULL;
EC_GROUP *EC_GROUP_dup(const EC_GROUP *group) FFISAN_OWNED(EC_GROUP_free, EC_GROUP_clear_free) FAILS_NULL;
void EC_GROUP_free(EC_GROUP *group GIVEN);
void EC_GROUP_clear_free(EC_GROUP *group GIVEN);
EC_POINT *EC_POINT_new(const EC_GROUP *group) FFISAN_OWNED(EC_POINT_free, EC_POINT_clear_free) FAILS_NULL;
EC_POINT *EC_POINT_dup(const EC_POINT *point, const EC_GROUP *group) FFISAN_OWNED(EC_POINT_free, EC_POINT_clear_free) FAILS_NULL;
void EC_POINT_free(EC_POINT *point GIVEN);
void EC_POINT_clear_free(EC_POINT *point GIVEN);
ECDSA_SIG *ECDSA_SIG_new(void) FFISAN_OWNED(ECDSA_SIG_free) FAILS_NULL;
void ECDSA_SIG_free(ECDSA_SIG *signature GIVEN);
const BIGNUM *ECDSA_SIG_get0_r(const ECDSA_SIG *signature) FFISAN_BORROWED(signature);
const BIGNUM *ECDSA_SIG_get0_s(const ECDSA_SIG *signature) FFISAN_BORROWED(signature);

/* ---- big numbers ---- */

BIGNUM *BN_new(void) FFISAN_OWNED(BN_free, BN_clear_free) FAILS_NULL;
BIGNUM *BN_dup(const BIGNUM *number FFISAN_NULLABLE) FFISAN_OWNED(BN_free, BN_clear_free) FAILS_NULL;
void BN_free(BIGNUM *number GIVEN);
void BN_clear_free(BIGNUM *number GIVEN);
BIGNUM *BN_bin2bn(const unsigned char *bytes FFISAN_WHEN(n > 0, FFISAN_IN(n)), int n, BIGNUM *into FFISAN_NULLABLE)
    FFISAN_WHEN(into == NULL, FFISAN_OWNED(BN_free, BN_clear_free)) FAILS_NULL;
int BN_bn2bin(const BIGNUM *number, unsigned char *to FFISAN_OUT(ret)) FFISAN_FAILS(ret < 0, -1);
int BN_bn2binpad(const BIGNUM *number, unsigned char *to FFISAN_WHEN(size > 0, FFISAN_OUT(size)), int size)
    FFISAN_FAILS(ret < 0, -1);
char *BN_bn2hex(const BIGNUM *number) FFISAN_OWNED(CRYPTO_free, CRYPTO_clear_free) FAILS_NULL;
char *BN_bn2dec(const BIGNUM *number) FFISAN_OWNED(CRYPTO_free, CRYPTO_clear_free) FAILS_NULL;
int BN_hex2bn(BIGNUM **number, const char *text FFISAN_CSTRING);
int BN_dec2bn(BIGNUM **number, const char *text FFISAN_CSTRING);
int BN_num_bits(const BIGNUM *number);
int BN_cmp(const BIGNUM *a FFISAN_NULLABLE, const BIGNUM *b FFISAN_NULLABLE);
int BN_set_word(BIGNUM *number, unsigned long word) FAILS_UNLESS_ONE;
unsigned long BN_get_word(const BIGNUM *number);
BN_CTX *BN_CTX_new(void) FFISAN_OWNED(BN_CTX_free) FAILS_NULL;
void BN_CTX_free(BN_CTX *context GIVEN);
void BN_CTX_start(BN_CTX *context);
void BN_CTX_end(BN_CTX *context FFISAN_NULLABLE);
BIGNUM *BN_CTX_get(BN_CTX *context) FFISAN_BORROWED(context) FAILS_NULL;

/* ---- BIOs: BIO_free drops one, BIO_free_all a chain ---- */

#define OWNED_BIO FFISAN_OWNED(BIO_free, BIO_free_all, BIO_vfree) FAILS_NULL
BIO *BIO_new(const BIO_METHOD *method) OWNED_BIO;
BIO *BIO_new_file(const char *name FFISAN_CSTRING, const char *mode FFISAN_CSTRING) OWNED_BIO;
BIO *BIO_new_fp(FILE *stream, int close) OWNED_BIO;
/* It reads the memory where it is. */
BIO *BIO_new_mem_buf(const void *data FFISAN_RETAINED(ret) FFISAN_WHEN(n >= 0, FFISAN_IN(n)) FFISAN_WHEN(n < 0, FFISAN_CSTRING),
                     int n) OWNED_BIO;
int BIO_free(BIO *bio DROPPED);
void BIO_free_all(BIO *bio DROPPED);
void BIO_vfree(BIO *bio DROPPED);
int BIO_up_ref(BIO *bio FFISAN_REF) FAILS_UNLESS_ONE;
int BIO_read(BIO *bio, void *buffer FFISAN_WHEN(n > 0, FFISAN_OUT(n)), int n) FFISAN_FAILS(ret <= 0, -1);
int BIO_read_ex(BIO *bio, void *buffer FFISAN_OUT(n), size_t n, size_t *read FFISAN_OUT_N(1)) FAILS_UNLESS_ONE;
int BIO_gets(BIO *bio, char *buffer FFISAN_WHEN(n > 0, FFISAN_OUT(n)), int n) FFISAN_FAILS(ret <= 0, -1);
int BIO_write(BIO *bio, const void *buffer FFISAN_WHEN(n > 0, FFISAN_IN(n)), int n) FFISAN_FAILS(ret <= 0, -1);
int BIO_write_ex(BIO *bio, const void *buffer FFISAN_IN(n), size_t n,
                 size_t *written FFISAN_NULLABLE FFISAN_OUT_N(1)) FAILS_UNLESS_ONE;
int BIO_puts(BIO *bio, const char *text FFISAN_CSTRING) FFISAN_FAILS(ret <= 0, -1);
long BIO_ctrl(BIO *bio FFISAN_NULLABLE, int command, long number, void *pointer);
BIO *BIO_push(BIO *bio FFISAN_NULLABLE, BIO *next FFISAN_NULLABLE);
BIO *BIO_pop(BIO *bio FFISAN_NULLABLE);
BIO *BIO_next(BIO *bio FFISAN_NULLABLE);

/* ---- certificates: names, numbers, times and extensions belong to them ---- */

X509 *X509_new(void) FFISAN_OWNED(X509_free) FAILS_NULL;
X509 *X509_dup(const X509 *certificate) FFISAN_OWNED(X509_free) FAILS_NULL;
void X509_free(X509 *certificate DROPPED);
int X509_up_ref(X509 *certificate FFISAN_REF) FAILS_UNLESS_ONE;
X509_NAME *X509_get_subject_name(const X509 *certificate FFISAN_NONNULL) FFISAN_BORROWED(certificate);
X509_NAME *X509_get_issuer_name(const X509 *certificate FFISAN_NONNULL) FFISAN_BORROWED(certificate);
ASN1_INTEGER *X509_get_serialNumber(X509 *certificate FFISAN_NONNULL) FFISAN_BORROWED(certificate);
const ASN1_INTEGER *X509_get0_serialNumber(const X509 *certificate FFISAN_NONNULL) FFISAN_BORROWED(certificate);
const ASN1_TIME *X509_get0_notBefore(const X509 *certificate FFISAN_NONNULL) FFISAN_BORROWED(certificate);
const ASN1_TIME *X509_get0_notAfter(const X509 *certificate FFISAN_NONNULL) FFISAN_BORROWED(certificate);
X509_EXTENSION *X509_get_ext(const X509 *certificate, int index) FFISAN_BORROWED(certificate);
int X509_get_ext_count(const X509 *certificate);
EVP_PKEY *X509_get_pubkey(X509 *certificate) FFISAN_OWNED(EVP_PKEY_free) FAILS_NULL;
EVP_PKEY *X509_get0_pubkey(const X509 *certificate) FFISAN_BORROWED(certificate);
int X509_digest(const X509 *certificate, const EVP_MD *type FFISAN_NULLABLE,
                unsigned char *digest FFISAN_WHEN(size != NULL, FFISAN_OUT(*size)),
                unsigned int *size FFISAN_NULLABLE FFISAN_OUT_N(1)) FAILS_UNLESS_ONE;
int X509_cmp(const X509 *a, const X509 *b);
int X509_verify(X509 *certificate, EVP_PKEY *key);
int X509_set_pubkey(X509 *certificate, EVP_PKEY *key) FAILS_UNLESS_ONE;
int X509_check_host(X509 *certificate, const char *name FFISAN_WHEN(n == 0, FFISAN_CSTRING) FFISAN_WHEN(n > 0, FFISAN_IN(n)),
                    size_t n, unsigned int flags,
                    char **peer FFISAN_NULLABLE FFISAN_WHEN(ret == 1 && peer != NULL && *peer != NULL,
                                                            FFISAN_OUT_OWNED(CRYPTO_free)));
X509_NAME *X509_NAME_new(void) FFISAN_OWNED(X509_NAME_free) FAILS_NULL;
X509_NAME *X509_NAME_dup(const X509_NAME *name) FFISAN_OWNED(X509_NAME_free) FAILS_NULL;
void X509_NAME_free(X509_NAME *name GIVEN);
int X509_NAME_entry_count(const X509_NAME *name FFISAN_NULLABLE);
X509_NAME_ENTRY *X509_NAME_get_entry(const X509_NAME *name, int index) FFISAN_BORROWED(name);
char *X509_NAME_oneline(const X509_NAME *name,
                        char *buffer FFISAN_NULLABLE FFISAN_WHEN(buffer != NULL && size > 0, FFISAN_OUT(size)), int size)
    FFISAN_WHEN(buffer == NULL && ret != NULL, FFISAN_OWNED(CRYPTO_free));
int X509_NAME_get_text_by_NID(const X509_NAME *name, int nid,
                              char *buffer FFISAN_NULLABLE FFISAN_WHEN(size > 0, FFISAN_OUT(size)), int size);
X509_EXTENSION *X509_EXTENSION_new(void) FFISAN_OWNED(X509_EXTENSION_free) FAILS_NULL;
X509_EXTENSION *X509_EXTENSION_dup(const X509_EXTENSION *extension) FFISAN_OWNED(X509_EXTENSION_free) FAILS_NULL;
void X509_EXTENSION_free(X509_EXTENSION *extension GIVEN);
X509_CRL *X509_CRL_new(void) FFISAN_OWNED(X509_CRL_free) FAILS_NULL;
X509_CRL *X509_CRL_dup(const X509_CRL *crl) FFISAN_OWNED(X509_CRL_free) FAILS_NULL;
void X509_CRL_free(X509_CRL *crl DROPPED);
int X509_CRL_up_ref(X509_CRL *crl FFISAN_REF) FAILS_UNLESS_ONE;
X509_REQ *X509_REQ_new(void) FFISAN_OWNED(X509_REQ_free) FAILS_NULL;
X509_REQ *X509_REQ_dup(const X509_REQ *request) FFISAN_OWNED(X509_REQ_free) FAILS_NULL;
void X509_REQ_free(X509_REQ *request GIVEN);
X509_STORE *X509_STORE_new(void) FFISAN_OWNED(X509_STORE_free) FAILS_NULL;
void X509_STORE_free(X509_STORE *store DROPPED);
int X509_STORE_set_flags(X509_STORE *store, unsigned long flags) FAILS_UNLESS_ONE;
struct stack_st_X509_OBJECT *X509_STORE_get0_objects(const X509_STORE *store);
int X509_STORE_up_ref(X509_STORE *store FFISAN_REF) FAILS_UNLESS_ONE;
int X509_STORE_add_cert(X509_STORE *store, X509 *certificate) FAILS_UNLESS_ONE;
int X509_STORE_add_crl(X509_STORE *store, X509_CRL *crl) FAILS_UNLESS_ONE;
int X509_STORE_load_locations(X509_STORE *store, const char *file FFISAN_CSTRING FFISAN_NULLABLE,
                              const char *folder FFISAN_CSTRING FFISAN_NULLABLE) FAILS_UNLESS_ONE;
X509_STORE_CTX *X509_STORE_CTX_new(void) FFISAN_OWNED(X509_STORE_CTX_free) FAILS_NULL;
void X509_STORE_CTX_free(X509_STORE_CTX *context GIVEN);
int X509_STORE_CTX_init(X509_STORE_CTX *context, X509_STORE *store FFISAN_NULLABLE, X509 *certificate FFISAN_NULLABLE,
                        struct stack_st_X509 *more FFISAN_NULLABLE) FAILS_UNLESS_ONE;
X509 *X509_STORE_CTX_get_current_cert(const X509_STORE_CTX *context) FFISAN_BORROWED(context);
X509 *X509_STORE_CTX_get0_cert(const X509_STORE_CTX *context) FFISAN_BORROWED(context);
X509 *X509_OBJECT_get0_X509(const X509_OBJECT *object FFISAN_NULLABLE) FFISAN_BORROWED(object);
X509_CRL *X509_OBJECT_get0_X509_CRL(const X509_OBJECT *object FFISAN_NULLABLE) FFISAN_BORROWED(object);

#define OWNED_STRING                                                                                                             \
    FFISAN_OWNED(ASN1_STRING_free, ASN1_STRING_clear_free, ASN1_INTEGER_free, ASN1_OCTET_STRING_free, ASN1_TIME_free) FAILS_NULL
ASN1_STRING *ASN1_STRING_new(void) OWNED_STRING;
ASN1_STRING *ASN1_STRING_type_new(int type) OWNED_STRING;
ASN1_STRING *ASN1_STRING_dup(const ASN1_STRING *string FFISAN_NULLABLE) OWNED_STRING;
ASN1_INTEGER *ASN1_INTEGER_new(void) OWNED_STRING;
ASN1_INTEGER *ASN1_INTEGER_dup(const ASN1_INTEGER *number) OWNED_STRING;
ASN1_OCTET_STRING *ASN1_OCTET_STRING_new(void) OWNED_STRING;
ASN1_TIME *ASN1_TIME_new(void) OWNED_STRING;
void ASN1_STRING_free(ASN1_STRING *string GIVEN);
void ASN1_STRING_clear_free(ASN1_STRING *string GIVEN);
void ASN1_INTEGER_free(ASN1_INTEGER *number GIVEN);
void ASN1_OCTET_STRING_free(ASN1_OCTET_STRING *string GIVEN);
void ASN1_TIME_free(ASN1_TIME *time GIVEN);
ASN1_TIME *X509_gmtime_adj(ASN1_TIME *time FFISAN_NULLABLE, long seconds) FAILS_NULL;
int ASN1_STRING_length(const ASN1_STRING *string FFISAN_NONNULL);
const unsigned char *ASN1_STRING_get0_data(const ASN1_STRING *string FFISAN_NONNULL) FFISAN_BORROWED(string, ASN1_STRING_set);
int ASN1_STRING_set(ASN1_STRING *string, const void *data FFISAN_NULLABLE FFISAN_WHEN(n > 0, FFISAN_IN(n)),
                    int n) FAILS_UNLESS_ONE;
int ASN1_STRING_to_UTF8(unsigned char **text FFISAN_OUT_OWNED(CRYPTO_free), const ASN1_STRING *string) FFISAN_FAILS(ret < 0, -1);

/* ---- reading and writing; a password is asked of the callback, or is the data itself ---- */

#define PASSWORD pem_password_cb *ask FFISAN_NULLABLE, void *data FFISAN_NULLABLE FFISAN_WHEN(ask == NULL, FFISAN_CSTRING)
X509 *PEM_read_bio_X509(BIO *bio, X509 **reuse FFISAN_NULLABLE, PASSWORD) FFISAN_OWNED(X509_free) FAILS_NULL;
X509 *PEM_read_bio_X509_AUX(BIO *bio, X509 **reuse FFISAN_NULLABLE, PASSWORD) FFISAN_OWNED(X509_free) FAILS_NULL;
X509_CRL *PEM_read_bio_X509_CRL(BIO *bio, X509_CRL **reuse FFISAN_NULLABLE, PASSWORD) FFISAN_OWNED(X509_CRL_free) FAILS_NULL;
X509_REQ *PEM_read_bio_X509_REQ(BIO *bio, X509_REQ **reuse FFISAN_NULLABLE, PASSWORD) FFISAN_OWNED(X509_REQ_free) FAILS_NULL;
EVP_PKEY *PEM_read_bio_PrivateKey(BIO *bio, EVP_PKEY **reuse FFISAN_NULLABLE, PASSWORD) FFISAN_OWNED(EVP_PKEY_free) FAILS_NULL;
EVP_PKEY *PEM_read_bio_PUBKEY(BIO *bio, EVP_PKEY **reuse FFISAN_NULLABLE, PASSWORD) FFISAN_OWNED(EVP_PKEY_free) FAILS_NULL;
RSA *PEM_read_bio_RSAPrivateKey(BIO *bio, RSA **reuse FFISAN_NULLABLE, PASSWORD) FFISAN_OWNED(RSA_free) FAILS_NULL;
DH *PEM_read_bio_DHparams(BIO *bio, DH **reuse FFISAN_NULLABLE, PASSWORD) FFISAN_OWNED(DH_free) FAILS_NULL;
X509 *PEM_read_X509(FILE *stream, X509 **reuse FFISAN_NULLABLE, PASSWORD) FFISAN_OWNED(X509_free) FAILS_NULL;
EVP_PKEY *PEM_read_PrivateKey(FILE *stream, EVP_PKEY **reuse FFISAN_NULLABLE, PASSWORD) FFISAN_OWNED(EVP_PKEY_free) FAILS_NULL;
int PEM_write_bio_X509(BIO *bio, const X509 *certificate) FAILS_UNLESS_ONE;
int PEM_write_bio_PUBKEY(BIO *bio, const EVP_PKEY *key) FAILS_UNLESS_ONE;
int PEM_write_bio_PrivateKey(BIO *bio, const EVP_PKEY *key, const EVP_CIPHER *cipher FFISAN_NULLABLE,
                             const unsigned char *password FFISAN_NULLABLE FFISAN_WHEN(password != NULL && n > 0, FFISAN_IN(n)),
                             int n, PASSWORD) FAILS_UNLESS_ONE;
X509 *d2i_X509(X509 **reuse FFISAN_NULLABLE, const unsigned char **in FFISAN_NONNULL, long n) FFISAN_OWNED(X509_free) FAILS_NULL;
X509 *d2i_X509_bio(BIO *bio, X509 **reuse FFISAN_NULLABLE) FFISAN_OWNED(X509_free) FAILS_NULL;
X509_CRL *d2i_X509_CRL(X509_CRL **reuse FFISAN_NULLABLE, const unsigned char **in FFISAN_NONNULL, long n)
    FFISAN_OWNED(X509_CRL_free) FAILS_NULL;
EVP_PKEY *d2i_PrivateKey(int type, EVP_PKEY **reuse FFISAN_NULLABLE, const unsigned char **in FFISAN_NONNULL, long n)
    FFISAN_OWNED(EVP_PKEY_free) FAILS_NULL;
EVP_PKEY *d2i_AutoPrivateKey(EVP_PKEY **reuse FFISAN_NULLABLE, const unsigned char **in FFISAN_NONNULL, long n)
    FFISAN_OWNED(EVP_PKEY_free) FAILS_NULL;
EVP_PKEY *d2i_PUBKEY(EVP_PKEY **reuse FFISAN_NULLABLE, const unsigned char **in FFISAN_NONNULL, long n)
    FFISAN_OWNED(EVP_PKEY_free) FAILS_NULL;
EVP_PKEY *d2i_PrivateKey_bio(BIO *bio, EVP_PKEY **reuse FFISAN_NULLABLE) FFISAN_OWNED(EVP_PKEY_free) FAILS_NULL;
PKCS12 *d2i_PKCS12_bio(BIO *bio, PKCS12 **reuse FFISAN_NULLABLE) FFISAN_OWNED(PKCS12_free) FAILS_NULL;
PKCS12 *d2i_PKCS12(PKCS12 **reuse FFISAN_NULLABLE, const unsigned char **in FFISAN_NONNULL, long n)
    FFISAN_OWNED(PKCS12_free) FAILS_NULL;
PKCS12 *PKCS12_new(void) FFISAN_OWNED(PKCS12_free) FAILS_NULL;
void PKCS12_free(PKCS12 *bag GIVEN);
int PKCS12_parse(PKCS12 *bag, const char *password FFISAN_CSTRING FFISAN_NULLABLE,
                 EVP_PKEY **key FFISAN_NULLABLE FFISAN_OUT_OWNED(EVP_PKEY_free),
                 X509 **certificate FFISAN_NULLABLE FFISAN_OUT_OWNED(X509_free),
                 struct stack_st_X509 **more FFISAN_NULLABLE) FAILS_UNLESS_ONE;
int i2d_X509(const X509 *certificate, unsigned char **out FFISAN_NULLABLE) FFISAN_FAILS(ret < 0, -1);
int i2d_PrivateKey(const EVP_PKEY *key, unsigned char **out FFISAN_NULLABLE) FFISAN_FAILS(ret < 0, -1);
int i2d_PUBKEY(const EVP_PKEY *key, unsigned char **out FFISAN_NULLABLE) FFISAN_FAILS(ret < 0, -1);
int i2d_X509_bio(BIO *bio, const X509 *certificate) FAILS_UNLESS_ONE;

/* ---- since 3.0 ---- */

FFISAN_LIBRARY("libcrypto.so.3", "libcrypto-*.so.3*")

EVP_MD *EVP_MD_fetch(OSSL_LIB_CTX *library FFISAN_NULLABLE, const char *name FFISAN_CSTRING,
                     const char *properties FFISAN_CSTRING FFISAN_NULLABLE) FFISAN_OWNED(EVP_MD_free) FAILS_NULL;
void EVP_MD_free(EVP_MD *type DROPPED);
int EVP_MD_up_ref(EVP_MD *type FFISAN_REF) FAILS_UNLESS_ONE;
EVP_CIPHER *EVP_CIPHER_fetch(OSSL_LIB_CTX *library FFISAN_NULLABLE, const char *name FFISAN_CSTRING,
                             const char *properties FFISAN_CSTRING FFISAN_NULLABLE) FFISAN_OWNED(EVP_CIPHER_free) FAILS_NULL;
void EVP_CIPHER_free(EVP_CIPHER *type DROPPED);
int EVP_CIPHER_up_ref(EVP_CIPHER *type FFISAN_REF) FAILS_UNLESS_ONE;
EVP_MAC *EVP_MAC_fetch(OSSL_LIB_CTX *library FFISAN_NULLABLE, const char *name FFISAN_CSTRING,
                       const char *properties FFISAN_CSTRING FFISAN_NULLABLE) FFISAN_OWNED(EVP_MAC_free) FAILS_NULL;
void EVP_MAC_free(EVP_MAC *type DROPPED);
int EVP_MAC_up_ref(EVP_MAC *type FFISAN_REF) FAILS_UNLESS_ONE;
EVP_MAC_CTX *EVP_MAC_CTX_new(EVP_MAC *type) FFISAN_OWNED(EVP_MAC_CTX_free) FAILS_NULL;
EVP_MAC_CTX *EVP_MAC_CTX_dup(const EVP_MAC_CTX *context) FFISAN_OWNED(EVP_MAC_CTX_free) FAILS_NULL;
void EVP_MAC_CTX_free(EVP_MAC_CTX *context GIVEN);
int EVP_MAC_init(EVP_MAC_CTX *context, const unsigned char *key FFISAN_NULLABLE FFISAN_IN(n), size_t n,
                 const OSSL_PARAM *parameters FFISAN_NULLABLE) FAILS_UNLESS_ONE;
int EVP_MAC_update(EVP_MAC_CTX *context, const unsigned char *data FFISAN_IN(n), size_t n) FAILS_UNLESS_ONE;
int EVP_MAC_final(EVP_MAC_CTX *context, unsigned char *out FFISAN_NULLABLE FFISAN_OUT(size),
                  size_t *written FFISAN_NULLABLE FFISAN_OUT_N(1), size_t size) FAILS_UNLESS_ONE;
EVP_KDF *EVP_KDF_fetch(OSSL_LIB_CTX *library FFISAN_NULLABLE, const char *name FFISAN_CSTRING,
                       const char *properties FFISAN_CSTRING FFISAN_NULLABLE) FFISAN_OWNED(EVP_KDF_free) FAILS_NULL;
void EVP_KDF_free(EVP_KDF *type DROPPED);
int EVP_KDF_up_ref(EVP_KDF *type FFISAN_REF) FAILS_UNLESS_ONE;
EVP_KDF_CTX *EVP_KDF_CTX_new(EVP_KDF *type) FFISAN_OWNED(EVP_KDF_CTX_free) FAILS_NULL;
EVP_KDF_CTX *EVP_KDF_CTX_dup(const EVP_KDF_CTX *context) FFISAN_OWNED(EVP_KDF_CTX_free) FAILS_NULL;
void EVP_KDF_CTX_free(EVP_KDF_CTX *context GIVEN);
EVP_PKEY *EVP_PKEY_dup(EVP_PKEY *key) FFISAN_OWNED(EVP_PKEY_free) FAILS_NULL;
int RAND_bytes_ex(OSSL_LIB_CTX *library FFISAN_NULLABLE, unsigned char *buffer FFISAN_OUT(n), size_t n,
                  unsigned int strength) FAILS_UNLESS_ONE;
int RAND_priv_bytes_ex(OSSL_LIB_CTX *library FFISAN_NULLABLE, unsigned char *buffer FFISAN_OUT(n), size_t n,
                       unsigned int strength) FAILS_UNLESS_ONE;

/* ==== libssl ==== */

FFISAN_LIBRARY("libssl.so.3", "libssl.so.1.1", "libssl-*.so.3*", "libssl-*.so.1.1*")

SSL_CTX *SSL_CTX_new(const SSL_METHOD *method) FFISAN_OWNED(SSL_CTX_free) FAILS_NULL;
void SSL_CTX_free(SSL_CTX *context DROPPED);
int SSL_CTX_up_ref(SSL_CTX *context FFISAN_REF) FAILS_UNLESS_ONE;
int SSL_CTX_use_certificate(SSL_CTX *context, X509 *certificate) FAILS_UNLESS_ONE;
int SSL_CTX_use_certificate_file(SSL_CTX *context, const char *name FFISAN_CSTRING, int type) FAILS_UNLESS_ONE;
int SSL_CTX_use_certificate_chain_file(SSL_CTX *context, const char *name FFISAN_CSTRING) FAILS_UNLESS_ONE;
int SSL_CTX_use_certificate_ASN1(SSL_CTX *context, int n,
                                 const unsigned char *der FFISAN_WHEN(n > 0, FFISAN_IN(n))) FAILS_UNLESS_ONE;
int SSL_CTX_use_PrivateKey(SSL_CTX *context, EVP_PKEY *key) FAILS_UNLESS_ONE;
int SSL_CTX_use_PrivateKey_file(SSL_CTX *context, const char *name FFISAN_CSTRING, int type) FAILS_UNLESS_ONE;
int SSL_CTX_check_private_key(const SSL_CTX *context);
int SSL_CTX_load_verify_locations(SSL_CTX *context, const char *file FFISAN_CSTRING FFISAN_NULLABLE,
                                  const char *folder FFISAN_CSTRING FFISAN_NULLABLE) FAILS_UNLESS_ONE;
int SSL_CTX_set_default_verify_paths(SSL_CTX *context) FAILS_UNLESS_ONE;
int SSL_CTX_set_cipher_list(SSL_CTX *context, const char *list FFISAN_CSTRING) FAILS_UNLESS_ONE;
int SSL_CTX_set_ciphersuites(SSL_CTX *context, const char *list FFISAN_CSTRING) FAILS_UNLESS_ONE;
/* Nought is success. */
int SSL_CTX_set_alpn_protos(SSL_CTX *context, const unsigned char *protocols FFISAN_NULLABLE FFISAN_IN(n), unsigned int n)
    FFISAN_FAILS(ret != 0, 1);
int SSL_CTX_set_session_id_context(SSL_CTX *context, const unsigned char *id FFISAN_IN(n), unsigned int n) FAILS_UNLESS_ONE;
void SSL_CTX_set_cert_store(SSL_CTX *context, X509_STORE *store GIVEN);
X509_STORE *SSL_CTX_get_cert_store(const SSL_CTX *context) FFISAN_BORROWED(context, SSL_CTX_set_cert_store);
void SSL_CTX_set_client_CA_list(SSL_CTX *context, struct stack_st_X509_NAME *list GIVEN);
X509 *SSL_CTX_get0_certificate(const SSL_CTX *context) FFISAN_BORROWED(context);
EVP_PKEY *SSL_CTX_get0_privatekey(const SSL_CTX *context) FFISAN_BORROWED(context);
#define SSL_CTRL_EXTRA_CHAIN_CERT 14
#define SSL_CTRL_CHAIN_CERT       89
/* SSL_CTX_add_extra_chain_cert, and SSL_CTX_add0_chain_cert (add1 has the number 1), take the certificate over. */
long SSL_CTX_ctrl(SSL_CTX *context, int command, long number,
                  void *pointer FFISAN_WHEN(ret == 1 && (command == SSL_CTRL_EXTRA_CHAIN_CERT ||
                                                         (command == SSL_CTRL_CHAIN_CERT && number == 0)),
                                            FFISAN_CONSUMED));

void SSL_CTX_set_verify(SSL_CTX *context, int mode,
                        int (*verify)(int, X509_STORE_CTX *) FFISAN_NULLABLE FFISAN_RETAINED(context, SSL_CTX_set_verify));
void SSL_CTX_set_default_passwd_cb(SSL_CTX *context,
                                   pem_password_cb *ask FFISAN_NULLABLE FFISAN_RETAINED(context, SSL_CTX_set_default_passwd_cb));
void SSL_CTX_set_info_callback(SSL_CTX *context, void (*told)(const SSL *, int, int)
                                                     FFISAN_NULLABLE FFISAN_RETAINED(context, SSL_CTX_set_info_callback));
void SSL_CTX_set_keylog_callback(SSL_CTX *context, void (*told)(const SSL *, const char *)
                                                       FFISAN_NULLABLE FFISAN_RETAINED(context, SSL_CTX_set_keylog_callback));
void SSL_CTX_set_cert_cb(SSL_CTX *context,
                         int (*ask)(SSL *, void *) FFISAN_NULLABLE FFISAN_RETAINED(context, SSL_CTX_set_cert_cb), void *data);
void SSL_CTX_set_alpn_select_cb(SSL_CTX *context,
                                int (*choose)(SSL *, const unsigned char **, unsigned char *, const unsigned char *, unsigned int,
                                              void *) FFISAN_NULLABLE FFISAN_RETAINED(context, SSL_CTX_set_alpn_select_cb),
                                void *data);
void SSL_CTX_set_cert_verify_callback(SSL_CTX *context,
                                      int (*verify)(X509_STORE_CTX *, void *)
                                          FFISAN_NULLABLE FFISAN_RETAINED(context, SSL_CTX_set_cert_verify_callback),
                                      void *data);

SSL *SSL_new(SSL_CTX *context) FFISAN_OWNED(SSL_free) FAILS_NULL;
SSL *SSL_dup(SSL *ssl) FFISAN_OWNED(SSL_free) FAILS_NULL;
void SSL_free(SSL *ssl DROPPED);
int SSL_up_ref(SSL *ssl FFISAN_REF) FAILS_UNLESS_ONE;
int SSL_clear(SSL *ssl) FAILS_UNLESS_ONE;
/* One count of each; of one for both, a single count. */
void SSL_set_bio(SSL *ssl, BIO *reads GIVEN, BIO *writes FFISAN_NULLABLE FFISAN_WHEN(writes != reads, FFISAN_CONSUMED));
void SSL_set0_rbio(SSL *ssl, BIO *reads GIVEN);
void SSL_set0_wbio(SSL *ssl, BIO *writes GIVEN);
BIO *SSL_get_rbio(const SSL *ssl) FFISAN_BORROWED(ssl, SSL_set_bio, SSL_set0_rbio);
BIO *SSL_get_wbio(const SSL *ssl) FFISAN_BORROWED(ssl, SSL_set_bio, SSL_set0_wbio);
int SSL_set_fd(SSL *ssl, int fd) FAILS_UNLESS_ONE;
int SSL_read(SSL *ssl, void *buffer FFISAN_WHEN(n > 0, FFISAN_OUT(n)), int n) FFISAN_FAILS(ret <= 0, -1);
int SSL_read_ex(SSL *ssl, void *buffer FFISAN_OUT(n), size_t n, size_t *read FFISAN_NONNULL FFISAN_OUT_N(1)) FAILS_UNLESS_ONE;
int SSL_peek(SSL *ssl, void *buffer FFISAN_WHEN(n > 0, FFISAN_OUT(n)), int n) FFISAN_FAILS(ret <= 0, -1);
int SSL_write(SSL *ssl, const void *buffer FFISAN_WHEN(n > 0, FFISAN_IN(n)), int n) FFISAN_FAILS(ret <= 0, -1);
int SSL_write_ex(SSL *ssl, const void *buffer FFISAN_IN(n), size_t n,
                 size_t *written FFISAN_NONNULL FFISAN_OUT_N(1)) FAILS_UNLESS_ONE;
int SSL_connect(SSL *ssl) FFISAN_FAILS(ret != 1, -1);
int SSL_accept(SSL *ssl) FFISAN_FAILS(ret != 1, -1);
int SSL_do_handshake(SSL *ssl) FFISAN_FAILS(ret != 1, -1);
int SSL_shutdown(SSL *ssl) FFISAN_FAILS(ret < 0, -1);
int SSL_pending(const SSL *ssl);
int SSL_get_error(const SSL *ssl, int result);
const char *SSL_get_version(const SSL *ssl) FFISAN_STATIC;
const SSL_CIPHER *SSL_get_current_cipher(const SSL *ssl);
const char *SSL_CIPHER_get_name(const SSL_CIPHER *cipher FFISAN_NULLABLE) FFISAN_STATIC;
int SSL_use_certificate(SSL *ssl, X509 *certificate) FAILS_UNLESS_ONE;
int SSL_use_PrivateKey(SSL *ssl, EVP_PKEY *key) FAILS_UNLESS_ONE;
int SSL_set_cipher_list(SSL *ssl, const char *list FFISAN_CSTRING) FAILS_UNLESS_ONE;
int SSL_set_alpn_protos(SSL *ssl, const unsigned char *protocols FFISAN_NULLABLE FFISAN_IN(n), unsigned int n)
    FFISAN_FAILS(ret != 0, 1);
int SSL_set_session_id_context(SSL *ssl, const unsigned char *id FFISAN_IN(n), unsigned int n) FAILS_UNLESS_ONE;
size_t SSL_get_finished(const SSL *ssl, void *buffer FFISAN_OUT(n), size_t n);
size_t SSL_get_peer_finished(const SSL *ssl, void *buffer FFISAN_OUT(n), size_t n);
int SSL_export_keying_material(SSL *ssl, unsigned char *out FFISAN_OUT(n), size_t n, const char *label FFISAN_IN(label_size),
                               size_t label_size, const unsigned char *context FFISAN_NULLABLE, size_t context_size,
                               int use_context) FAILS_UNLESS_ONE;
long SSL_get_verify_result(const SSL *ssl);
struct stack_st_X509 *SSL_get_peer_cert_chain(const SSL *ssl);
SSL_SESSION *SSL_get_session(const SSL *ssl) FFISAN_BORROWED(ssl, SSL_set_session, SSL_clear);
SSL_SESSION *SSL_get1_session(SSL *ssl) FFISAN_OWNED(SSL_SESSION_free);
int SSL_set_session(SSL *ssl, SSL_SESSION *session FFISAN_NULLABLE) FAILS_UNLESS_ONE;
SSL_SESSION *SSL_SESSION_new(void) FFISAN_OWNED(SSL_SESSION_free) FAILS_NULL;
SSL_SESSION *SSL_SESSION_dup(const SSL_SESSION *session) FFISAN_OWNED(SSL_SESSION_free) FAILS_NULL;
void SSL_SESSION_free(SSL_SESSION *session DROPPED);
int SSL_SESSION_up_ref(SSL_SESSION *session FFISAN_REF) FAILS_UNLESS_ONE;
SSL_SESSION *d2i_SSL_SESSION(SSL_SESSION **reuse FFISAN_NULLABLE, const unsigned char **in FFISAN_NONNULL, long n)
    FFISAN_OWNED(SSL_SESSION_free) FAILS_NULL;
int i2d_SSL_SESSION(const SSL_SESSION *session, unsigned char **out FFISAN_NULLABLE);

FFISAN_LIBRARY("libssl.so.3", "libssl-*.so.3*")

X509 *SSL_get0_peer_certificate(const SSL *ssl) FFISAN_BORROWED(ssl);
X509 *SSL_get1_peer_certificate(const SSL *ssl) FFISAN_OWNED(X509_free);

#endif
