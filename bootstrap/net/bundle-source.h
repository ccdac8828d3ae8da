/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the source of a bundle means. */

#include "lib/base/fault.h"

struct bundle_source { /* every string owned */
	char *bucket;
	char *key;    /* of the archive; of a prefix: "" or ends with '/' */
	char *region; /* what an https URL says, or NULL */
	bool archive; /* by its name; a folder that is called like one ends with '/' */
};

/* s3://BUCKET/KEY, https://BUCKET.s3.REGION.amazonaws.com/KEY (also s3-REGION, and without region),
 * https://s3.REGION.amazonaws.com/BUCKET/KEY. In https the key is percent-encoded. Fault
 * bundle.source. */
struct fault *bundle_source_parse(const char *source, struct bundle_source *ret) _must_check_;
void bundle_source_done(struct bundle_source *s);
#define _cleanup_bundle_source_ _cleanup_(bundle_source_done)
