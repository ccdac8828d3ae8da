/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/file.h"
#include "lib/base/path.h"
#include "lib/box/box.h"
#include "lib/sys/spawn.h"
#include "tests/unit/child.h"
#include "tests/unit/test.h"

/* What /proc/self/status says in a program that was started in the box. */
static char *status_in(struct box *b)
{
	char *argv[] = { (char[]){ "cat" }, (char[]){ "/proc/self/status" },
			 (char[]){ "/proc/self/limits" }, (char[]){ "/proc/self/oom_score_adj" },
			 NULL };
	_cleanup_child_ struct child c = CHILD_NONE;
	struct spawn s = SPAWN_INIT;
	struct buf text = BUF_INIT;
	int ends[2], status = -1;

	CHECK(pipe2(ends, O_CLOEXEC) == 0);
	s.path = "/bin/cat";
	s.argv = argv;
	s.out = ends[1];
	s.prepare = box_enter;
	s.arg = b;
	CHECK_OK(spawn_start(&s, &c));
	close(ends[1]);
	CHECK_INT(fd_read_all(ends[0], &text, 65536), 0);
	close(ends[0]);
	CHECK_INT(child_wait(&c, clock_boottime_ms() + 20000, &status), 0);
	CHECK_INT(status, 0);
	return buf_take(&text);
}

#define CHECK_HAS(text, what) CHECK_MSG(strstr(text, what), "no \"%s\" in:\n%s", what, text)

TEST(an_empty_box_changes_nothing)
{
	struct box b = { 0 };
	_cleanup_free_ char *text = NULL, *want = NULL;

	CHECK_OK(box_resolve(&b));
	CHECK_INT(b.uid, geteuid());
	text = status_in(&b);
	want = xasprintf("Uid:\t%u\t%u\t%u\t%u\n", geteuid(), geteuid(), geteuid(), geteuid());
	CHECK_HAS(text, want);
	CHECK_HAS(text, "NoNewPrivs:\t0\n");
}

TEST(a_closed_box_leaves_nothing)
{
	struct box b = { .user = "nobody",
			 .no_capabilities = true,
			 .no_new_privs = true,
			 .not_dumpable = true,
			 .max_files = 55,
			 .max_file_size = 123456,
			 .max_processes = 400,
			 .max_memory = UINT64_C(1) << 40,
			 .oom_score_adj = 321 };
	_cleanup_free_ char *text = NULL, *uid = NULL, *gid = NULL;

	CHECK_OK(box_resolve(&b));
	if (geteuid() == 0)
		CHECK(setgroups(2, (const gid_t[]){ 5, 6 }) == 0);
	text = status_in(&b);
	if (geteuid() == 0)
		CHECK(setgroups(0, NULL) == 0);
	uid = xasprintf("Uid:\t%u\t%u\t%u\t%u\n", b.uid, b.uid, b.uid, b.uid);
	gid = xasprintf("Gid:\t%u\t%u\t%u\t%u\n", b.gid, b.gid, b.gid, b.gid);
	CHECK_HAS(text, uid);
	CHECK_HAS(text, gid);
	CHECK_HAS(text, "CapInh:\t0000000000000000\n");
	CHECK_HAS(text, "CapPrm:\t0000000000000000\n");
	CHECK_HAS(text, "CapEff:\t0000000000000000\n");
	CHECK_HAS(text, "CapAmb:\t0000000000000000\n");
	CHECK_HAS(text, "NoNewPrivs:\t1\n");
	CHECK_HAS(text, "Max open files            55                   55 ");
	CHECK_HAS(text, "Max file size             123456               123456 ");
	CHECK_HAS(text, "Max address space         1099511627776        1099511627776 ");
	CHECK_HAS(text, "Max core file size        0                    0 ");
	CHECK_HAS(text, "Max processes             400                  400 ");
	CHECK_HAS(text, "\n321\n");
	if (geteuid() != 0) {
		printf("# not root: the user is kept and the bounding set cannot be dropped\n");
		CHECK_INT(b.uid, geteuid());
		return;
	}
	CHECK(b.uid != 0 && b.gid != 0);
	CHECK_HAS(text, "CapBnd:\t0000000000000000\n");
	CHECK_HAS(text, "Groups:\t \n");
}

TEST(users_are_looked_up)
{
	struct box unknown = { .user = "no-such-user-here" }, root = { .user = "root" };

	CHECK_OK(box_resolve(&unknown));
	if (geteuid() != 0) {
		CHECK(!unknown.user);
		CHECK_INT(unknown.uid, geteuid());
		CHECK_OK(box_resolve(&root));
		return;
	}
	CHECK_INT(unknown.uid, 65534);
	CHECK_INT(unknown.gid, 65534);
	CHECK_FAULT(box_resolve(&root), "box.user");
}

TEST(a_limit_never_goes_up)
{
	struct box b = { .max_files = UINT64_C(1) << 40 };
	_cleanup_free_ char *text = NULL, *want = NULL;
	struct rlimit now;

	CHECK(getrlimit(RLIMIT_NOFILE, &now) == 0);
	text = status_in(&b);
	want = xasprintf("Max open files            %-20llu %-20llu ",
			 (unsigned long long)now.rlim_cur, (unsigned long long)now.rlim_max);
	CHECK_HAS(text, want);
}

/* A server on loopback that answers one connection with one byte. */
static int listener, port;

static void *serve(void *arg)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	(void)arg;
	if (fd >= 0 && write(fd, "x", 1) == 1)
		close(fd);
	return NULL;
}

static void start_server(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);

	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    listen(listener, 4) < 0 || getsockname(listener, (struct sockaddr *)&a, &len) < 0)
		abort();
	port = ntohs(a.sin_port);
}

static char *allowed_file, *other_file, *allowed_dir;

static const char *missing;

static int confine(void)
{
	const char *paths[] = { allowed_dir, "/etc/hosts", "/etc/nsswitch.conf", "/etc/resolv.conf",
				"/etc/host.conf", "/etc/gai.conf", "/lib", "/lib64", "/usr/lib",
				"/usr/lib64", "/etc/ld.so.cache", "/no/such/place/path", NULL };
	struct fault *f = box_confine_client(paths, &missing);

	if (f)
		printf("# %s: %s\n", f->id, f->message);
	EXPECT(!f);
	if (missing)
		printf("# this kernel has no %s\n", missing);
	return 0;
}

#define CONFINE() \
	do { \
		if (confine()) \
			return 1; \
	} while (0)

static bool has_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, 1u) > 0;
}

static int refused(long r)
{
	return r == -1 && (errno == EPERM || errno == EACCES);
}

static int files(void *arg)
{
	const bool landlock = has_landlock();
	int fd;

	(void)arg;
	CONFINE();
	EXPECT(streq(missing, landlock ? NULL : "landlock"));
	fd = open(allowed_file, O_RDONLY | O_CLOEXEC);
	EXPECT(fd >= 0);
	EXPECT(refused(open(allowed_file, O_RDWR | O_CLOEXEC)));
	EXPECT(refused(open(allowed_file, O_WRONLY | O_TRUNC | O_CLOEXEC)));
	EXPECT(refused(open("/tmp/muster-must-not-be", O_WRONLY | O_CREAT | O_CLOEXEC, 0600)));
	EXPECT(refused(unlink(allowed_file)));
	EXPECT(refused(mkdir("/tmp/muster-must-not-be", 0700)));
	EXPECT(refused(chmod(allowed_file, 0777)));
	if (landlock) {
		EXPECT(refused(open(other_file, O_RDONLY | O_CLOEXEC)));
		EXPECT(refused(open("/etc/passwd", O_RDONLY | O_CLOEXEC)));
		EXPECT(refused(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
	} else {
		EXPECT(open(other_file, O_RDONLY | O_CLOEXEC) >= 0);
	}
	return 0;
}

static int connect_out(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char byte = 0;

	EXPECT(fd >= 0);
	EXPECT(connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0);
	EXPECT(read(fd, &byte, 1) == 1 && byte == 'x');
	return 0;
}

static void *resolve(void *arg)
{
	struct addrinfo *found = NULL;
	int r = getaddrinfo("localhost", "80", NULL, &found);

	(void)arg;
	if (r != 0)
		printf("# getaddrinfo: %s\n", gai_strerror(r));
	else
		freeaddrinfo(found);
	return (void *)(intptr_t)r;
}

/* As libcurl's threaded resolver: the lookup runs in a thread that starts in the box. */
static int network(void *arg)
{
	pthread_t thread;
	void *r = (void *)1;

	(void)arg;
	CONFINE();
	EXPECT(connect_out() == 0);
	EXPECT(pthread_create(&thread, NULL, resolve, NULL) == 0);
	EXPECT(pthread_join(thread, &r) == 0);
	EXPECT(r == NULL);
	EXPECT(resolve(NULL) == NULL);
	return 0;
}

static int refusals(void *arg)
{
	(void)arg;
	CONFINE();
	EXPECT(refused(socket(AF_PACKET, SOCK_RAW, 0)));
	EXPECT(refused(socket(AF_INET, SOCK_RAW, 1)));
	EXPECT(refused(socket(AF_NETLINK, SOCK_RAW, 15)));
	EXPECT(refused(listen(0, 1)));
	EXPECT(refused(fork()));
	EXPECT(refused(kill(getppid(), 0)));
	EXPECT(refused(prctl(PR_SET_DUMPABLE, 1)));
	EXPECT(refused(setuid(0)));
	EXPECT(refused((long)syscall(SYS_io_uring_setup, 1, NULL)));
	EXPECT(syscall(SYS_clone3, NULL, 0) == -1 && errno == ENOSYS);
	EXPECT(prctl(PR_GET_DUMPABLE) == 0);
	return 0;
}

static int deadly_exec(void *arg)
{
	char *argv[] = { (char[]){ "true" }, NULL };

	(void)arg;
	CONFINE();
	execv("/bin/true", argv);
	return 2;
}

static int deadly_ptrace(void *arg)
{
	(void)arg;
	CONFINE();
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	return 2;
}

static int deadly_unshare(void *arg)
{
	(void)arg;
	CONFINE();
	syscall(SYS_unshare, 0x10000000);
	return 2;
}

/* The allow-list must carry the libraries it was made for, once they run. */
static int libraries(void *arg)
{
	void *crypto = dlopen("libcrypto.so.3", RTLD_NOW | RTLD_LOCAL);
	int (*random_bytes)(unsigned char *, int);
	unsigned char bytes[32] = { 0 };

	(void)arg;
	EXPECT(crypto);
	CONFINE();
	*(void **)&random_bytes = dlsym(crypto, "RAND_bytes");
	EXPECT(random_bytes && random_bytes(bytes, (int)sizeof(bytes)) == 1);
	EXPECT(dlopen("libz.so.1", RTLD_NOW | RTLD_LOCAL)); /* as NSS loads its modules late */
	return 0;
}

TEST(confined_files)
{
	CHECK_INT(test_child(files, NULL), 0);
}

TEST(confined_network)
{
	pthread_t thread;

	CHECK(pthread_create(&thread, NULL, serve, NULL) == 0);
	CHECK_INT(test_child(network, NULL), 0);
	pthread_join(thread, NULL);
}

TEST(confined_refusals)
{
	CHECK_INT(test_child(refusals, NULL), 0);
}

TEST(confined_deaths)
{
	CHECK_INT(test_child(deadly_exec, NULL), 128 + SIGSYS);
	CHECK_INT(test_child(deadly_ptrace, NULL), 128 + SIGSYS);
	CHECK_INT(test_child(deadly_unshare, NULL), 128 + SIGSYS);
}

TEST(confined_libraries)
{
	CHECK_INT(test_child(libraries, NULL), 0);
}

int main(int argc, char **argv)
{
	int r;

	allowed_dir = path_join(test_dir(), "allowed");
	allowed_file = path_join(allowed_dir, "file");
	other_file = path_join(test_dir(), "other");
	fault_free(file_write_volatile(allowed_file, "a", 1, 0644));
	fault_free(file_write_volatile(other_file, "b", 1, 0644));
	start_server();
	r = test_main(argc, argv);
	free(allowed_dir);
	free(allowed_file);
	free(other_file);
	return r;
}
