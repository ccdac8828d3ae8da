/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/strv.h"
#include "lib/sys/spawn.h"
#include "lifecycle/lastwords/words.h"

#define OUTPUT_MAX (512 * 1024)

struct fault *words_journal(const char *root, uint64_t deadline_ms, char ***ret)
{
	_cleanup_strv_ char **argv = NULL;
	_cleanup_free_ char *output = NULL;
	char *env[] = { (char *)"LANG=C.UTF-8", NULL };

	strv_add(&argv, "journalctl");
	if (root && *root)
		strv_addf(&argv, "--root=%s", root);
	strv_add(&argv, "--no-pager");
	strv_add(&argv, "--quiet");
	strv_add(&argv, "--boot");
	strv_addf(&argv, "--lines=%d", WORDS_LINES);
	strv_add(&argv, "--output=short-iso");
	strv_add(&argv, "_SYSTEMD_UNIT=muster.service");
	strv_add(&argv, "+");
	strv_add(&argv, "UNIT=muster.service");
	strv_add(&argv, "+");
	strv_add(&argv, "SYSLOG_IDENTIFIER=muster");
	TRY(run_capture(argv, env, false, OUTPUT_MAX, deadline_ms, &output));
	*ret = strv_split(output, "\n");
	return NULL;
}
