/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/probe/memory.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>
#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>
#endif

#include "lib/base/clock.h"

#define BLOCK ((size_t)4 << 20) /* bytes between two looks at the clock */
#define PAGE 4096
#define LINE 64 /* bytes: no cache line of x86-64 or arm64 is shorter */

/* Two rounds of the finalizer of splitmix64 (public domain, Vigna): any bit of the number turns
 * about half of the bits of the pattern. */
static inline uint64_t pattern(uint64_t n, uint64_t seed)
{
	uint64_t z = n * UINT64_C(0x9e3779b97f4a7c15) + seed;

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

void memory_fill(uint64_t *word, size_t n, uint64_t first, uint64_t seed, bool inverted)
{
	uint64_t flip = inverted ? UINT64_MAX : 0;

	for (size_t i = 0; i < n; i++)
		word[i] = pattern(first + i, seed) ^ flip;
}

void memory_compare(const uint64_t *word, size_t n, uint64_t first, uint64_t seed, bool inverted,
		    struct memory_error *error)
{
	uint64_t flip = inverted ? UINT64_MAX : 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t expected = pattern(first + i, seed) ^ flip, found = word[i];

		if (found == expected || error->count++ > 0)
			continue;
		error->offset = (first + i) * sizeof(*word);
		error->address = (uint64_t)(uintptr_t)&word[i];
		error->expected = expected;
		error->found = found;
		error->bits = found ^ expected;
	}
}

#ifdef __x86_64__
/* CPUID leaf 7: EBX bit 23 (Intel SDM volume 2, CPUID). The older clflush, which every x86-64 has,
 * waits for each line. */
static bool has_clflushopt(void)
{
	unsigned a, b = 0, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & (1u << 23));
}

__attribute__((target("clflushopt"))) static void flush_lines(const char *p, size_t len)
{
	bool fast = has_clflushopt();

	for (size_t i = 0; i < len; i += LINE) {
		if (fast)
			_mm_clflushopt((void *)(uintptr_t)(p + i));
		else
			_mm_clflush(p + i);
	}
	_mm_mfence();
}
#elif defined(__aarch64__)
/* Linux lets programs do so: SCTLR_EL1.UCI. */
static void flush_lines(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i += LINE)
		__asm__ volatile("dc civac, %0" ::"r"(p + i) : "memory");
	__asm__ volatile("dsb sy" ::: "memory");
}
#else
#error "no way known to put what was written out of the caches"
#endif

/* What is still in a cache would be compared with itself: some have 384 MiB of it. */
static void to_memory(const uint64_t *word, size_t n)
{
	flush_lines((const char *)word, n * sizeof(*word));
}

struct slice { /* one thread's part */
	pthread_t thread;
	void (*phase)(struct slice *s);
	uint64_t *word;
	uint64_t first;
	size_t n;	/* words */
	size_t written, turned, done; /* words that went through a phase */
	uint64_t seed;
	uint64_t until_ms; /* of the phase */
	struct memory_error error;
};

/* A thread that runs into memory which the controller could not correct lands here. */
static __thread sigjmp_buf *escape;
static __thread void *lost;

static void on_bus_error(int sig, siginfo_t *info, void *context)
{
	(void)context;
	if (!escape) {
		(void)signal(sig, SIG_DFL); /* not ours: happens again, and ends the process */
		return;
	}
	lost = info->si_addr;
	siglongjmp(*escape, 1);
}

static void lose(struct slice *s)
{
	uint64_t at = (uint64_t)(uintptr_t)lost, base = (uint64_t)(uintptr_t)s->word;

	if (s->error.count++ == 0)
		s->error = (struct memory_error){
			.offset = s->first * sizeof(*s->word) + (at > base ? at - base : 0),
			.address = at, .count = 1, .uncorrected = true };
	s->n = s->written = s->turned = 0; /* the rest of it is left alone */
}

static void *run_phase(void *arg)
{
	struct slice *s = arg;
	sigjmp_buf here;

	if (sigsetjmp(here, 1) == 0) {
		escape = &here;
		s->phase(s);
	} else {
		lose(s);
	}
	escape = NULL;
	return NULL;
}

/* The first block is always taken, so that even a deadline in the past proves something. */
static size_t next_block(const struct slice *s, size_t at, size_t end)
{
	if (at >= end || (at > 0 && clock_left(s->until_ms) == 0))
		return 0;
	return MIN(end - at, BLOCK / sizeof(*s->word));
}

static void write_all(struct slice *s)
{
	for (size_t n; (n = next_block(s, s->written, s->n)) > 0; s->written += n) {
		memory_fill(s->word + s->written, n, s->first + s->written, s->seed, false);
		to_memory(s->word + s->written, n);
	}
}

static void turn_all(struct slice *s)
{
	for (size_t n; (n = next_block(s, s->turned, s->written)) > 0; s->turned += n) {
		uint64_t *word = s->word + s->turned;

		memory_compare(word, n, s->first + s->turned, s->seed, false, &s->error);
		memory_fill(word, n, s->first + s->turned, s->seed, true);
		to_memory(word, n);
	}
}

static void compare_all(struct slice *s)
{
	for (size_t n; (n = next_block(s, s->done, s->turned)) > 0; s->done += n)
		memory_compare(s->word + s->done, n, s->first + s->done, s->seed, true, &s->error);
}

static int each_slice(struct slice *slice, int n, void (*phase)(struct slice *), uint64_t until_ms)
{
	int started = 0, r = 0;

	for (; started < n; started++) {
		slice[started].phase = phase;
		slice[started].until_ms = until_ms;
		r = -pthread_create(&slice[started].thread, NULL, run_phase, &slice[started]);
		if (r < 0)
			break;
	}
	for (int i = 0; i < started; i++)
		(void)pthread_join(slice[i].thread, NULL);
	return r;
}

static int cpus(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		return CPU_COUNT(&set);
	return (int)MAX(sysconf(_SC_NPROCESSORS_ONLN), 1L);
}

static void sum_up(struct memory_test *t, const struct slice *s)
{
	uint64_t count = t->error.count + s->error.count;

	t->verified += s->done * sizeof(uint64_t);
	if (t->error.count == 0)
		t->error = s->error;
	t->error.count = count;
}

static void cut(const struct memory_range *range, int threads, struct slice *slice)
{
	size_t share = range->n / (size_t)threads;
	uint64_t seed = random_u64();

	for (int i = 0; i < threads; i++) {
		size_t from = share * (size_t)i;
		size_t to = i + 1 == threads ? range->n : from + share;

		slice[i] = (struct slice){ .word = range->word + from, .first = from,
					   .n = to - from, .seed = seed };
	}
}

static void tell(const struct memory_range *range, int pass)
{
	if (range->written)
		range->written(range->arg, pass);
}

static int run_phases(const struct memory_range *range, struct slice *slice, int n,
		      uint64_t deadline_ms)
{
	uint64_t begun = clock_boottime_ms(), left = deadline_ms - MIN(begun, deadline_ms);
	int r = each_slice(slice, n, write_all, begun + left / 3);

	if (r < 0)
		return r;
	tell(range, 0);
	r = each_slice(slice, n, turn_all, begun + left / 3 * 2);
	if (r < 0)
		return r;
	tell(range, 1);
	return each_slice(slice, n, compare_all, deadline_ms);
}

int memory_test_range(const struct memory_range *range, uint64_t deadline_ms,
		      struct memory_test *ret)
{
	struct slice slice[MEMORY_THREADS_MAX] = { 0 };
	struct sigaction ours = { .sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO }, before;
	uint64_t begun = clock_boottime_ms();
	int r;

	*ret = (struct memory_test){ .asked = range->n * sizeof(*range->word),
				     .threads = MIN(cpus(), MEMORY_THREADS_MAX) };
	if (range->n == 0)
		return 0;
	cut(range, ret->threads, slice);
	if (sigaction(SIGBUS, &ours, &before) < 0)
		return -errno;
	r = run_phases(range, slice, ret->threads, deadline_ms);
	(void)sigaction(SIGBUS, &before, NULL);
	for (int i = 0; i < ret->threads; i++)
		sum_up(ret, &slice[i]);
	ret->ms = clock_boottime_ms() - begun;
	return r;
}

int memory_test(uint64_t bytes, uint64_t deadline_ms, struct memory_test *ret)
{
	size_t size = (size_t)(bytes / PAGE * PAGE);
	struct memory_range range = { .n = size / sizeof(*range.word) };
	int r;

	*ret = (struct memory_test){ .asked = bytes };
	if (size == 0)
		return 0;
	range.word = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (range.word == MAP_FAILED)
		return -errno;
	(void)madvise(range.word, size, MADV_HUGEPAGE);
	(void)madvise(range.word, size, MADV_DONTDUMP);
	r = memory_test_range(&range, deadline_ms, ret);
	(void)munmap(range.word, size);
	return r;
}
