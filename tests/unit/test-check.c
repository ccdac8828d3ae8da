/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/check/checks.h"
#include "tests/unit/steps.h"

#define MEMINFO "MemTotal: 8192 kB\nMemAvailable: 8192 kB\n"
#define NO_DRIVER .driver_absent = true
#define OK .driver_absent = false /* and nothing was stressed */
#define ALL (LEVEL_QUICK | LEVEL_STRESS | LEVEL_CONNECTIVITY)

static const struct row {
	const char *what;
	unsigned levels;
	struct check_facts facts;
	const char *fault; /* NULL: a pass */
	size_t findings;
} rows[] = {
	{ "no accelerators", ALL, { "m7i.large", 0, 0, 0, UNKNOWN, 4096, 4096, OK }, NULL, 0 },
	{ "type without GPUs", ALL, { "m7i.large", 0, 0, 0, 0, 4096, 4096, OK }, NULL, 0 },
	{ "all GPUs gone", LEVEL_QUICK, { "p5.48xlarge", 0, 0, 0, 8, 1, 1, OK },
	  "hw.gpu_missing", 1 },
	{ "one GPU gone", LEVEL_QUICK, { "p5.48xlarge", 7, 0, 0, 8, 1, 1, OK },
	  "hw.gpu_missing", 2 },
	{ "GPUs, no probe", LEVEL_QUICK, { "p5.48xlarge", 8, 0, 32, 8, 1, 1, OK },
	  "check.not_looked", 1 },
	{ "GPUs, no driver", LEVEL_QUICK, { "p5.48xlarge", 8, 0, 32, 8, 1, 1, NO_DRIVER },
	  "check.driver_absent", 1 },
	{ "one GPU gone, no driver", LEVEL_QUICK, { "p5.48xlarge", 7, 0, 32, 8, 1, 1, NO_DRIVER },
	  "hw.gpu_missing", 2 },
	{ "no GPUs need no driver", ALL, { "m7i.large", 0, 0, 0, 0, 1, 1, NO_DRIVER }, NULL, 0 },
	{ "more GPUs than told", LEVEL_QUICK, { "p5.48xlarge", 9, 0, 0, 8, 1, 1, OK },
	  "check.not_looked", 1 },
	{ "GPUs of an unknown type", LEVEL_QUICK, { NULL, 2, 0, 0, UNKNOWN, 1, 1, OK },
	  "check.not_looked", 1 },
	{ "Neuron, no probe", LEVEL_QUICK, { "trn1.32xlarge", 0, 16, 8, UNKNOWN, 1, 1, OK },
	  "check.not_looked", 1 },
	{ "bus unread", LEVEL_QUICK, { "p5.48xlarge", UNKNOWN, UNKNOWN, UNKNOWN, 8, 1, 1, OK },
	  "check.not_looked", 1 },
	{ "EFA, quick", LEVEL_QUICK, { "c7gn.16xlarge", 0, 0, 1, 0, 1, 1, OK }, NULL, 0 },
	{ "EFA, connectivity", LEVEL_CONNECTIVITY, { "c7gn.16xlarge", 0, 0, 1, 0, 1, 1, OK },
	  "check.not_looked", 1 },
	{ "stress without memory", LEVEL_STRESS, { NULL, 0, 0, 0, UNKNOWN, 0, 1, OK },
	  "check.not_looked", 1 },
	{ "stress without any", LEVEL_STRESS, { NULL, 0, 0, 0, UNKNOWN, UNKNOWN, UNKNOWN, OK },
	  "check.not_looked", 2 },
	{ "nothing asked", 0, { "p5.48xlarge", 0, 0, 0, 8, UNKNOWN, UNKNOWN, OK }, NULL, 0 },
};

TEST(verdicts)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_doc_ struct doc *findings = doc_array();
		uint32_t set = checks_without_time(checks_selected(rows[i].levels));
		_cleanup_fault_ struct fault *f = check_verdict(&rows[i].facts, set, findings);

		CHECK_MSG(streq(f ? f->id : NULL, rows[i].fault), "%s: %s", rows[i].what,
			  f ? f->message : "passes");
		CHECK_MSG(findings->n_items == rows[i].findings, "%s: %zu findings", rows[i].what,
			  findings->n_items);
	}
}

TEST(levels_have_names)
{
	char *all[] = { (char[]){ "InstanceStress" }, (char[]){ "InstanceConnectivity" }, NULL };
	char *wrong[] = { (char[]){ "quick" }, (char[]){ "Quick" }, NULL };
	unsigned levels;

	CHECK_OK(check_levels(all, &levels));
	CHECK_INT(levels, ALL);
	CHECK_OK(check_levels(NULL, &levels));
	CHECK_INT(levels, 0);
	CHECK_FAULT(check_levels(wrong, &levels), "check.level");
}

static void add_device(struct bench *b, int n, const char *vendor, const char *device,
		       const char *class)
{
	const char *const names[] = { "vendor", "device", "class" }, *const values[] = { vendor,
											 device,
											 class };

	for (int i = 0; i < 3; i++) {
		_cleanup_free_ char *path = xasprintf("sys/bus/pci/devices/0000:%02x:00.0/%s", n,
						      names[i]);
		_cleanup_free_ char *text = xasprintf("%s\n", values[i]);

		bench_write(b, path, text, 0644);
	}
}

TEST(the_bus_is_counted_by_class)
{
	_cleanup_bench_ struct bench *b = bench_new();
	char *levels[] = { (char[]){ "quick" }, NULL };
	_cleanup_fault_ struct fault *f = NULL;
	struct doc *facts;

	b->config.check.levels = levels;
	b->identity.instance_type = (char[]){ "g4dn.12xlarge" }; /* four GPUs */
	add_device(b, 1, "0x10de", "0x1eb8", "0x030200");
	add_device(b, 2, "0x10de", "0x1eb8", "0x030000");
	add_device(b, 3, "0x10de", "0x22a3", "0x068000"); /* an NVSwitch is no GPU */
	add_device(b, 4, "0x1d0f", "0xefa1", "0x020000");
	add_device(b, 5, "0x1d0f", "0x8061", "0x010802"); /* EBS */
	f = step_check(&b->c, b->result);
	CHECK(fault_is(f, "hw.gpu_missing"));
	CHECK_STR(f->evidence, "0000:01:00.0 driver none\n0000:02:00.0 driver none\n");
	facts = doc_get_mut(b->result, "facts");
	CHECK_INT(doc_integer(facts, "nvidia", -1), 2);
	CHECK_INT(doc_integer(facts, "nvidiaExpected", -1), 4);
	CHECK_INT(doc_integer(facts, "efa", -1), 1);
	CHECK_INT(doc_integer(facts, "neuron", -1), 0);
	CHECK_STR(doc_str(doc_at(b->result, "/findings/0"), "action"), "replace");
}

/* A driver that is loaded, and bound to one GPU of two, is not there for the other. */
TEST(a_driver_must_be_bound_to_every_gpu)
{
	_cleanup_bench_ struct bench *b = bench_new();
	char *levels[] = { (char[]){ "quick" }, NULL };

	b->config.check.levels = levels;
	for (int i = 2; i >= 1; i--) {
		_cleanup_free_ char *name =
			xasprintf("sys/bus/pci/devices/0000:%02x:00.0/driver", i);
		_cleanup_free_ char *link = bench_path(b, name);

		add_device(b, i, "0x10de", "0x2330", "0x030200");
		CHECK_FAULT(step_check(&b->c, b->result), "check.driver_absent");
		CHECK_INT(symlink("../../drivers/nvidia", link), 0);
		if (i == 2) /* bound says the bus, but nothing answers */
			CHECK_FAULT(step_check(&b->c, b->result), "check.driver_absent");
		bench_write(b, "proc/driver/nvidia/version", "NVRM version: 570\n", 0644);
		CHECK_FAULT(step_check(&b->c, b->result), "check.not_looked");
	}
}

TEST(a_machine_without_a_bus_passes)
{
	_cleanup_bench_ struct bench *b = bench_new();
	char *levels[] = { (char[]){ "quick" }, NULL };

	b->config.check.levels = levels;
	CHECK_OK(step_check(&b->c, b->result));
	CHECK_STR(doc_str(doc_get(b->result, "facts"), "accelerator"), "none on this machine");
	CHECK_INT(doc_get(b->result, "findings")->n_items, 0);
}

TEST(stress_needs_what_hostcheck_has_verified)
{
	_cleanup_bench_ struct bench *b = bench_new();
	char *levels[] = { (char[]){ "InstanceStress" }, NULL };
	struct doc *host;

	b->config.check.levels = levels;
	bench_write(b, "proc/meminfo", MEMINFO, 0644);
	CHECK_FAULT(step_check(&b->c, b->result), "check.not_looked");
	host = doc_set(b->results, "hostcheck", doc_object());
	doc_set_int(doc_set(host, "memory", doc_object()), "verifiedBytes", 1 << 20);
	doc_set_int(doc_set(host, "disk", doc_object()), "verifiedBytes", 1 << 20);
	CHECK_OK(step_check(&b->c, b->result));
}

TEST_MAIN
