/* SPDX-License-Identifier: Apache-2.0 */
#include "bootstrap/globals.h"

#include <stdio.h>
#include <string.h>

#include "bootstrap/screen.h"
#include "lib/base/path.h"
#include "lib/base/strv.h"
#include "lifecycle/engine/faults.h"

const struct option_row global_options[] = {
	O_STRING("root", 0, struct globals, root, "DIR",
		 "prefix every path that is read or written", .path = true),
	O_STRING("config", 'c', struct globals, config, "FILE",
		 "read FILE instead of /etc/muster/muster.yaml", .path = true),
	O_STRING("identity", 0, struct globals, identity, "FILE",
		 "who this machine is, instead of the metadata service", .path = true),
	O_FLAG("help", 'h', struct globals, help, "show help and exit"),
	O_FLAG("version", 'V', struct globals, version, "show the version and exit"),
	O_END
};

struct config_sources globals_sources(const struct globals *g)
{
	return (struct config_sources){ .root = g->root,
					.file = g->config,
					.identity_file = g->identity };
}

char *globals_state_dir(const struct globals *g)
{
	return path_rooted(g->root, "/var/lib/muster");
}

char *globals_run_dir(const struct globals *g)
{
	return path_rooted(g->root, "/run/muster");
}

/* What another program said may hold anything; a terminal gets words. */
static void add_clean(struct buf *b, const char *text)
{
	_cleanup_strv_ char **line = strv_split(text, "\n");

	for (size_t i = 0; line[i]; i++) {
		screen_clip(b, line[i], strlen(line[i]));
		buf_addc(b, '\n');
	}
}

int fail(struct fault *f)
{
	_cleanup_fault_ struct fault *fault = f;
	const struct fault_row *row = fault_lookup(fault->id);
	_cleanup_free_ char *head = xasprintf("muster: %s [%s]", fault->message, fault->id);
	_cleanup_buf_ struct buf b = BUF_INIT;

	add_clean(&b, head);
	if (fault->evidence)
		add_clean(&b, fault->evidence);
	buf_addf(&b, "What to do: %s\n", row->remedy);
	(void)fputs(buf_str(&b), stderr);
	return fault_class_exit(row->class);
}
