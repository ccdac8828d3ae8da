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
#define TOTAL_MAX	(64 * 1024) /* encoded: identify's result holds it, beside tags */

struct layers {
	const struct config_sources *sources;
	struct doc *merged, *origins;
};

static void layers_done(struct layers *l)
{
	doc_free(l->merged);
	doc_free(l->origins);
}

void loaded_config_done(struct loaded_config *l)
{
	config_done(&l->config);
	doc_free(l->doc);
	doc_free(l->origins);
	*l = (struct loaded_config){ .doc = NULL };
}

static bool is_below(const char *pointer, const char *above)
{
	size_t n = strlen(above);

	return strncmp(pointer, above, n) == 0 && (!pointer[n] || pointer[n] == '/');
}

/* What was said about a place, or below it, is replaced by what is said there now. */
static void forget_origins(struct doc *origins, const char *pointer)
{
	for (size_t i = origins->n_items; i > 0; i--)
		if (is_below(origins->items[i - 1]->key, pointer))
			doc_remove(origins, origins->items[i - 1]->key);
}

/* A null takes away what lower layers said: nobody has set that key then. Nor has anybody where
 * source is NULL. */
static void note_origin(struct layers *l, const char *source, const char *pointer,
			const struct doc *d)
{
	_cleanup_free_ char *at = source && d->line ? xasprintf("%s:%u", source, d->line) : NULL;

	forget_origins(l->origins, pointer);
	if (source && d->type != DOC_NULL)
		doc_set_string(l->origins, pointer, at ? at : source);
}

/* merged: what the lower layers have at this place, NULL for nothing. */
static void note_origins(struct layers *l, const char *source, const struct doc *root,
			 const struct doc *d, const struct doc *merged)
{
	_cleanup_free_ char *pointer = doc_pointer(root, d);

	if (d->type != DOC_OBJECT) {
		note_origin(l, source, pointer, d);
		return;
	}
	if (merged && merged->type != DOC_OBJECT)
		forget_origins(l->origins, pointer);
	for (size_t i = 0; i < d->n_items; i++)
		note_origins(l, source, root, d->items[i], doc_get(merged, d->items[i]->key));
}

static void add_layer(struct layers *l, const char *source, const struct doc *d)
{
	note_origins(l, source, d, d, l->merged);
	doc_merge(l->merged, d);
}

/* A layer over another that has origins of its own. */
static void add_layers_over(struct layers *l, const struct layers *over)
{
	/* What they say, or take away, hides what was said. */
	note_origins(l, NULL, over->merged, over->merged, l->merged);
	doc_merge(l->merged, over->merged);
	doc_merge(l->origins, over->origins);
}

/* A document of muster's own is checked by itself, so that a fault names its file and line. */
static struct fault *add_own(struct layers *l, const char *source, const struct doc *d)
{
	TRY(schema_check(config_fields, source, d, SCHEMA_STRICT));
	add_layer(l, source, d);
	return NULL;
}

static struct fault *unreadable(const char *path, int r)
{
	if (r == -EFBIG)
		return fault_new("doc.too_large", "%s: expected at most %d bytes, found more",
				 path, CONFIG_SIZE_MAX);
	return fault_errno("file.unreadable", r, "cannot read %s", path);
}

/* *ret is NULL when there is no such file. What root obeys, nobody else may write. Faults name the
 * path as it is without the root, as origins do. */
static struct fault *read_document(const struct layers *l, const char *path, struct doc **ret)
{
	_cleanup_free_ char *rooted = path_rooted(l->sources->root, path);
	_cleanup_buf_ struct buf text = BUF_INIT;
	int r = file_read_raw(rooted, CONFIG_SIZE_MAX, &text);

	*ret = NULL;
	if (r == -ENOENT)
		return NULL;
	if (r < 0)
		return unreadable(path, r);
	if (!l->sources->root || !*l->sources->root)
		TRY(path_check_trusted(rooted));
	return doc_parse(path, buf_str(&text), text.len, CONFIG_SIZE_MAX, ret);
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
		return unreadable(path, -ENOENT);
	return d ? add_own(l, path, d) : NULL;
}

static bool is_drop_in(const char *name)
{
	return name[0] != '.' && (str_endswith(name, ".yaml") || str_endswith(name, ".json"));
}

/* No folder is no drop-ins; one that cannot be read would be settings that silently do not hold. */
static struct fault *drop_in_names(const struct layers *l, char ***ret)
{
	_cleanup_free_ char *dir = path_rooted(l->sources->root, DROP_IN_DIR);
	DIR *d = opendir(dir);
	struct dirent *e;

	if (!d)
		return errno == ENOENT ? NULL : unreadable(DROP_IN_DIR, -errno);
	while ((e = readdir(d)))
		if (is_drop_in(e->d_name))
			strv_add(ret, e->d_name);
	closedir(d);
	if (*ret)
		strv_sort(*ret);
	return NULL;
}

static struct fault *add_drop_ins(struct layers *l)
{
	_cleanup_strv_ char **names = NULL;

	TRY(drop_in_names(l, &names));
	for (size_t i = 0; names && names[i]; i++) {
		_cleanup_free_ char *path = path_join(DROP_IN_DIR, names[i]);
		_cleanup_doc_ struct doc *d = NULL;

		TRY(read_document(l, path, &d));
		if (!d) /* a link to nothing */
			return unreadable(path, -ENOENT);
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
 * arn:PARTITION:eks:REGION:ACCOUNT:cluster/NAME. Every layer was held against the pattern. */
static void complete_cluster(struct layers *l)
{
	struct doc *cluster = doc_get_mut(l->merged, "cluster");
	const char *arn = doc_str(cluster, "arn");
	_cleanup_strv_ char **part = arn ? strv_split(arn, ":") : NULL;

	if (!arn)
		return;
	if (!doc_str(cluster, "name")) {
		doc_set_string(cluster, "name", strrchr(arn, '/') + 1);
		doc_set_string(l->origins, "/cluster/name", "/cluster/arn");
	}
	if (!doc_str(cluster, "region")) {
		doc_set_string(cluster, "region", part[3]);
		doc_set_string(l->origins, "/cluster/region", "/cluster/arn");
	}
}

/* muster's own layers decide which group of the cluster configuration this is, and lie over it. */
static struct fault *add_layers(struct layers *l)
{
	_cleanup_(layers_done) struct layers own = { l->sources, doc_object(), doc_object() };

	TRY(add_main(&own));
	TRY(add_drop_ins(&own));
	TRY(add_user_data(&own));
	add_command_line(&own);
	TRY(add_resource_config(l));
	TRY(add_cluster_config(l, own.merged));
	add_layers_over(l, &own);
	complete_cluster(l);
	return NULL;
}

/* What is taken here must fit where it is handed on to: the result of a step, which is bounded. */
static struct fault *check_total(const struct doc *d)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	doc_write(d, DOC_COMPACT, &text);
	if (text.len <= TOTAL_MAX)
		return NULL;
	return fault_new("doc.too_large",
			 "configuration: expected at most %d bytes in all layers together, found "
			 "%zu", TOTAL_MAX, text.len);
}

struct fault *config_load(const struct config_sources *s, struct loaded_config *ret)
{
	_cleanup_doc_ struct doc *merged = doc_object(), *origins = doc_object();
	_cleanup_loaded_config_ struct loaded_config loaded = { .doc = NULL };
	struct layers l = { s, merged, origins };

	TRY(add_layers(&l));
	TRY(schema_decode(config_fields, "configuration", merged, 0, &loaded.config));
	loaded.doc = schema_encode(config_fields, &loaded.config);
	TRY(check_total(loaded.doc));
	loaded.origins = TAKE_PTR(origins);
	*ret = loaded;
	loaded = (struct loaded_config){ .doc = NULL };
	return NULL;
}
