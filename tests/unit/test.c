/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include <fcntl.h>
#include <unistd.h>

#include "lib/base/path.h"

struct test_case *test_first, **test_last = &test_first;
jmp_buf test_jump;
static char dir[64];

const char *test_dir(void)
{
	if (!dir[0]) {
		(void)snprintf(dir, sizeof(dir), "/tmp/muster-test-XXXXXX");
		if (!mkdtemp(dir))
			abort();
	}
	return dir;
}

static bool run_case(const struct test_case *c)
{
	if (setjmp(test_jump))
		return false;
	c->run();
	return true;
}

int test_main(int argc, char **argv)
{
	const char *only = argc > 1 ? argv[1] : NULL;
	int n = 0, failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (const struct test_case *c = test_first; c; c = c->next) {
		if (only && !streq(only, c->name))
			continue;
		bool ok = run_case(c);
		failed += !ok;
		printf("%sok %d - %s\n", ok ? "" : "not ", ++n, c->name);
	}
	printf("1..%d\n", n);
	if (dir[0])
		(void)path_remove_tree(AT_FDCWD, dir);
	return failed || n == 0;
}
