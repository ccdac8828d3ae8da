/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cost OUT COMMAND...: what COMMAND and all that it waited for cost, as "wall user system" in
 * microseconds and "maxrss" in KiB, into OUT. A process begins with the peak of the one that forked
 * it, thus this is small, and python does not do it.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long us_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000ll + t.tv_nsec / 1000;
}

static long long us_of(struct timeval t)
{
	return t.tv_sec * 1000000ll + t.tv_usec;
}

int main(int argc, char **argv)
{
	struct rusage u;
	long long begin = us_now(), wall;
	int status;
	pid_t pid;
	FILE *f;

	if (argc < 3)
		return 2;
	pid = fork();
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &u) != pid)
		return 126;
	wall = us_now() - begin;
	f = fopen(argv[1], "we");
	if (!f)
		return 126;
	fprintf(f, "%lld %lld %lld %ld\n", wall, us_of(u.ru_utime), us_of(u.ru_stime), u.ru_maxrss);
	if (fclose(f))
		return 126;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 125;
}
