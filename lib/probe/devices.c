/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/path.h"
#include "lib/base/strv.h"
#include "lib/probe/host.h"
#include "lib/probe/sysfs.h"

#define MAC_SIZE 6
#define ADDRESS_MAX 32

int probe_pci(const char *root, struct probe_pcis *ret)
{
	_cleanup_free_ char *base = path_rooted(root, "/sys/bus/pci/devices");
	_cleanup_strv_ char **names = NULL;
	int r = sysfs_list(base, &names);

	*ret = (struct probe_pcis){ 0 };
	if (r < 0)
		return r;
	ret->item = NEW(struct probe_pci, strv_len(names) + 1);
	for (size_t i = 0; names && names[i]; i++) {
		_cleanup_free_ char *dir = path_join(base, names[i]);
		struct probe_pci *p = &ret->item[ret->n];

		if (sysfs_hex(dir, "vendor", &p->vendor) < 0 ||
		    sysfs_hex(dir, "device", &p->device) < 0 ||
		    sysfs_hex(dir, "class", &p->class) < 0)
			continue; /* it went away meanwhile */
		p->address = xstrdup(names[i]);
		p->driver = sysfs_link_name(dir, "driver");
		ret->n++;
	}
	return 0;
}

bool probe_nvidia_driver(const char *root)
{
	_cleanup_free_ char *dir = path_rooted(root, "/proc/driver/nvidia");

	return sysfs_has(dir, "version");
}

void probe_pcis_done(struct probe_pcis *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->item[i].address);
		free(l->item[i].driver);
	}
	free(l->item);
	*l = (struct probe_pcis){ 0 };
}

/* NVMe and virtio say it at the device or at the disk itself. */
static char *disk_text(const char *dir, const char *attribute)
{
	_cleanup_free_ char *device = path_join(dir, "device");
	char *text = sysfs_text(dir, attribute);

	return text ? text : sysfs_text(device, attribute);
}

int probe_disks(const char *root, struct probe_disks *ret)
{
	_cleanup_free_ char *base = path_rooted(root, "/sys/block");
	_cleanup_strv_ char **names = NULL;
	int r = sysfs_list(base, &names);

	*ret = (struct probe_disks){ 0 };
	if (r < 0)
		return r;
	ret->item = NEW(struct probe_disk, strv_len(names) + 1);
	for (size_t i = 0; names && names[i]; i++) {
		_cleanup_free_ char *dir = path_join(base, names[i]);
		struct probe_disk *d = &ret->item[ret->n];
		uint64_t sectors = 0, removable = 0;

		if (!sysfs_has(dir, "device"))
			continue;
		(void)sysfs_u64(dir, "size", &sectors); /* always of 512 bytes */
		(void)sysfs_u64(dir, "removable", &removable);
		*d = (struct probe_disk){ xstrdup(names[i]), disk_text(dir, "serial"),
					  disk_text(dir, "model"), sectors * 512, removable == 1 };
		ret->n++;
	}
	return 0;
}

void probe_disks_done(struct probe_disks *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->item[i].name);
		free(l->item[i].serial);
		free(l->item[i].model);
	}
	free(l->item);
	*l = (struct probe_disks){ 0 };
}

/* ETHTOOL_GPERMADDR: what the card has, whatever a bond or a link file has set. */
static char *permanent_address(const char *name)
{
	_cleanup_fd_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	/* struct ethtool_perm_addr: command, size, and then the bytes of the address. */
	uint32_t request[2 + ADDRESS_MAX / 4] = { ETHTOOL_GPERMADDR, ADDRESS_MAX };
	static const uint8_t none[MAC_SIZE];
	struct ifreq ifr = { .ifr_data = (char *)request };
	const uint8_t *b = (const uint8_t *)&request[2];

	if (fd < 0 || strlen(name) >= sizeof(ifr.ifr_name))
		return NULL;
	memcpy(ifr.ifr_name, name, strlen(name) + 1);
	if (ioctl(fd, SIOCETHTOOL, &ifr) < 0 || request[1] != MAC_SIZE ||
	    memcmp(b, none, MAC_SIZE) == 0)
		return NULL;
	return xasprintf("%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
}

static struct probe_nic read_nic(const char *root, const char *dir, const char *name)
{
	_cleanup_free_ char *device = path_join(dir, "device");
	struct probe_nic n = { .name = xstrdup(name) };

	if (!root || !root[0])
		n.address = permanent_address(name);
	if (!n.address)
		n.address = sysfs_text(dir, "address");
	n.state = sysfs_text(dir, "operstate");
	n.driver = sysfs_link_name(device, "driver");
	return n;
}

int probe_nics(const char *root, struct probe_nics *ret)
{
	_cleanup_free_ char *base = path_rooted(root, "/sys/class/net");
	_cleanup_strv_ char **names = NULL;
	int r = sysfs_list(base, &names);

	*ret = (struct probe_nics){ 0 };
	if (r < 0)
		return r;
	ret->item = NEW(struct probe_nic, strv_len(names) + 1);
	for (size_t i = 0; names && names[i]; i++) {
		_cleanup_free_ char *dir = path_join(base, names[i]);

		if (sysfs_has(dir, "device"))
			ret->item[ret->n++] = read_nic(root, dir, names[i]);
	}
	return 0;
}

void probe_nics_done(struct probe_nics *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->item[i].name);
		free(l->item[i].address);
		free(l->item[i].state);
		free(l->item[i].driver);
	}
	free(l->item);
	*l = (struct probe_nics){ 0 };
}
