/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/hash.h"

#include <string.h>

#define CASTAGNOLI 0x82f63b78 /* RFC 3720, bit-reversed */

static const uint32_t *table(void)
{
	static uint32_t t[256];

	if (t[1])
		return t;
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;
		for (int bit = 0; bit < 8; bit++)
			c = c >> 1 ^ (c & 1 ? CASTAGNOLI : 0);
		t[i] = c;
	}
	return t;
}

uint32_t crc32c_portable(uint32_t crc, const void *data, size_t len)
{
	const uint32_t *t = table();
	const uint8_t *p = data;

	for (crc = ~crc; len; len--)
		crc = crc >> 8 ^ t[(crc ^ *p++) & 255];
	return ~crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t crc32c_sse42(uint32_t crc, const uint8_t *p,
								size_t len)
{
	uint64_t c = ~crc;

	for (; len >= 8; len -= 8, p += 8) {
		uint64_t word;
		memcpy(&word, p, sizeof(word));
		c = __builtin_ia32_crc32di(c, word);
	}
	for (; len; len--)
		c = __builtin_ia32_crc32qi((uint32_t)c, *p++);
	return ~(uint32_t)c;
}
#endif

uint32_t crc32c(uint32_t crc, const void *data, size_t len)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("sse4.2"))
		return crc32c_sse42(crc, data, len);
#endif
	return crc32c_portable(crc, data, len);
}
