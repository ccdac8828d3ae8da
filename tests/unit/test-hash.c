/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/hash.h"

#include "lib/base/clock.h"
#include "tests/unit/test.h"

static const char *hex(const uint8_t *digest)
{
	static char text[SHA256_HEX];

	hex_encode(digest, SHA256_SIZE, text);
	return text;
}

/* FIPS 180-4 examples */
TEST(sha256_of_known_messages)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[SHA256_HEX];
		sha256_hex_of(rows[i].text, strlen(rows[i].text), text);
		CHECK_STR(text, rows[i].want);
	}
}

/* http://www.isthe.com/chongo/src/fnv/test_fnv.c */
TEST(fnv_of_known_texts)
{
	CHECK(fnv1a_64("", 0) == UINT64_C(0xcbf29ce484222325));
	CHECK(fnv1a_64("a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
	CHECK(fnv1a_64("foobar", 6) == UINT64_C(0x85944171f73967e8));
}

TEST(sha256_running)
{
	_cleanup_(sha256_freep) struct sha256 *dropped = sha256_new();
	struct sha256 *h = sha256_new();
	uint8_t out[SHA256_SIZE];
	char thousand[1000];

	memset(thousand, 'a', sizeof(thousand));
	for (int i = 0; i < 1000; i++)
		sha256_add(h, thousand, sizeof(thousand));
	sha256_add(h, "", 0);
	sha256_end(h, out);
	CHECK_STR(hex(out), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	sha256_add(dropped, "x", 1);
	sha256_free(NULL);
}

/* RFC 4231, cases 1, 2, 6 and 7 */
TEST(hmac)
{
	static const char big[] = "This is a test using a larger than block-size key and a larger t"
				  "han block-size data. The key needs to be hashed before being use"
				  "d by the HMAC algorithm.";
	uint8_t key[131], out[SHA256_SIZE];

	memset(key, 0x0b, 20);
	hmac_sha256(key, 20, "Hi There", 8, out);
	CHECK_STR(hex(out), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, out);
	CHECK_STR(hex(out), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, 131);
	hmac_sha256(key, 131, "Test Using Larger Than Block-Size Key - Hash Key First", 54, out);
	CHECK_STR(hex(out), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	hmac_sha256(key, 131, big, sizeof(big) - 1, out);
	CHECK_STR(hex(out), "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
	hmac_sha256(NULL, 0, NULL, 0, out);
	CHECK_STR(hex(out), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

/* RFC 3720, B.4 */
TEST(crc32c_of_known_messages)
{
	uint8_t zeros[32] = { 0 }, ones[32], up[32], down[32];

	for (size_t i = 0; i < 32; i++) {
		ones[i] = 0xff;
		up[i] = (uint8_t)i;
		down[i] = (uint8_t)(31 - i);
	}
	CHECK_INT(crc32c(0, zeros, 32), 0x8a9136aa);
	CHECK_INT(crc32c(0, ones, 32), 0x62a8ab43);
	CHECK_INT(crc32c(0, up, 32), 0x46dd794e);
	CHECK_INT(crc32c(0, down, 32), 0x113fdb5c);
	CHECK_INT(crc32c(0, "123456789", 9), 0xe3069283);
	CHECK_INT(crc32c_portable(0, "123456789", 9), 0xe3069283);
	CHECK_INT(crc32c(0, "", 0), 0);
}

TEST(crc32c_by_table_and_by_instruction_agree)
{
	uint8_t data[600];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)random_u64();
	for (size_t from = 0; from < 9; from++)
		for (size_t len = 0; len < sizeof(data) - from; len += 1 + len / 7) {
			uint32_t whole = crc32c(0, data + from, len);
			CHECK_INT(crc32c_portable(0, data + from, len), whole);
			size_t cut = len / 3;
			uint32_t part = crc32c(0, data + from, cut);
			CHECK_INT(crc32c(part, data + from + cut, len - cut), whole);
		}
}

/* RFC 4648, section 10 */
TEST(base64_known)
{
	static const char *const rows[][2] = {
		{ "", "" },	       { "f", "Zg==" },		 { "fo", "Zm8=" },
		{ "foo", "Zm9v" },     { "foob", "Zm9vYg==" },	 { "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t n = strlen(rows[i][0]), got = 99;
		_cleanup_free_ char *e = base64_encode(rows[i][0], n);
		CHECK_STR(e, rows[i][1]);
		_cleanup_free_ uint8_t *d = base64_decode(e, strlen(e), &got);
		CHECK(d);
		CHECK_INT(got, n);
		CHECK_STR((char *)d, rows[i][0]);
	}
}

TEST(base64_alphabets)
{
	static const uint8_t bytes[] = { 0xfb, 0xff, 0xfe, 0xff };
	_cleanup_free_ char *s = base64_encode(bytes, 4), *u = base64url_encode(bytes, 4);

	CHECK_STR(s, "+//+/w==");
	CHECK_STR(u, "-__-_w");
}

TEST(base64_round_trips)
{
	uint8_t data[300];

	for (size_t n = 0; n < sizeof(data); n++) {
		size_t got = 0;
		for (size_t i = 0; i < n; i++)
			data[i] = (uint8_t)random_u64();
		_cleanup_free_ char *e = base64_encode(data, n);
		_cleanup_free_ uint8_t *d = base64_decode(e, strlen(e), &got);
		CHECK(d && got == n && memcmp(d, data, n) == 0 && d[n] == 0);
	}
}

TEST(base64_is_strict)
{
	static const char *const bad[] = {
		"Z",	 "Zg",	   "Zg=",    "Zg===",	 "=",	  "==",	    "====",   "Z===",
		"Zg==Zg==", "Zm9v=", "Zm8=Zm9v", "Zm9v*mFy", "Zm9_", "Zm9-", "Zh==",   "Zm9=",
		"Zg=g",
	};
	size_t n = 42;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_MSG(!base64_decode(bad[i], strlen(bad[i]), &n), "\"%s\" is taken", bad[i]);
	CHECK_INT(n, 42);
	CHECK(!base64_decode("Zg==\0", 5, &n)); /* a NUL is no white space */
	_cleanup_free_ uint8_t *d = base64_decode(" Zm9v\r\nYm\tFy\n", 13, &n);
	CHECK_STR((char *)d, "foobar");
}

TEST_MAIN
