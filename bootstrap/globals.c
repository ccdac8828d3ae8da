/* SPDX-License-Identifier: Apache-2.0 */
#include "bootstrap/globals.h"

#include <stdio.h>

#include "lib/base/path.h"
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

int fail(struct fault *f)
{
	_cleanup_fault_ struct fault *fault = f;
	const struct fault_row *row = fault_lookup(fault->id);

	(void)fprintf(stderr, "muster: %s [%s]\n", fault->message, fault->id);
	if (fault->evidence)
		(void)fprintf(stderr, "%s\n", fault->evidence);
	(void)fprintf(stderr, "What to do: %s\n", row->remedy);
	return fault_class_exit(row->class);
}
