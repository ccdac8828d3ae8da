/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/path.h"
#include "lib/probe/host.h"
#include "tests/unit/test.h"

#define MIB ((uint64_t)1 << 20)

/* ---- a machine made of files: everything below is a standin */

static void standin(const char *root, const char *name, const char *text)
{
	_cleanup_free_ char *path = path_join(root, name);

	CHECK_OK(file_write_volatile(path, text, strlen(text), 0644));
}

static char *standin_root(const char *name)
{
	char *root = path_join(test_dir(), name);

	CHECK_INT(mkdir(root, 0755), 0);
	return root;
}

TEST(standin_without_anything_cannot_be_looked_at)
{
	_cleanup_free_ char *root = standin_root("none");
	struct probe_cpu cpu;
	struct probe_memory memory;
	struct probe_pcis pci;
	struct probe_disks disks;
	struct probe_nics nics;
	bool route;

	CHECK_INT(probe_cpu(root, &cpu), -ENOENT);
	CHECK_INT(probe_memory(root, &memory), -ENOENT);
	CHECK_INT(probe_pci(root, &pci), -ENOENT);
	CHECK_INT(probe_disks(root, &disks), -ENOENT);
	CHECK_INT(probe_nics(root, &nics), -ENOENT);
	CHECK_INT(probe_default_route(root, &route), -ENOENT);
	CHECK(!probe_dmi(root, "product_serial"));
}

TEST(standin_processors_are_counted)
{
	static const struct {
		const char *online;
		int64_t n; /* 0: cannot be read */
	} rows[] = {
		{ "0\n", 1 }, { "0-3\n", 4 }, { "0-3,8-11\n", 8 }, { "0,2,4-5\n", 4 }, { "\n", 0 },
		{ "all\n", 0 }, { "3-\n", 0 }, { "0-9999999999999\n", 0 }, { "5-2\n", 0 },
	};
	_cleanup_free_ char *root = standin_root("cpus");

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct probe_cpu cpu;
		int r;

		standin(root, "sys/devices/system/cpu/online", rows[i].online);
		r = probe_cpu(root, &cpu);
		CHECK_MSG((r == 0) == (rows[i].n > 0), "%s gives %d", rows[i].online, r);
		CHECK_MSG(r < 0 || cpu.online == rows[i].n, "%s gives %lld", rows[i].online,
			  (long long)cpu.online);
		probe_cpu_done(&cpu);
	}
}

TEST(standin_smt_is_switched_off)
{
	_cleanup_free_ char *root = standin_root("smt"), *said = NULL;
	_cleanup_free_ char *control = path_join(root, "sys/devices/system/cpu/smt/control");
	struct probe_cpu cpu;

	standin(root, "sys/devices/system/cpu/online", "0-7\n");
	CHECK_INT(probe_smt_off(root), -EOPNOTSUPP);
	CHECK_INT(probe_cpu(root, &cpu), 0);
	CHECK(!cpu.smt && !cpu.smt_active);
	standin(root, "sys/devices/system/cpu/smt/control", "on\n");
	standin(root, "sys/devices/system/cpu/smt/active", "1\n");
	CHECK_INT(probe_cpu(root, &cpu), 0);
	CHECK_STR(cpu.smt, "on");
	CHECK(cpu.smt_active);
	probe_cpu_done(&cpu);
	CHECK_INT(probe_smt_off(root), 0);
	CHECK_INT(file_read_line(control, &said), 0);
	CHECK(str_startswith(said, "off"));
}

TEST(standin_memory_is_read_or_refused)
{
	_cleanup_free_ char *root = standin_root("mem");
	struct probe_memory m;

	standin(root, "proc/meminfo", "MemTotal:  1024 kB\nMemFree: 1 kB\nMemAvailable: 512 kB\n");
	CHECK_INT(probe_memory(root, &m), 0);
	CHECK_INT(m.total, MIB);
	CHECK_INT(m.available, MIB / 2);
	standin(root, "proc/meminfo", "MemTotal:  1024 kB\n");
	CHECK_INT(probe_memory(root, &m), -ENODATA);
	standin(root, "proc/meminfo", "MemTotal: many kB\nMemAvailable: 512 kB\n");
	CHECK_INT(probe_memory(root, &m), -EINVAL);
}

TEST(standin_bus_is_listed_in_order)
{
	_cleanup_free_ char *root = standin_root("pci");
	_cleanup_free_ char *link = path_join(root, "sys/bus/pci/devices/0000:b9:00.0/driver");
	_cleanup_(probe_pcis_done) struct probe_pcis l = { 0 };

	standin(root, "sys/bus/pci/devices/0000:b9:00.0/vendor", "0x10de\n");
	standin(root, "sys/bus/pci/devices/0000:b9:00.0/device", "0x2330\n");
	standin(root, "sys/bus/pci/devices/0000:b9:00.0/class", "0x030200\n");
	standin(root, "sys/bus/pci/devices/0000:00:04.0/vendor", "0x1d0f\n");
	standin(root, "sys/bus/pci/devices/0000:00:04.0/device", "0xefa2\n");
	standin(root, "sys/bus/pci/devices/0000:00:04.0/class", "0x020000\n");
	standin(root, "sys/bus/pci/drivers/nvidia/x", "");
	CHECK_INT(symlink("../../drivers/nvidia", link), 0);
	CHECK_INT(probe_pci(root, &l), 0);
	CHECK_INT(l.n, 2);
	CHECK_STR(l.item[0].address, "0000:00:04.0");
	CHECK_INT(l.item[0].device, 0xefa2);
	CHECK(!l.item[0].driver);
	CHECK_STR(l.item[1].driver, "nvidia");
	CHECK_INT(l.item[1].class, 0x030200);
}

TEST(standin_disks_and_nics_need_a_device_behind)
{
	_cleanup_free_ char *root = standin_root("devices");
	_cleanup_(probe_disks_done) struct probe_disks d = { 0 };
	_cleanup_(probe_nics_done) struct probe_nics n = { 0 };

	standin(root, "sys/block/loop0/size", "8\n");
	standin(root, "sys/block/nvme0n1/size", "2048\n");
	standin(root, "sys/block/nvme0n1/device/serial", "  vol0123  \n");
	standin(root, "sys/block/nvme0n1/device/model", "Amazon Elastic Block Store   \n");
	standin(root, "sys/class/net/lo/operstate", "unknown\n");
	standin(root, "sys/class/net/ens5/device/vendor", "0x1d0f\n");
	standin(root, "sys/class/net/ens5/operstate", "up\n");
	standin(root, "sys/class/net/ens5/address", "02:00:00:00:00:01\n");
	CHECK_INT(probe_disks(root, &d), 0);
	CHECK_INT(d.n, 1);
	CHECK_INT(d.item[0].bytes, MIB);
	CHECK_STR(d.item[0].serial, "vol0123");
	CHECK_STR(d.item[0].model, "Amazon Elastic Block Store");
	CHECK_INT(probe_nics(root, &n), 0);
	CHECK_INT(n.n, 1);
	CHECK_STR(n.item[0].address, "02:00:00:00:00:01");
}

#define HEAD "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
#define NO6 "00000000000000000000000000000000"

TEST(standin_routes)
{
	static const struct {
		const char *v4, *v6;
		bool route;
	} rows[] = {
		{ HEAD, "", false },
		{ HEAD "ens5\t00000000\t0101A8C0\t0003\t0\t0\t512\t00000000\t0\t0\t0\n", "", true },
		{ HEAD "ens5\t0000A8C0\t00000000\t0001\t0\t0\t512\t0000FFFF\t0\t0\t0\n", "",
		  false },
		{ HEAD "tun0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000080\t0\t0\t0\n", "",
		  false }, /* half of the addresses */
		{ HEAD, NO6 " 00 " NO6 " 00 fe800000000000000000000000000001 00000400 00000001 "
			"00000000 00450003     ens5\n", true },
		{ HEAD, NO6 " 00 " NO6 " 00 " NO6 " ffffffff 00000001 00000000 00200200       lo\n",
		  false },
	};
	_cleanup_free_ char *root = standin_root("route");

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool route;

		standin(root, "proc/net/route", rows[i].v4);
		standin(root, "proc/net/ipv6_route", rows[i].v6);
		CHECK_INT(probe_default_route(root, &route), 0);
		CHECK_MSG(route == rows[i].route, "row %zu", i);
	}
}

/* ---- this machine */

TEST(this_machine_has_processors_memory_and_a_clock)
{
	_cleanup_(probe_cpu_done) struct probe_cpu cpu = { 0 };
	struct probe_memory m;
	struct probe_clock c;

	CHECK_INT(probe_cpu("", &cpu), 0);
	CHECK_INT(cpu.online, sysconf(_SC_NPROCESSORS_ONLN));
	CHECK_INT(probe_memory("", &m), 0);
	CHECK(m.total >= m.available && m.available > 0);
	CHECK_INT(probe_clock(&c), 0);
	CHECK(c.year >= 2024);
}

TEST_MAIN
