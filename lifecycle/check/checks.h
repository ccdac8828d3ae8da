/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The checks: a table, and what runs and judges its rows. */

#include "lib/probe/memory.h"
#include "lib/probe/processor.h"
#include "lifecycle/check/check.h"
#include "lifecycle/values/accelerators.h"

#define UNKNOWN (-1)
#define CHECKS_MAX 32

enum { LEVEL_QUICK = 1, LEVEL_STRESS = 2, LEVEL_CONNECTIVITY = 4 };

struct check_facts { /* UNKNOWN: could not look */
	const char *instance_type;   /* may be NULL */
	int nvidia, neuron, efa;     /* on the bus */
	int nvidia_expected;	     /* what EC2 says of the type; UNKNOWN: it does not say */
	int64_t memory_verified, disk_verified; /* bytes, by hostcheck */
	bool driver_absent;	     /* of NVIDIA's GPUs: not loaded, or not bound to one of them */
	const char *nvidia_seen;     /* a line each: address and driver; NULL or "": none */
	int memory_error, processor_error; /* negative: that stress could not look */
	struct memory_test memory;	   /* asked 0: not stressed */
	struct processor_test processor;   /* tested 0: not stressed */
};

/* A check finds something wrong, says so in *value and *threshold, or returns false. */
struct finding {
	const char *id;
	const char *device;
	int64_t value, threshold; /* UNKNOWN: could not look, none */
	const char *source;
	const char *action;
};

struct check {
	const char *name;
	const char *about;
	unsigned levels; /* any of them selects it */
	/* Of a check that takes time: what it does. The others judge what is there already. */
	void (*look)(const struct step_context *c, uint64_t deadline_ms, struct check_facts *f);
	uint64_t (*takes)(const struct config *c); /* ms; NULL: no time of its own */
	const char *source; /* of that duration */
	/* What a finding is worth: 3 the machine is to be replaced, 2 to be rebooted, 1 to be
	 * looked at again. Who takes less time for as much goes first. */
	unsigned value;
	bool (*finds)(const struct check_facts *f, struct finding *ret);
};

/* Hardware before what was not looked at: of several findings the first row's decides. */
extern const struct check checks[];
extern const size_t n_checks;

/* Sets of checks are bits, row 0 the lowest. */
uint32_t checks_selected(unsigned levels);
uint32_t checks_without_time(uint32_t set);
uint64_t check_takes(const struct config *c, size_t i);
/* The rows of a set by value per time, what takes none first; returns how many. */
size_t checks_order(const struct config *c, uint32_t set, uint8_t order[CHECKS_MAX]);
/* What of a set ends within left_ms when run in that order. A check that does not fit is left, and
 * a shorter one after it may take its place. */
uint32_t checks_that_fit(const struct config *c, uint32_t set, uint64_t left_ms);

/* Fault check.level: a name that is no level. */
struct fault *check_levels(char *const *names, unsigned *ret) _must_check_;

/* What the checks of a set find wrong, as findings (an array that is appended to); the worst of
 * them as a fault. Pure. */
struct fault *check_verdict(const struct check_facts *f, uint32_t set, struct doc *findings)
	_must_check_;

/* Runs a set: fills "ran", "findings" and "facts" of the result. What takes time is begun only
 * while nothing was found. */
struct fault *checks_run(const struct step_context *c, uint32_t set, struct doc *result)
	_must_check_;

/* stress.c */
uint64_t stress_takes(const struct config *c);
void stress_memory(const struct step_context *c, uint64_t deadline_ms, struct check_facts *f);
void stress_processors(const struct step_context *c, uint64_t deadline_ms, struct check_facts *f);
bool stress_memory_finds(const struct check_facts *f, struct finding *ret);
bool stress_processors_finds(const struct check_facts *f, struct finding *ret);
/* The words of what they found: fault hw.memory or hw.cpu. */
struct fault *stress_fault(const struct finding *n, const struct check_facts *f) _must_check_;
void stress_report(const struct check_facts *f, struct doc *facts);
