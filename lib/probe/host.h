/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Facts about the machine, as the kernel tells them; never verdicts.
 *
 * root is "" or the folder that holds sys/ and proc/. Every probe answers 0 or -errno: an error
 * means "could not look" and is not the same as "there is none" (0 and an empty list). A single
 * attribute that a device does not have is NULL or negative. Lists are in name order.
 * Paths: Linux Documentation/ABI/{stable,testing}/sysfs-*, proc(5). */

#include "lib/base/macro.h"

struct probe_cpu {
	int64_t online; /* logical */
	char *smt;	/* smt/control: "on", "off", "forceoff", "notsupported", "notimplemented";
			 * NULL: the kernel has none */
	bool smt_active;
};
int probe_cpu(const char *root, struct probe_cpu *ret);
void probe_cpu_done(struct probe_cpu *c);
/* Writes "off"; what the kernel answers, and then whether it is so. -EOPNOTSUPP where there is
 * nothing to switch and siblings run. */
int probe_smt_off(const char *root);

struct probe_memory { /* bytes */
	uint64_t total, available;
};
int probe_memory(const char *root, struct probe_memory *ret);

struct probe_pci {
	char *address; /* "0000:b9:00.0" */
	uint32_t vendor, device, class; /* class: 24 bits */
	char *driver;  /* NULL: none bound */
};
struct probe_pcis {
	struct probe_pci *item;
	size_t n;
};
int probe_pci(const char *root, struct probe_pcis *ret);
/* The driver of NVIDIA's GPUs is loaded: /proc/driver/nvidia/version. */
bool probe_nvidia_driver(const char *root);
void probe_pcis_done(struct probe_pcis *l);

struct probe_disk { /* that a driver stands behind: no loop, ram, dm, md */
	char *name;   /* "nvme1n1" */
	char *serial; /* NULL: says none */
	char *model;
	uint64_t bytes;
	bool removable;
};
struct probe_disks {
	struct probe_disk *item;
	size_t n;
};
int probe_disks(const char *root, struct probe_disks *ret);
void probe_disks_done(struct probe_disks *l);

struct probe_nic { /* that a device stands behind: no bridge, veth, loopback */
	char *name;
	char *address;	 /* permanent where the driver says, else the current one */
	char *state;	 /* operstate: "up", "down", … */
	char *driver;
};
struct probe_nics {
	struct probe_nic *item;
	size_t n;
};
int probe_nics(const char *root, struct probe_nics *ret);
void probe_nics_done(struct probe_nics *l);

/* A line of /sys/class/dmi/id, owned; NULL where there is none or it may not be read. */
char *probe_dmi(const char *root, const char *name);
/* Model of instance-store disks on EC2. */
#define PROBE_INSTANCE_STORE "Amazon EC2 NVMe Instance Storage"

struct probe_clock {
	bool synchronized; /* the kernel is told so by ntpd, chronyd, timesyncd */
	int64_t error_usec; /* estimated, -1: unknown */
	int64_t year;
};
int probe_clock(struct probe_clock *ret);

/* Whether a default route exists, IPv4 or IPv6. */
int probe_default_route(const char *root, bool *ret);
