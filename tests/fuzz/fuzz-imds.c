/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever a metadata service answers becomes an identity or a fault. */
#include "bootstrap/net/ops.h"
#include "lifecycle/identify/identify.h"
#include "lifecycle/values/identity.h"
#include "tests/fuzz/answers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_doc_ struct doc *answer = answers_to(op_identity, "{}", data, size);
	_cleanup_doc_ struct doc *result = doc_object();
	_cleanup_identity_ struct identity id = { 0 };
	struct fault *f;

	if (!answer)
		return 0;
	/* The privileged side takes it apart by itself, and believes nothing. */
	f = identify_from_imds(answer, result);
	MUST(!doc_get(result, "userData") || !doc_get(result, "userDataBase64"));
	if (!f)
		f = identity_decode("IMDS", result, &id);
	if (!f)
		MUST(id.instance_id && id.instance_id[0]);
	check_fault(f);
	return 0;
}
