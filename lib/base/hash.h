/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Digests. SHA-256 and HMAC by libcrypto (FIPS 180-4, RFC 2104); CRC-32C (Castagnoli, RFC 3720
 * appendix B.4) for records; 64 bits of FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/) to
 * tell one text from another where nobody has an interest in a collision. The last two spare the
 * supervisor 1.9 MiB that libcrypto takes at its first digest. */

#include "lib/base/macro.h"

#define SHA256_SIZE 32
#define SHA256_HEX 65 /* with the NUL */

struct sha256; /* a running digest */
struct sha256 *sha256_new(void);
void sha256_add(struct sha256 *h, const void *data, size_t len);
void sha256_end(struct sha256 *h, uint8_t out[SHA256_SIZE]); /* frees h */
void sha256_free(struct sha256 *h);
DEFINE_CLEANUP(struct sha256 *, sha256_free)

void sha256_of(const void *data, size_t len, uint8_t out[SHA256_SIZE]);
void sha256_hex_of(const void *data, size_t len, char out[SHA256_HEX]);
void hmac_sha256(const void *key, size_t key_len, const void *data, size_t len,
		 uint8_t out[SHA256_SIZE]);
void hex_encode(const uint8_t *data, size_t len, char *out); /* out holds 2 * len + 1 */
uint64_t fnv1a_64(const void *data, size_t len);
uint32_t crc32c(uint32_t crc, const void *data, size_t len); /* start with 0 */
/* What crc32c does where the processor has no instruction for it; here for the tests. */
uint32_t crc32c_portable(uint32_t crc, const void *data, size_t len);
char *base64_encode(const void *data, size_t len);	     /* padded, standard alphabet */
char *base64url_encode(const void *data, size_t len);	     /* unpadded, URL alphabet */
/* Strict standard base64 (padding required, white space ignored): owned bytes, length in *ret_len;
 * NULL when it is not base64. A NUL follows the bytes. */
uint8_t *base64_decode(const char *s, size_t len, size_t *ret_len);
