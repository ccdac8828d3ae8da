/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/hash.h"
#include "lib/net/call.h"
#include "lib/net/operations.h"
#include "lifecycle/identify/identify.h"
#include "tests/unit/steps.h"

static const char answer_text[] =
	"{\"document\":{\"instanceId\":\"i-0aa\",\"instanceType\":\"p5.48xlarge\",\"region\":"
	"\"us-west-2\",\"availabilityZone\":\"us-west-2b\",\"accountId\":\"123456789012\","
	"\"imageId\":\"ami-1\",\"privateIp\":\"10.1.2.3\",\"kernelId\":null,"
	"\"billingProducts\":[\"x\"],\"pendingTime\":\"2026-01-02T03:04:05Z\"},"
	"\"privateDnsName\":\"ip-10-1-2-3.us-west-2.compute.internal\",\"tags\":{\"Name\":\"w-7\","
	"\"muster:replaces\":\"i-0bb\"},\"userData\":\"I2Nsb3VkLWNvbmZpZwo=\"}";

/* This program stands in for muster-net: what it answers is in AWS_TEST_ANSWER. */
static int serve(void)
{
	struct net_server s = { .fd = 3 };
	_cleanup_free_ char *operation = NULL;
	_cleanup_doc_ struct doc *request = NULL, *answer = NULL;
	const char *text = getenv("AWS_TEST_ANSWER");
	struct fault *f = net_receive(&s, &operation, &request);

	if (!f && !streq(operation, NET_IDENTITY))
		f = fault_new("test.operation", "%s", operation);
	if (!f && streq(text, "unreachable"))
		f = fault_new("imds.unreachable", "no route after %lld ms",
			      (long long)doc_integer(request, "waitMs", -1));
	if (!f)
		f = json_parse("answer", text, strlen(text), 0, &answer);
	f = f ? net_send_fault(&s, f) : net_send_result(&s, answer);
	return f ? 1 : 0;
}

static struct doc *parse(const char *text)
{
	struct doc *d = NULL;

	CHECK_OK(json_parse("test", text, strlen(text), 0, &d));
	return d;
}

TEST(imds_becomes_an_identity)
{
	_cleanup_bench_ struct bench *b = bench_new();
	_cleanup_identity_ struct identity id = { 0 };

	CHECK_INT(setenv("AWS_TEST_ANSWER", answer_text, 1), 0);
	b->config.identity.wait_ms = 1000;
	CHECK_OK(step_identify(&b->c, b->result));
	CHECK_STR(doc_str(b->result, "userData"), "#cloud-config\n");
	CHECK_OK(identity_decode("result", b->result, &id));
	CHECK_STR(id.instance_id, "i-0aa");
	CHECK_STR(id.instance_type, "p5.48xlarge");
	CHECK_STR(id.availability_zone, "us-west-2b");
	CHECK_STR(id.private_dns_name, "ip-10-1-2-3.us-west-2.compute.internal");
	CHECK_STR(id.private_ip, "10.1.2.3");
	CHECK_STR(id.instance_name, "w-7");
	CHECK_STR(id.replaces, "i-0bb");
	CHECK_STR(id.source, "imds");
	CHECK_STR(id.launch_time, "2026-01-02T03:04:05Z");
	CHECK_STR(doc_str(id.tags, "Name"), "w-7");
	CHECK(!id.hardware); /* nothing below this root tells */
}

TEST(no_imds_is_a_service_that_did_not_answer)
{
	_cleanup_bench_ struct bench *b = bench_new();
	_cleanup_fault_ struct fault *f = NULL;

	CHECK_INT(setenv("AWS_TEST_ANSWER", "unreachable", 1), 0);
	b->config.identity.wait_ms = 1234;
	f = step_identify(&b->c, b->result);
	CHECK(fault_is(f, "identity.unreachable"));
	CHECK(strstr(f->message, "1234 ms"));
}

TEST(what_imds_says_is_not_believed)
{
	static const char *const bad[] = {
		"{}",
		"{\"document\":{}}",
		"{\"document\":{\"instanceId\":\"../../etc\"}}",
		"{\"document\":{\"instanceId\":\"i-1\",\"region\":\"a/b\"}}",
		"{\"document\":{\"instanceId\":\"i-1\"},\"userData\":\"***\"}",
		"{\"document\":{\"instanceId\":\"i-1\"},\"tags\":{\"Name\":7}}",
		"{\"document\":{\"instanceId\":\"i-1\"},\"privateIp\":\"10.0.0.1; rm\"}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_bench_ struct bench *b = bench_new();
		_cleanup_fault_ struct fault *f = NULL;

		CHECK_INT(setenv("AWS_TEST_ANSWER", bad[i], 1), 0);
		f = step_identify(&b->c, b->result);
		CHECK_MSG(fault_is(f, "identity.invalid"), "%s: %s", bad[i], f ? f->id : "taken");
	}
}

TEST(a_time_that_is_none_is_not_known)
{
	static const char *const wrong[] = { "\"2026-01-02\"", "\"soon\"", "17", "null", "{}" };

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		_cleanup_free_ char *text = xasprintf(
			"{\"document\":{\"instanceId\":\"i-1\",\"pendingTime\":%s}}", wrong[i]);
		_cleanup_bench_ struct bench *b = bench_new();

		CHECK_INT(setenv("AWS_TEST_ANSWER", text, 1), 0);
		b->config.identity.wait_ms = 1000;
		CHECK_OK(step_identify(&b->c, b->result));
		CHECK(!doc_get(b->result, "launchTime"));
	}
}

TEST(user_data_that_is_no_text_stays_base64)
{
	static const char *const binary[] = { "H4sIAAAAAAAAAw==", "YQBi", "/w==" };

	for (size_t i = 0; i < ARRAY_SIZE(binary); i++) {
		_cleanup_free_ char *text = xasprintf("{\"document\":{},\"userData\":\"%s\"}",
						      binary[i]);
		_cleanup_doc_ struct doc *answer = parse(text), *result = doc_object();

		CHECK_OK(identify_from_imds(answer, result));
		CHECK(!doc_get(result, "userData"));
		CHECK_STR(doc_str(result, "userDataBase64"), binary[i]);
	}
}

TEST(a_file_stands_in_beneath_the_root)
{
	_cleanup_bench_ struct bench *b = bench_new();

	b->config.identity.file = (char *)"/etc/id.yaml";
	bench_write(b, "etc/id.yaml",
		    "instanceId: lab-7\ninstanceType: c7i.large\nuserData: |\n  hello\n"
		    "accountId: 123456789012\nunknown: 1\nhardware: box-1\n",
		    0644);
	CHECK_OK(step_identify(&b->c, b->result));
	CHECK_STR(doc_str(b->result, "instanceId"), "lab-7");
	CHECK_STR(doc_str(b->result, "accountId"), "123456789012");
	CHECK_STR(doc_str(b->result, "userData"), "hello\n");
	CHECK_STR(doc_str(b->result, "hardware"), "box-1");
	CHECK(!doc_get(b->result, "unknown"));
}

TEST(a_bad_file_is_configuration)
{
	_cleanup_bench_ struct bench *b = bench_new();

	b->config.identity.file = (char *)"/id";
	CHECK_FAULT(step_identify(&b->c, b->result), "identity.file");
	bench_write(b, "id", "[]", 0644);
	CHECK_FAULT(step_identify(&b->c, b->result), "identity.file");
	bench_write(b, "id", "{\"instanceType\":\"x\"}", 0644);
	CHECK_FAULT(step_identify(&b->c, b->result), "identity.file");
	bench_write(b, "id", "{\"instanceId\":\"x\",\"launchTime\":\"yesterday\"}", 0644);
	CHECK_FAULT(step_identify(&b->c, b->result), "identity.file");
	bench_write(b, "id", "{", 0644);
	CHECK_FAULT(step_identify(&b->c, b->result), "identity.file");
}

static void add_disk(struct bench *b, const char *name, const char *serial, const char *model)
{
	_cleanup_free_ char *s = xasprintf("sys/block/%s/device/serial", name);
	_cleanup_free_ char *m = xasprintf("sys/block/%s/device/model", name);
	_cleanup_free_ char *padded = xasprintf("%-40s\n", model);

	bench_write(b, s, serial, 0644);
	bench_write(b, m, padded, 0644);
}

static void add_nic(struct bench *b, const char *name, const char *address)
{
	_cleanup_free_ char *device = xasprintf("sys/class/net/%s/device/x", name);
	_cleanup_free_ char *a = xasprintf("sys/class/net/%s/address", name);

	bench_write(b, device, "", 0644);
	bench_write(b, a, address, 0644);
}

/* Whether a change of the machine changes its digest. */
static bool changes(struct bench *b, char **before)
{
	char *now = identify_hardware(b->root);
	bool changed = !streq(now, *before);

	free(*before);
	*before = now;
	return changed;
}

TEST(on_ec2_only_what_cannot_be_attached_counts)
{
	_cleanup_bench_ struct bench *b = bench_new();
	_cleanup_free_ char *digest = NULL;

	bench_write(b, "sys/class/dmi/id/sys_vendor", "Amazon EC2\n", 0644);
	bench_write(b, "sys/class/dmi/id/product_serial", "ec2abc\n", 0644);
	CHECK(changes(b, &digest));
	CHECK(str_startswith(digest, "sha256-"));
	add_disk(b, "nvme0n1", "vol0123", "Amazon Elastic Block Store");
	CHECK(!changes(b, &digest));
	add_nic(b, "ens6", "0a:00:00:00:00:01\n");
	CHECK(!changes(b, &digest));
	add_disk(b, "nvme1n1", "AWS111", "Amazon EC2 NVMe Instance Storage");
	CHECK(changes(b, &digest));
	add_disk(b, "nvme1n1", "AWS222", "Amazon EC2 NVMe Instance Storage");
	CHECK(changes(b, &digest));
	bench_write(b, "sys/class/dmi/id/product_uuid", "ec2-uuid\n", 0644);
	CHECK(changes(b, &digest));
}

TEST(elsewhere_disks_and_cards_count)
{
	_cleanup_bench_ struct bench *b = bench_new();
	_cleanup_free_ char *digest = NULL, *first = NULL;

	add_disk(b, "sda", "S1", "Disk");
	CHECK(changes(b, &digest));
	add_nic(b, "eth0", "02:00:00:00:00:01\n");
	CHECK(changes(b, &digest));
	bench_write(b, "sys/class/net/br0/address", "02:00:00:00:00:09\n", 0644);
	CHECK(!changes(b, &digest));
	add_disk(b, "sdb", "USB1", "Stick");
	bench_write(b, "sys/block/sdb/removable", "1\n", 0644);
	CHECK(!changes(b, &digest));
	first = xstrdup(digest);
	/* Other names, the same parts. */
	CHECK_INT(path_remove_tree(AT_FDCWD, b->root), 0);
	add_disk(b, "sdz", "S1", "Disk");
	add_nic(b, "enp3s0", "02:00:00:00:00:01\n");
	(void)changes(b, &digest);
	CHECK_STR(digest, first);
}

int main(int argc, char **argv)
{
	if (getenv("AWS_TEST_NET"))
		return serve();
	if (setenv("MUSTER_NET", "/proc/self/exe", 1) < 0 || setenv("AWS_TEST_NET", "1", 1) < 0)
		return 1;
	return test_main(argc, argv);
}
