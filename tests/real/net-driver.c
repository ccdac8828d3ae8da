/* SPDX-License-Identifier: Apache-2.0 */
/* net-driver OPERATION REQUEST [DEADLINE_MS [FILE]]: one net_call, as a step makes it; FILE becomes
 * descriptor 4. Prints "E <entry> <sha256 of its bytes>" per entry, then "R <result>" (exit 0) or
 * "F <id> <message>" (exit 1). */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/hash.h"
#include "lib/base/parse.h"
#include "lib/net/call.h"

struct print {
	char *entry; /* the one that is open */
	struct sha256 *hash;
};

static void flush_entry(struct print *p)
{
	uint8_t sum[SHA256_SIZE];
	char hex[SHA256_HEX];

	if (!p->entry)
		return;
	sha256_end(TAKE_PTR(p->hash), sum);
	hex_encode(sum, sizeof(sum), hex);
	printf("E %s %s\n", p->entry, hex);
	free(p->entry);
	p->entry = NULL;
}

static struct fault *on_entry(void *arg, const struct doc *entry)
{
	struct print *p = arg;

	flush_entry(p);
	p->entry = doc_to_string(entry, DOC_COMPACT);
	p->hash = sha256_new();
	return NULL;
}

static struct fault *on_bytes(void *arg, const void *data, size_t len)
{
	sha256_add(((struct print *)arg)->hash, data, len);
	return NULL;
}

static int run(const char *operation, const char *text, uint64_t limit, const char *file)
{
	_cleanup_doc_ struct doc *request = NULL, *result = NULL;
	_cleanup_free_ char *out = NULL;
	_cleanup_fd_ int fd = file ? open(file, O_RDONLY | O_CLOEXEC) : -1;
	struct print p = { 0 };
	const struct net_sink sink = { on_entry, on_bytes, &p };
	_cleanup_fault_ struct fault *f = NULL;

	f = json_parse("request", text, strlen(text), 0, &request);
	if (!f)
		f = net_call_with_fd(operation, request, clock_boottime_ms() + limit, &sink, fd,
				     &result);
	if (f) {
		sha256_free(p.hash);
		free(p.entry);
		printf("F %s %s\n", f->id, f->message);
		return 1;
	}
	flush_entry(&p);
	out = doc_to_string(result, DOC_COMPACT);
	printf("R %s\n", out);
	return 0;
}

int main(int argc, char **argv)
{
	uint64_t limit = 60000;

	if (argc < 3 || (argc > 3 && parse_u64(argv[3], &limit) < 0)) {
		fputs("usage: net-driver OPERATION REQUEST [DEADLINE_MS [FILE]]\n", stderr);
		return 2;
	}
	return run(argv[1], argv[2], limit, argc > 4 ? argv[4] : NULL);
}
