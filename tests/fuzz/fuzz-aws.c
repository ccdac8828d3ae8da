/* SPDX-License-Identifier: Apache-2.0 */
/* What AWS answers beside S3: credentials of a role and of a container, EKS, EC2, Auto Scaling;
 * and the shared credentials file. The first byte of the input says which. */
#include "bootstrap/net/ops.h"
#include "lib/aws/creds.h"
#include "lib/aws/find.h"
#include "tests/fuzz/answers.h"

#define CREDS "\"credentials\":{\"accessKeyId\":\"AKIA\",\"secretAccessKey\":\"x\"}"
#define MINE "{\"instance\":\"i-1\",\"region\":\"us-west-2\"," CREDS
#define HOOK ",\"group\":\"g\",\"hook\":\"h\""

static const struct {
	char letter;
	struct fault *(*op)(struct net_server *, const struct doc *);
	const char *request;
} operations[] = {
	{ 'r', op_credentials, "{}" },
	{ 'c', op_credentials, "{}" }, /* with a container endpoint */
	{ 'e', op_eks_cluster, "{\"name\":\"c\",\"region\":\"us-west-2\"," CREDS "}" },
	{ 't', op_instance_tag, MINE ",\"key\":\"k\",\"value\":\"v\"}" },
	{ 'h', op_instance_health, MINE ",\"status\":\"Unhealthy\"}" },
	{ 'l', op_hook_list, MINE "}" },
	{ 'b', op_hook_heartbeat, MINE HOOK "}" },
	{ 'f', op_hook_complete, MINE HOOK ",\"result\":\"CONTINUE\"}" },
	{ 'o', op_object_put,
	  "{\"bucket\":\"bucket\",\"key\":\"a/b.json\",\"region\":\"us-west-2\",\"body\":{\"a\":1},"
	  CREDS "}" },
};

/* Sound credentials can stand in a header. */
static void check_creds(const struct aws_creds *c)
{
	const char *const all[] = { c->access_key_id, c->secret_access_key, c->session_token };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		for (const char *s = all[i]; s && *s; s++)
			MUST(*s > ' ' && *s < 0x7f);
}

static void read_profile(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = xstrndup((const char *)data, size);
	_cleanup_creds_ struct aws_creds creds = { 0 };
	bool found = false;
	struct fault *f = aws_creds_read_profile("file", text, "default", &creds, &found);

	if (!f)
		MUST(found == !!creds.access_key_id);
	if (!f)
		check_creds(&creds);
	check_fault(f);
}

static void decode_again(const struct doc *result)
{
	_cleanup_creds_ struct aws_creds creds = { 0 };
	struct fault *f = aws_creds_decode("credentials", result, &creds);

	MUST(!f);
	check_creds(&creds);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] == 'p')
		read_profile(data + 1, size - 1);
	for (size_t i = 0; i < ARRAY_SIZE(operations); i++) {
		_cleanup_doc_ struct doc *result = NULL;

		if (operations[i].letter != (char)data[0])
			continue;
		(void)unsetenv("HOME");
		if (data[0] == 'c')
			(void)setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost/x", 1);
		else
			(void)unsetenv("AWS_CONTAINER_CREDENTIALS_FULL_URI");
		result = answers_to(operations[i].op, operations[i].request, data + 1, size - 1);
		if (result && operations[i].op == op_credentials)
			decode_again(result);
	}
	return 0;
}
