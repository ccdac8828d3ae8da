/* SPDX-License-Identifier: Apache-2.0 */
#include "bootstrap/netbox.h"

#include "lib/box/box.h"
#include "lib/net/call.h"

/* What muster-net is: a user of its own without any right. One address space of 1 GiB is far above
 * what it takes (threads of the resolver included) and bounds what a decompressor can grow to. */
static struct box net_box = { .user = "muster-net",
			      .no_capabilities = true,
			      .no_new_privs = true,
			      .not_dumpable = true,
			      .max_files = 64,
			      .max_memory = UINT64_C(1) << 30 };

struct fault *netbox_use(void)
{
	TRY(box_resolve(&net_box));
	net_set_prepare(box_enter, &net_box);
	return NULL;
}
