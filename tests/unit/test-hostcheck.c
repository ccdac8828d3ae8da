/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/hostcheck/hostcheck.h"
#include "tests/unit/steps.h"

#define MIB ((uint64_t)1 << 20)

/* A machine on which all is well. */
static struct host_facts good(void)
{
	return (struct host_facts){
		.cpu = { .online = 8 },
		.memory = { 1024 * MIB, 512 * MIB },
		.tested = { .asked = 64 * MIB, .verified = 64 * MIB, .threads = 8 },
		.disk = { .free = 1024 * MIB, .verified = 4 * MIB },
		.clock = { .synchronized = true, .year = 2030 },
		.default_route = true,
	};
}

static bool gives(const struct host_facts *h, const struct config *c, const char *want)
{
	_cleanup_fault_ struct fault *f = hostcheck_verdict(h, c);

	if (!streq(f ? f->id : NULL, want))
		printf("# %s: %s\n", f ? f->id : "no fault", f ? f->message : "");
	return streq(f ? f->id : NULL, want);
}

TEST(a_good_machine_passes)
{
	struct host_facts h = good();
	struct config c = { 0 };

	CHECK(gives(&h, &c, NULL));
}

TEST(hardware_comes_before_all_else)
{
	struct host_facts h = good();
	struct config c = { .hostcheck = { .cpus = 16 } };

	h.clock_error = -EPERM;
	h.tested.error = (struct memory_error){ .offset = 0x1000, .bits = 4, .count = 1 };
	CHECK(gives(&h, &c, "hw.memory"));
	h.tested.error.count = 0;
	h.disk.bad_bytes = 1;
	CHECK(gives(&h, &c, "hw.disk"));
	h.disk.bad_bytes = 0;
	h.disk_error = -EIO;
	CHECK(gives(&h, &c, "hw.disk"));
	h.disk_error = 0;
	CHECK(gives(&h, &c, "host.cpus"));
	c.hostcheck.cpus = 8;
	CHECK(gives(&h, &c, "host.unchecked"));
}

static bool says(const struct host_facts *h, const struct config *c, const char *words)
{
	_cleanup_fault_ struct fault *f = hostcheck_verdict(h, c);

	if (!f || !strstr(f->message, words))
		printf("# %s\n", f ? f->message : "no fault");
	return f && strstr(f->message, words);
}

TEST(words_have_what_a_person_needs)
{
	struct host_facts h = good();
	struct config c = { 0 };

	h.folder = "/var/lib/muster";
	h.tested.error = (struct memory_error){ .offset = 0x1000, .address = 0x7f0000001000,
						.expected = 0xf0, .found = 0xf4, .bits = 4,
						.count = 1 };
	CHECK(says(&h, &c, "address 0x7f0000001000"));
	CHECK(says(&h, &c, "0x00000000000000f0 expected, 0x00000000000000f4 found"));
	h.tested.error.uncorrected = true;
	CHECK(says(&h, &c, "uncorrectable"));
	h.tested_error = -EAGAIN;
	CHECK(gives(&h, &c, "hw.memory"));
	h = good();
	h.folder = "/var/lib/muster";
	h.disk.free = 3 * MIB;
	h.disk_error = -ENOSPC;
	c.hostcheck.disk_bytes = 4 * MIB;
	CHECK(says(&h, &c, "/var/lib/muster: 3 MiB free, the disk test needs 4 MiB"));
}

TEST(what_is_too_small)
{
	struct host_facts h = good();
	struct config c = { .hostcheck = { .min_memory = 2048 * MIB } };

	CHECK(gives(&h, &c, "host.memory"));
	c.hostcheck.min_memory = 0;
	c.hostcheck.min_free_disk = 2048 * MIB;
	CHECK(gives(&h, &c, "host.disk_full"));
	c.hostcheck.min_free_disk = 0;
	h.disk_error = -ENOSPC;
	CHECK(gives(&h, &c, "host.disk_full"));
}

TEST(smt_must_be_off_where_one_thread_is_asked)
{
	struct host_facts h = good();
	struct config c = { .group = { .threads_per_core = 1 } };

	h.smt_asked = true;
	CHECK(gives(&h, &c, NULL));
	h.cpu.smt_active = true;
	CHECK(gives(&h, &c, "host.smt"));
	h.cpu.smt_active = false;
	h.smt_error = -EOPNOTSUPP;
	CHECK(gives(&h, &c, "host.smt"));
}

TEST(clock_and_route)
{
	struct host_facts h = good();
	struct config c = { 0 };

	h.clock.synchronized = false; /* a fact: the clock may be right all the same */
	CHECK(gives(&h, &c, NULL));
	h.clock.year = 1970;
	CHECK(gives(&h, &c, "host.clock"));
	h.clock.year = 2026;
	h.default_route = false;
	c.lifecycle.source = (char *)"file:///x";
	CHECK(gives(&h, &c, NULL));
	c.lifecycle.source = (char *)"s3://b/x/";
	CHECK(gives(&h, &c, "host.route"));
	c.lifecycle.source = NULL;
	c.cluster.name = (char *)"c1";
	CHECK(gives(&h, &c, "host.route"));
}

TEST(could_not_look_is_no_pass)
{
	const struct config c = { 0 };
	struct host_facts h;

	h = good(), h.cpu_error = -EACCES;
	CHECK(gives(&h, &c, "host.unchecked"));
	h = good(), h.memory_error = -ENOENT;
	CHECK(gives(&h, &c, "host.unchecked"));
	h = good(), h.tested_error = -ENOMEM;
	CHECK(gives(&h, &c, "host.unchecked"));
	h = good(), h.disk_error = -EROFS;
	CHECK(gives(&h, &c, "host.unchecked"));
	h = good(), h.pci_error = -EACCES;
	CHECK(gives(&h, &c, "host.unchecked"));
	h = good(), h.tested.verified = 0;
	CHECK(gives(&h, &c, "host.unchecked"));
	h = good(), h.pci_error = -ENOENT; /* a machine without a PCI bus */
	CHECK(gives(&h, &c, NULL));
}

TEST(unknown_is_nowhere_else)
{
	_cleanup_doc_ struct doc *d = doc_object();
	struct host_facts h = good();

	h.cpu_error = -EACCES;
	h.disks_error = -EACCES;
	hostcheck_report(&h, d);
	CHECK(!doc_get(d, "cpu"));
	CHECK(!doc_get(d, "disks"));
	CHECK(doc_str(doc_get(d, "unknown"), "cpu"));
	CHECK(doc_str(doc_get(d, "unknown"), "disks"));
	CHECK_INT(doc_integer(doc_get(d, "memory"), "verifiedBytes", -1), 64 * MIB);
}

static struct bench *machine(void)
{
	struct bench *b = bench_new();

	bench_write(b, "sys/devices/system/cpu/online", "0-3,6-7\n", 0644);
	bench_write(b, "sys/devices/system/cpu/smt/control", "on\n", 0644);
	bench_write(b, "sys/devices/system/cpu/smt/active", "1\n", 0644);
	bench_write(b, "proc/meminfo",
		    "MemTotal: 200000 kB\nMemFree: 1 kB\nMemAvailable: 100000 kB\n", 0644);
	bench_write(b, "proc/net/route",
		    "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\n"
		    "eth0\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\t0\n",
		    0644);
	b->config.hostcheck.memory_share = 100000; /* a tenth: 10 MB */
	b->config.hostcheck.disk_bytes = 2 * MIB;
	bench_write(b, "sys/bus/pci/devices/0000:00:01.0/vendor", "0x10de\n", 0644);
	bench_write(b, "sys/bus/pci/devices/0000:00:01.0/device", "0x2330\n", 0644);
	bench_write(b, "sys/bus/pci/devices/0000:00:01.0/class", "0x030200\n", 0644);
	bench_write(b, "sys/block/nvme0n1/device/model", "Disk\n", 0644);
	bench_write(b, "sys/block/nvme0n1/size", "2048\n", 0644);
	bench_write(b, "sys/block/loop0/size", "2048\n", 0644);
	bench_write(b, "sys/class/net/eth0/device/x", "", 0644);
	bench_write(b, "sys/class/net/eth0/operstate", "up\n", 0644);
	return b;
}

TEST(the_step_looks_and_verifies)
{
	_cleanup_bench_ struct bench *b = machine();
	const struct doc *memory, *disk;

	CHECK_OK(step_hostcheck(&b->c, b->result));
	CHECK_INT(doc_integer(doc_get(b->result, "cpu"), "online", -1), 6);
	memory = doc_get(b->result, "memory");
	CHECK_INT(doc_integer(memory, "totalBytes", -1), 200000 * 1024);
	CHECK(doc_integer(memory, "verifiedBytes", 0) > 10000000);
	CHECK_INT(doc_integer(memory, "badWords", -1), 0);
	disk = doc_get(b->result, "disk");
	CHECK_INT(doc_integer(disk, "verifiedBytes", -1), 2 * MIB);
	CHECK_INT(doc_integer(disk, "badBytes", -1), 0);
	CHECK_INT(doc_integer(doc_get(b->result, "pci"), "nvidia", -1), 1);
	CHECK_INT(doc_get(b->result, "disks")->n_items, 1);
	CHECK_INT(doc_integer(doc_at(b->result, "/disks/0"), "bytes", -1), MIB);
	CHECK_STR(doc_str(doc_at(b->result, "/nics/0"), "state"), "up");
	CHECK(doc_boolean(doc_get(b->result, "route"), "default", false));
}

TEST(a_small_machine_tests_half_at_most)
{
	static const struct {
		uint64_t available_kb, share, asked;
	} rows[] = {
		{ 100000, 0, 0 },			/* not asked */
		{ 6000, 10, 6000 * 512 / 4096 * 4096 }, /* less than twice 4 MiB is free */
		{ 200000, 10, 4 * MIB },
		{ 200000, 100000, 200000 * 1024 / 1000000 * 100000 / 4096 * 4096 }, /* a tenth */
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_bench_ struct bench *b = machine();
		_cleanup_free_ char *text =
			xasprintf("MemTotal: 400000 kB\nMemAvailable: %llu kB\n",
				  (unsigned long long)rows[i].available_kb);

		bench_write(b, "proc/meminfo", text, 0644);
		b->config.hostcheck.memory_share = (uint32_t)rows[i].share;
		CHECK_OK(step_hostcheck(&b->c, b->result));
		CHECK_INT(doc_integer(doc_get(b->result, "memory"), "verifiedBytes", -1),
			  rows[i].asked);
	}
}

TEST(smt_is_switched_off)
{
	_cleanup_bench_ struct bench *b = machine();
	_cleanup_free_ char *control = NULL;

	b->config.group.threads_per_core = 1;
	/* A file does not act on what is written to it: the siblings still run. */
	CHECK_FAULT(step_hostcheck(&b->c, b->result), "host.smt");
	control = bench_read(b, "sys/devices/system/cpu/smt/control");
	CHECK(str_startswith(control, "off"));
}

TEST_MAIN
