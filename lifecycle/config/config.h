/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Documents in, one const configuration out.
 *
 * Layers, the later over the earlier, merged key by key:
 *	/opt/ml/config/resource_config.json	HyperPod's: the cluster's endpoint, CA, network
 *	/etc/muster/cluster-config.json		what create-cluster was given
 *	/etc/muster/muster.yaml			(or the file that --config names)
 *	/etc/muster/muster.d/ *.yaml, *.json	in name order
 *	user data				a muster document, or the MIME part
 *						application/vnd.muster.node of it
 *	the command line
 * Every one may be absent. muster's own documents are strict: an unknown key is refused, because
 * a misspelt one would be a setting that silently does not hold. The two foreign ones are read for
 * what is known of them, but what is known must be right in them, too.
 *
 * All of it together has at most 64 KiB as JSON, defaults included.
 *
 * A null takes away what lower layers said of a key. An array replaces, it does not add. */

#include "lifecycle/values/config.h"

struct config_sources {
	const char *root;	   /* NULL: "" */
	const char *file;	   /* --config; NULL: the usual place, which may be empty */
	const char *identity_file; /* --identity; NULL: as the documents say */
	/* as the result of identify has it: text, or base64 where it is none; NULL: neither */
	const char *user_data, *user_data_base64;
	bool strict;		   /* unknown keys of foreign documents are refused, too */
};

struct loaded_config {
	struct config config;
	struct doc *doc;     /* the same, encoded: every key, defaults included */
	struct doc *origins; /* object: JSON pointer -> source, for every key that a document set */
};

/* Faults: doc.*, schema.*, file.unreadable, path.untrusted (a file or folder that others can
 * write), config.group (the instance group is not named and there are several),
 * config.user_data. */
struct fault *config_load(const struct config_sources *s, struct loaded_config *ret) _must_check_;
void loaded_config_done(struct loaded_config *l);
#define _cleanup_loaded_config_ _cleanup_(loaded_config_done)

/* The muster document inside user data: *ret is NULL where there is none. text need not end in
 * NUL. */
struct fault *user_data_document(const char *text, size_t len, struct doc **ret) _must_check_;

/* What the foreign documents say, in muster's own keys; owned, never NULL on success. */
struct fault *cluster_config_map(const char *source, const struct doc *d, const char *group,
				 bool strict, struct doc **ret) _must_check_;
struct fault *resource_config_map(const char *source, const struct doc *d, struct doc **ret)
	_must_check_;
