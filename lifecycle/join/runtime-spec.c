/* SPDX-License-Identifier: Apache-2.0 */
/* The OCI spec that every container starts from: runc's default, with containerd's capabilities and
 * masks, and a limit of open files that programs of today can live with (soft 65536, hard 1048576).
 * https://github.com/opencontainers/runtime-spec/blob/main/config.md */

#include "lib/base/strv.h"
#include "lifecycle/join/plan.h"

static void add_words(struct doc *parent, const char *key, const char *words)
{
	struct doc *a = doc_set(parent, key, doc_array());
	_cleanup_strv_ char **v = strv_split(words, " ");

	for (char **w = v; *w; w++)
		doc_push(a, doc_string(*w));
}

static void add_linux(struct doc *d)
{
	static const char *const namespaces[] = { "ipc", "mount", "network", "pid", "uts" };
	struct doc *l = doc_set(d, "linux", doc_object()), *a;

	add_words(l, "maskedPaths",
		  "/proc/acpi /proc/asound /proc/kcore /proc/keys "
		  "/proc/latency_stats /proc/sched_debug /proc/scsi /proc/timer_list "
		  "/proc/timer_stats /sys/firmware");
	a = doc_set(l, "namespaces", doc_array());
	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++)
		doc_set_string(doc_push(a, doc_object()), "type", namespaces[i]);
	add_words(l, "readonlyPaths", "/proc/bus /proc/fs /proc/irq /proc/sys /proc/sysrq-trigger");
	a = doc_set(doc_set(l, "resources", doc_object()), "devices", doc_array());
	a = doc_push(a, doc_object());
	doc_set_string(a, "access", "rwm");
	doc_set_bool(a, "allow", false);
}

static void add_mounts(struct doc *d)
{
	static const struct {
		const char *destination, *type, *options;
	} mounts[] = {
		{ "/dev", "tmpfs", "nosuid strictatime mode=755 size=65536k" },
		{ "/dev/mqueue", "mqueue", "nosuid noexec nodev" },
		{ "/dev/pts", "devpts", "nosuid noexec newinstance ptmxmode=0666 mode=0620 gid=5" },
		{ "/proc", "proc", "nosuid noexec nodev" },
		{ "/sys", "sysfs", "nosuid noexec nodev ro" },
	};
	struct doc *a = doc_set(d, "mounts", doc_array());

	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		struct doc *m = doc_push(a, doc_object());

		doc_set_string(m, "destination", mounts[i].destination);
		add_words(m, "options", mounts[i].options);
		doc_set_string(m, "source", mounts[i].type);
		doc_set_string(m, "type", mounts[i].type);
	}
}

static void add_process(struct doc *d)
{
	static const char capabilities[] = "CAP_AUDIT_WRITE CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER "
					   "CAP_FSETID CAP_KILL CAP_MKNOD CAP_NET_BIND_SERVICE "
					   "CAP_NET_RAW CAP_SETFCAP CAP_SETGID CAP_SETPCAP "
					   "CAP_SETUID CAP_SYS_CHROOT";
	struct doc *p = doc_set(d, "process", doc_object()), *x;

	x = doc_set(p, "capabilities", doc_object());
	add_words(x, "bounding", capabilities);
	add_words(x, "effective", capabilities);
	add_words(x, "permitted", capabilities);
	doc_set_string(p, "cwd", "/");
	doc_set_bool(p, "noNewPrivileges", true);
	x = doc_push(doc_set(p, "rlimits", doc_array()), doc_object());
	doc_set_string(x, "type", "RLIMIT_NOFILE");
	doc_set_int(x, "soft", 65536);
	doc_set_int(x, "hard", 1048576);
	x = doc_set(p, "user", doc_object());
	doc_set_int(x, "gid", 0);
	doc_set_int(x, "uid", 0);
}

struct fault *make_runtime_spec(const struct join_plan *p, struct buf *out)
{
	_cleanup_doc_ struct doc *d = doc_object();

	(void)p;
	doc_set_string(d, "ociVersion", "1.1.0");
	add_process(d);
	doc_set_string(doc_set(d, "root", doc_object()), "path", "rootfs");
	add_mounts(d);
	add_linux(d);
	doc_write(d, DOC_PRETTY, out);
	return NULL;
}
