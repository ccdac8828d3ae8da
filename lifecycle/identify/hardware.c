/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/strv.h"
#include "lib/probe/host.h"
#include "lifecycle/identify/identify.h"

static bool is_ec2(const char *root)
{
	_cleanup_free_ char *vendor = probe_dmi(root, "sys_vendor");
	_cleanup_free_ char *bios = probe_dmi(root, "bios_vendor");

	return streq(vendor, "Amazon EC2") || streq(bios, "Amazon EC2");
}

static void add_dmi(const char *root, char ***serials)
{
	static const char *const names[] = { "board_serial", "product_serial", "product_uuid" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *value = probe_dmi(root, names[i]);

		if (value)
			strv_addf(serials, "%s=%s", names[i], value);
	}
}

static void add_disks(const char *root, bool ec2, char ***serials)
{
	_cleanup_(probe_disks_done) struct probe_disks disks = { 0 };

	if (probe_disks(root, &disks) < 0)
		return;
	for (size_t i = 0; i < disks.n; i++) {
		const struct probe_disk *d = &disks.item[i];

		if (d->serial && !d->removable && (!ec2 || streq(d->model, PROBE_INSTANCE_STORE)))
			strv_addf(serials, "disk=%s", d->serial);
	}
}

static void add_nics(const char *root, char ***serials)
{
	_cleanup_(probe_nics_done) struct probe_nics nics = { 0 };

	if (probe_nics(root, &nics) < 0)
		return;
	for (size_t i = 0; i < nics.n; i++)
		if (nics.item[i].address)
			strv_addf(serials, "nic=%s", nics.item[i].address);
}

char *identify_hardware(const char *root)
{
	_cleanup_strv_ char **serials = NULL;
	_cleanup_free_ char *all = NULL;
	bool ec2 = is_ec2(root);
	char hex[SHA256_HEX];

	add_dmi(root, &serials);
	add_disks(root, ec2, &serials);
	if (!ec2)
		add_nics(root, &serials);
	if (strv_len(serials) == 0)
		return NULL;
	strv_sort(serials); /* names of disks and cards change from boot to boot */
	all = strv_join(serials, "\n");
	sha256_hex_of(all, strlen(all), hex);
	return xasprintf("sha256-%s", hex);
}
