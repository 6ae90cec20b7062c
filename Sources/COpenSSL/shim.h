// What Transport needs of libssl and libcrypto: the headers, and function-like macros as functions that Swift can call.
#ifndef COPENSSL_SHIM_H
#define COPENSSL_SHIM_H

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

static inline int quorate_ssl_set_versions(SSL_CTX *context, int minimum, int maximum) {
    return SSL_CTX_set_min_proto_version(context, minimum) && SSL_CTX_set_max_proto_version(context, maximum);
}
/* Partial writes from buffers that may move, and reads that take in as much as there is. */
static inline void quorate_ssl_set_stream_modes(SSL_CTX *context) {
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(context, 1);
}
/* A connection with nothing on its way gives its two record buffers back: 34 KB of each idle client. */
static inline void quorate_ssl_release_idle_buffers(SSL_CTX *context) { SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS); }
/* No resumption: a ticket would outlive the certificate check that earned it. */
static inline void quorate_ssl_forbid_resumption(SSL_CTX *context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_num_tickets(context, 0);
}
static inline void quorate_ssl_prefer_own_ciphers(SSL_CTX *context) {
    SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
}
static inline int quorate_ssl_set_server_name(SSL *ssl, const char *name) {
    return (int)SSL_set_tlsext_host_name(ssl, name);
}
static inline void quorate_bio_ask_again(BIO *bio) { BIO_set_retry_read(bio); }
static inline void quorate_bio_clear_retry(BIO *bio) { BIO_clear_retry_flags(bio); }
static inline int quorate_err_reason(unsigned long code) { return ERR_GET_REASON(code); }
static inline int quorate_err_library(unsigned long code) { return ERR_GET_LIB(code); }
static inline EVP_PKEY *quorate_make_p256_key(void) { return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"); }
static inline long quorate_bio_memory(BIO *bio, char **bytes) { return BIO_get_mem_data(bio, bytes); }
static inline unsigned long quorate_name_one_line(void) { return XN_FLAG_ONELINE; }
static inline int quorate_general_name_count(const GENERAL_NAMES *names) { return sk_GENERAL_NAME_num(names); }
static inline const GENERAL_NAME *quorate_general_name(const GENERAL_NAMES *names, int index) {
    return sk_GENERAL_NAME_value(names, index);
}
static inline void quorate_free_general_names(GENERAL_NAMES *names) { GENERAL_NAMES_free(names); }

#endif
