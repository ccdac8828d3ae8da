/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A folder in memory for programs whose parsers read or write files; gone at the end. */

#include <fcntl.h>
#include <unistd.h>

#include "lib/base/path.h"
#include "tests/fuzz/fuzz.h"

static char folder[128];

static inline void folder_remove(void)
{
	(void)path_remove_tree(AT_FDCWD, folder);
}

/* Its path, made by the first call. */
static inline const char *folder_path(void)
{
	const char *tmp = getenv("TMPDIR");

	if (folder[0])
		return folder;
	if (!tmp)
		tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	MUST(snprintf(folder, sizeof(folder), "%s/muster-fuzz-XXXXXX", tmp) < (int)sizeof(folder));
	MUST(mkdtemp(folder));
	MUST(atexit(folder_remove) == 0);
	return folder;
}
