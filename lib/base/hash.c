/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <limits.h>
#include <string.h>

#include "lib/base/buf.h"

/* libcrypto, without the openssl.cnf that another package may have left on the machine: digests
 * that the history and the bundles rest on do not depend on it. */
static const EVP_MD *md(void)
{
	static EVP_MD *fetched;

	if (!fetched) {
		(void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
		fetched = EVP_MD_fetch(NULL, "SHA256", NULL);
		if (!fetched)
			die("libcrypto has no SHA-256");
	}
	return fetched;
}

uint64_t fnv1a_64(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * UINT64_C(0x100000001b3);
	return h;
}

struct sha256 {
	EVP_MD_CTX *ctx;
};

static void check(int ok)
{
	if (ok != 1)
		die("libcrypto failed at SHA-256");
}

struct sha256 *sha256_new(void)
{
	struct sha256 *h = NEW(struct sha256, 1);

	h->ctx = EVP_MD_CTX_new();
	if (!h->ctx)
		die("out of memory");
	check(EVP_DigestInit_ex2(h->ctx, md(), NULL));
	return h;
}

void sha256_add(struct sha256 *h, const void *data, size_t len)
{
	check(EVP_DigestUpdate(h->ctx, data, len));
}

void sha256_end(struct sha256 *h, uint8_t out[SHA256_SIZE])
{
	check(EVP_DigestFinal_ex(h->ctx, out, NULL));
	sha256_free(h);
}

void sha256_free(struct sha256 *h)
{
	if (!h)
		return;
	EVP_MD_CTX_free(h->ctx);
	free(h);
}

void sha256_of(const void *data, size_t len, uint8_t out[SHA256_SIZE])
{
	check(EVP_Digest(data, len, out, NULL, md(), NULL));
}

void sha256_hex_of(const void *data, size_t len, char out[SHA256_HEX])
{
	uint8_t digest[SHA256_SIZE];

	sha256_of(data, len, digest);
	hex_encode(digest, sizeof(digest), out);
}

void hmac_sha256(const void *key, size_t key_len, const void *data, size_t len,
		 uint8_t out[SHA256_SIZE])
{
	if (key_len > INT_MAX || !HMAC(md(), key_len ? key : "", (int)key_len,
				       len ? data : (const void *)"", len, out, NULL))
		die("libcrypto failed at HMAC");
}

void hex_encode(const uint8_t *data, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		*out++ = digits[data[i] >> 4];
		*out++ = digits[data[i] & 15];
	}
	*out = '\0';
}
