/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>

static X509 *certificate(void) {
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    X509 *made = X509_new();
    X509_set_pubkey(made, key);
    EVP_PKEY_free(key);
    return made;
}

static int bits_of(X509 *certificate) {
    EVP_PKEY *key = X509_get_pubkey(certificate);
    return EVP_PKEY_get_bits(key);
}

/* Overwrites what earlier calls left on the stack: a stale copy of a pointer still counts as a way to the block. */
static void sweep_stack(void) {
    volatile char rubbish[16384];
    for (size_t i = 0; i < sizeof(rubbish); i++)
        rubbish[i] = 1;
}

int main(void) {
    for (int i = 0; i < 8; i++) {
        X509 *peer = certificate();
        printf("%d\n", bits_of(peer));
        X509_free(peer);
    }
    sweep_stack();
    return 0;
}
