/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/config/config.h"

#include <dirent.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/base/hash.h"
#include "lib/base/path.h"
#include "lib/base/strv.h"

#define MAIN_FILE	"/etc/muster/muster.yaml"
#define DROP_IN_DIR	"/etc/muster/muster.d"
#define CLUSTER_FILE	"/etc/muster/cluster-config.json"
#define RESOURCE_FILE	"/opt/ml/config/resource_config.json"
#define CONFIG_SIZE_MAX (1024 * 1024)

struct layers {
	const struct config_sources *sources;
	struct doc *merged, *origins;
};

void loaded_config_done(struct loaded_config *l)
{
	config_done(&l->config);
	doc_free(l->doc);
	doc_free(l->origins);
	*l = (struct loaded_config){ .doc = NULL };
}

static void note_origins(struct layers *l, const char *source, const struct doc *root,
			 const struct doc *d)
{
	_cleanup_free_ char *pointer = NULL;

	for (size_t i = 0; d->type == DOC_OBJECT && i < d->n_items; i++)
		note_origins(l, source, root, d->items[i]);
	if (d->type == DOC_OBJECT)
		return;
	pointer = doc_pointer(root, d);
	if (d->line)
		doc_set(l->origins, pointer, ({
			_cleanup_free_ char *at = xasprintf("%s:%u", source, d->line);

			doc_string(at);
		}));
	else
		doc_set_string(l->origins, pointer, source);
}

static void add_layer(struct layers *l, const char *source, const struct doc *d)
{
	note_origins(l, source, d, d);
	doc_merge(l->merged, d);
}

/* A document of muster's own is checked by itself, so that a fault names its file and line. */
static struct fault *add_own(struct layers *l, const char *source, const struct doc *d)
{
	TRY(schema_check(config_fields, source, d, SCHEMA_STRICT));
	add_layer(l, source, d);
	return NULL;
}

/* *ret is NULL when there is no such file. What root obeys, nobody else may write. */
static struct fault *read_document(const struct layers *l, const char *path, struct doc **ret)
{
	_cleanup_free_ char *rooted = path_rooted(l->sources->root, path);
	_cleanup_buf_ struct buf text = BUF_INIT;
	int r = file_read_raw(rooted, CONFIG_SIZE_MAX, &text);

	*ret = NULL;
	if (r == -ENOENT)
		return NULL;
	if (r < 0)
		return fault_errno(r == -EFBIG ? "doc.too_large" : "file.unreadable", r,
				   "cannot read %s", rooted);
	if (!l->sources->root || !*l->sources->root)
		TRY(path_check_trusted(rooted));
	return doc_parse(rooted, buf_str(&text), text.len, CONFIG_SIZE_MAX, ret);
}

static struct fault *add_resource_config(struct layers *l)
{
	_cleanup_doc_ struct doc *d = NULL, *mapped = NULL;

	TRY(read_document(l, RESOURCE_FILE, &d));
	if (!d)
		return NULL;
	TRY(resource_config_map(RESOURCE_FILE, d, &mapped));
	add_layer(l, RESOURCE_FILE, mapped);
	return NULL;
}

static struct fault *add_cluster_config(struct layers *l, const struct doc *own)
{
	_cleanup_doc_ struct doc *d = NULL, *mapped = NULL;
	const struct doc *group = doc_at(own, "/group/name");

	TRY(read_document(l, CLUSTER_FILE, &d));
	if (!d)
		return NULL;
	TRY(cluster_config_map(CLUSTER_FILE, d,
			       group && group->type == DOC_STRING ? group->string : NULL,
			       l->sources->strict, &mapped));
	add_layer(l, CLUSTER_FILE, mapped);
	return NULL;
}

static struct fault *add_main(struct layers *l)
{
	const char *path = l->sources->file ? l->sources->file : MAIN_FILE;
	_cleanup_doc_ struct doc *d = NULL;

	TRY(read_document(l, path, &d));
	if (!d && l->sources->file)
		return fault_errno("file.unreadable", ENOENT, "cannot read %s", path);
	return d ? add_own(l, path, d) : NULL;
}

static char **drop_in_names(const char *dir)
{
	DIR *d = opendir(dir);
	char **names = NULL;
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.' &&
		    (str_endswith(e->d_name, ".yaml") || str_endswith(e->d_name, ".json")))
			strv_add(&names, e->d_name);
	if (d)
		closedir(d);
	if (names)
		strv_sort(names);
	return names;
}

static struct fault *add_drop_ins(struct layers *l)
{
	_cleanup_free_ char *dir = path_rooted(l->sources->root, DROP_IN_DIR);
	_cleanup_strv_ char **names = drop_in_names(dir);

	for (size_t i = 0; names && names[i]; i++) {
		_cleanup_free_ char *path = path_join(DROP_IN_DIR, names[i]);
		_cleanup_doc_ struct doc *d = NULL;

		TRY(read_document(l, path, &d));
		if (d)
			TRY(add_own(l, path, d));
	}
	return NULL;
}

static struct fault *read_user_data(const struct config_sources *s, struct doc **ret)
{
	_cleanup_free_ uint8_t *raw = NULL;
	size_t len;

	if (s->user_data)
		return user_data_document(s->user_data, strlen(s->user_data), ret);
	raw = base64_decode(s->user_data_base64, strlen(s->user_data_base64), &len);
	if (!raw)
		return fault_new("config.user_data", "the user data is not base64");
	return user_data_document((const char *)raw, len, ret);
}

static struct fault *add_user_data(struct layers *l)
{
	_cleanup_doc_ struct doc *d = NULL;

	if (!l->sources->user_data && !l->sources->user_data_base64)
		return NULL;
	TRY(read_user_data(l->sources, &d));
	return d ? add_own(l, "user data", d) : NULL;
}

static void add_command_line(struct layers *l)
{
	_cleanup_doc_ struct doc *d = doc_object();

	if (!l->sources->identity_file)
		return;
	doc_set_string(doc_set(d, "identity", doc_object()), "file", l->sources->identity_file);
	add_layer(l, "--identity", d);
}

/* name and region out of the ARN, where nothing says otherwise:
 * arn:PARTITION:eks:REGION:ACCOUNT:cluster/NAME */
static struct fault *complete_cluster(struct layers *l)
{
	const struct doc *arn = doc_at(l->merged, "/cluster/arn");
	_cleanup_strv_ char **part = NULL;
	struct doc *cluster = doc_get_mut(l->merged, "cluster");
	const char *name;

	if (!arn || arn->type != DOC_STRING)
		return NULL;
	part = strv_split(arn->string, ":");
	name = strrchr(arn->string, '/');
	if (strv_len(part) < 5 || !streq(part[2], "eks") || !name)
		return fault_new("config.cluster_arn", "%s is not the ARN of an EKS cluster",
				 arn->string);
	if (!doc_str(cluster, "name")) {
		doc_set_string(cluster, "name", name + 1);
		doc_set_string(l->origins, "/cluster/name", "/cluster/arn");
	}
	if (!doc_str(cluster, "region")) {
		doc_set_string(cluster, "region", part[3]);
		doc_set_string(l->origins, "/cluster/region", "/cluster/arn");
	}
	return NULL;
}

/* muster's own layers decide which group of the cluster configuration this is, and lie over it. */
static struct fault *add_layers(struct layers *l)
{
	struct layers own = { l->sources, doc_object(), doc_object() };
	_cleanup_doc_ struct doc *merged = own.merged, *origins = own.origins;

	TRY(add_main(&own));
	TRY(add_drop_ins(&own));
	TRY(add_user_data(&own));
	add_command_line(&own);
	TRY(add_resource_config(l));
	TRY(add_cluster_config(l, merged));
	doc_merge(l->merged, merged);
	doc_merge(l->origins, origins);
	return complete_cluster(l);
}

struct fault *config_load(const struct config_sources *s, struct loaded_config *ret)
{
	_cleanup_doc_ struct doc *merged = doc_object(), *origins = doc_object();
	_cleanup_loaded_config_ struct loaded_config loaded = { .doc = NULL };
	struct layers l = { s, merged, origins };

	TRY(add_layers(&l));
	TRY(schema_decode(config_fields, "configuration", merged, 0, &loaded.config));
	loaded.doc = schema_encode(config_fields, &loaded.config);
	loaded.origins = TAKE_PTR(origins);
	*ret = loaded;
	loaded = (struct loaded_config){ .doc = NULL };
	return NULL;
}
