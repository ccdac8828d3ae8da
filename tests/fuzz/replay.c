/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <sys/stat.h>

#include "lib/base/file.h"
#include "lib/base/path.h"
#include "tests/fuzz/fuzz.h"

#ifndef FUZZ_ENGINE
static void replay(const char *path)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	_cleanup_free_ uint8_t *exact = NULL;

	MUST(file_read_raw(path, 1 << 20, &text) == 0);
	exact = xmalloc(text.len + 1); /* no NUL behind it that could hide an over-read */
	for (size_t i = 0; i < text.len; i++)
		exact[i] = (uint8_t)text.data[i];
	(void)LLVMFuzzerTestOneInput(exact, text.len);
}

int main(void)
{
	const char *srcdir = getenv("srcdir");
	_cleanup_free_ char *folder =
		xasprintf("%s/tests/fuzz/corpus/%s", srcdir ? srcdir : ".",
			  program_invocation_short_name + strlen("fuzz-"));
	struct dirent **names;
	int n = scandir(folder, &names, NULL, alphasort), seen = 0;

	MUST(n >= 0);
	for (int i = 0; i < n; i++) {
		_cleanup_free_ char *path = path_join(folder, names[i]->d_name);

		if (names[i]->d_name[0] != '.') {
			replay(path);
			printf("ok %d - %s\n", ++seen, names[i]->d_name);
		}
		free(names[i]);
	}
	free(names);
	printf("1..%d\n", seen);
	return seen == 0;
}
#endif
