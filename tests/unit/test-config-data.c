/* SPDX-License-Identifier: Apache-2.0 */
/* Which part of an instance's user data is muster's. */
#include "lib/base/hash.h"
#include "lifecycle/config/config.h"
#include "tests/unit/test.h"

#define MULTI "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"B\"\n\n"
#define OURS "Content-Type: application/vnd.muster.node\n"
#define SHELL "--B\nContent-Type: text/x-shellscript\n\n#!/bin/sh\necho muster/v1\n"

/* group.name of the document; "" where there is none. */
static const struct {
	const char *text, *name;
} found[] = {
	{ "", "" },
	{ "apiVersion: muster/v1\ngroup: {name: a}\n", "a" },
	{ "{\"apiVersion\":\"muster/v1\",\"group\":{\"name\":\"a\"}}", "a" },
	{ "# a comment\napiVersion: muster/v1\ngroup: {name: a}\n", "a" },
	/* what cloud-init reads, even where it writes a document of ours */
	{ "#!/bin/sh\ncat >/etc/muster/muster.yaml <<.\napiVersion: muster/v1\n.\n", "" },
	{ "#cloud-config\nwrite_files:\n- content: 'apiVersion: muster/v1'\n", "" },
	{ "#cloud-boothook\n#!/bin/sh\n# muster/v1\n", "" },
	{ "#include\nhttps://host/muster/v1\n", "" },
	{ "## template: jinja\n#cloud-config\nx: muster/v1\n", "" },
	{ "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\n", "" },
	/* multi-part */
	{ MULTI SHELL "--B--\n", "" },
	{ MULTI SHELL "--B\n" OURS "\ngroup: {name: a}\n--B--\n", "a" },
	{ MULTI "--B\n" OURS "\ngroup: {name: a}\n--B\n" OURS "\ngroup: {name: b}\n--B--\n", "b" },
	{ MULTI "--B\n" OURS "\ngroup: {name: a}\nbudget: {reboots: 1}\n--B\n" OURS
		"\nbudget: {reboots: 1}\n--B--\n", "" }, /* the later part as a whole */
	{ "Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\nContent-Type: "
	  "APPLICATION/vnd.muster.node; charset=utf-8\r\n\r\ngroup: {name: a}\r\n--B--\r\n", "a" },
	{ "Content-Type: multipart/mixed;\n boundary=\"B\"\n\n--B\n" OURS "\ngroup: {name: a}\n",
	  "a" }, /* a folded header; the end is cut off */
	{ MULTI "preamble\n--B\n" OURS "\ngroup: {name: a}\n--B--\nepilogue\n--B\n" OURS
		"\ngroup: {name: b}\n", "a" }, /* behind the end nothing counts */
	{ MULTI "--B\n" OURS "Content-Transfer-Encoding: 7bit\n\ngroup: {name: a}\n--B--\n", "a" },
	{ MULTI "--B\nContent-Transfer-Encoding: base64\n" OURS
		"\nZ3JvdXA6IHtu\nYW1lOiBhfQo=\n--B--\n", "a" },
	{ MULTI "--B\n" OURS "\n--B--\n", "" }, /* an empty document of ours */
	{ "Content-Type: multipart/mixed\n\n--B\n" OURS "\ngroup: {name: a}\n--B--\n", "" },
};

TEST(the_part_that_is_ours)
{
	for (size_t i = 0; i < ARRAY_SIZE(found); i++) {
		_cleanup_doc_ struct doc *d = NULL;
		_cleanup_fault_ struct fault *f =
			user_data_document(found[i].text, strlen(found[i].text), &d);
		const struct doc *name = doc_at(d, "/group/name");

		CHECK_MSG(!f, "row %zu: %s", i, f->message);
		CHECK_MSG(streq(name ? name->string : "", found[i].name), "row %zu: \"%s\"", i,
			  name ? name->string : "");
	}
}

TEST(an_empty_part_is_an_empty_document)
{
	static const char text[] = MULTI "--B\n" OURS "\n--B--\n";
	_cleanup_doc_ struct doc *d = NULL;

	CHECK_OK(user_data_document(text, strlen(text), &d));
	CHECK(d && d->type == DOC_OBJECT && d->n_items == 0);
}

TEST(base64_is_for_what_is_no_text)
{
	static const char text[] = "apiVersion: muster/v1\ngroup: {name: a}\n";
	_cleanup_free_ char *encoded = base64_encode(text, strlen(text));
	struct config_sources s = { .root = test_dir(), .user_data_base64 = encoded };
	_cleanup_loaded_config_ struct loaded_config l = { .doc = NULL };

	CHECK_OK(config_load(&s, &l));
	CHECK_STR(l.config.group.name, "a");
	CHECK_STR(doc_str(l.origins, "/group/name"), "user data:2");
	loaded_config_done(&l);
	s.user_data_base64 = "H4sIAAAAAAAAAw=="; /* gzip: cloud-init's, not ours */
	CHECK_OK(config_load(&s, &l));
	CHECK(!l.config.group.name);
	s.user_data_base64 = "not base64";
	CHECK_FAULT(config_load(&s, &l), "config.user_data");
}

TEST_MAIN
