// OpenSSL's interface, with functions in place of the macros that Swift does not import.
#ifndef COPENSSL_SHIM_H
#define COPENSSL_SHIM_H

#include <stdint.h>
#include <sys/time.h>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

static const int COpenSSL_MBSTRING_UTF8 = MBSTRING_UTF8;
static const int COpenSSL_BIO_TYPE_DGRAM = BIO_TYPE_DGRAM;
static const int COpenSSL_BIO_RETRY_FLAGS = BIO_FLAGS_RWS | BIO_FLAGS_SHOULD_RETRY;

/// What Glyphone sets on every DTLS context.
static const uint64_t COpenSSL_DTLS_OPTIONS =
    SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_COMPRESSION;

static inline EVP_PKEY *COpenSSL_generate_p256(void) { return EVP_EC_gen("P-256"); }
static inline EVP_PKEY *COpenSSL_generate_rsa(size_t bits) { return EVP_RSA_gen(bits); }

static inline int COpenSSL_set_groups(SSL_CTX *context, const char *list) { return (int)SSL_CTX_set1_groups_list(context, list); }

/// Microseconds until the handshake's timer expires; negative if none runs.
static inline int64_t COpenSSL_dtls_timeout(SSL *ssl) {
    struct timeval left;
    if (DTLSv1_get_timeout(ssl, &left) != 1) return -1;
    return (int64_t)left.tv_sec * 1000000 + left.tv_usec;
}

#endif
