/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A model checker for the engine: every history that a small machine can come to.
 *
 * What is real: state_fold, decide, situation_make, trigger_decide, verdict_doc, the step table
 * and the catalogue of faults. What is a model of it is in model-machine.c: the machine (power,
 * clock, hardware, disk), systemd, the operator, the steps' outcomes, and the order in which
 * engine.c and job.c write records. README.md says what is assumed, and what is proved.
 *
 * Time goes in ticks; every limit is a few of them. */

#include "lifecycle/engine/decide.h"
#include "lifecycle/engine/engine.h"

#define TICK_MS 1000
#define N_INSTANCES 2
#define N_EDITS 2	/* configurations: before and after an edit */
#define UNBOUNDED 15	/* as often as the world likes */
#define CHOICES_MAX 256
#define PACKED_MAX 384
#define ATTEMPTS_MAX 1	/* more of them are all alike; walk() counts on */

enum outcome { /* of a step */
	OUT_NONE,
	OUT_DONE,
	OUT_MOOT,	/* done, and its answer leaves another step nothing to do */
	OUT_CONFIG,	/* final, over with its run */
	OUT_SERVICE,	/* tried again */
	OUT_SCRIPT,	/* stays until reset */
	OUT_REBOOT,	/* asks for a reboot */
	OUT_HW_REBOOT,
	OUT_HW_REPLACE,
	OUT_CRASH,	/* the step process died */
	OUT_TIMEOUT,
	N_OUTCOMES
};
#define ONLY(o) (1u << (o))
#define ANY_OUTCOME (ONLY(OUT_TIMEOUT) - ONLY(OUT_CONFIG))
/* The first step says who the machine is: it runs no script and judges no hardware. */
#define FIRST_OUTCOMES (ONLY(OUT_DONE) | ONLY(OUT_CONFIG) | ONLY(OUT_SERVICE) | ONLY(OUT_CRASH))

enum property { /* README.md has them in words */
	P_TOTAL,    /* decide is deterministic, total and well formed */
	P_LIMBO,    /* an end of the allowed set is always reached */
	P_ONCE,	    /* what has an END does not run again; attempts count up */
	P_HARDWARE, /* replacement by evidence of this hardware only */
	P_ORDER,    /* Schedulable, and every BEGIN, only on what is done in this boot */
	P_BUDGET,   /* time and counts never go backwards or below nothing */
	P_WORD,	    /* what the cluster is told is the verdict */
	P_ABSTRACT, /* the model's own: what it forgets makes no difference */
	N_PROPERTIES
};

struct scene { /* a graph, its limits, and what its world may do */
	const char *name;
	struct step steps[STEPS_MAX];
	size_t n;
	uint32_t skip, skip_before; /* after and before the user data is known */
	unsigned timeout, budget;   /* ticks */
	unsigned crashes, reboots;
	unsigned outcomes[STEPS_MAX]; /* ONLY() bits */
	unsigned blows;	 /* kills, power cuts, failing writes; UNBOUNDED: not counted */
	unsigned wishes; /* of the operator: stop, start, reset, reboot, edit */
	unsigned moves;	 /* to other hardware, to another instance */
	/* By scene_prepare(): bits of what each step names as needs, and of all below it; steps by
	 * whom it may be moot and since whom it may close, and the keys. */
	uint32_t needs[STEPS_MAX], below[STEPS_MAX];
	uint8_t moot_by[STEPS_MAX], closing_needs[STEPS_MAX];
	char key[N_INSTANCES + 1][N_EDITS][STEPS_MAX][KEY_MAX]; /* instance 0: not known */
};

enum at { AT_DOWN, AT_TAKE_UP, AT_START, AT_PLAN, AT_LOOP, AT_FRESH, AT_AFRESH,
	  AT_INSTANCE };
enum gone { GONE_NOT, GONE_KILLED, GONE_STOPPED, GONE_BROKEN, GONE_VERDICT };

struct job_model {
	bool runs, cancelled;
	uint64_t begun_ms, deadline_ms;
};

/* What really happened, kept apart from what the engine's fold makes of it. */
struct truth {
	bool done, in_boot, in_run; /* the last END */
	bool shaken;		    /* what it was built on has ended since */
	bool stuck;		    /* that END is a failed script's */
	bool moot;		    /* that END is OUT_MOOT */
	uint8_t instance, edit;	    /* under which it was */
	unsigned begins;		    /* since the last success or reset */
};

struct machine {
	const struct scene *scene;
	struct state disk; /* the fold of what is durable */
	char boot[BOOT_ID_MAX];
	unsigned boots, runs; /* for names */
	uint64_t now_ms;
	uint8_t instance, hardware, edit;
	bool ticked, counted; /* time has passed in this boot; a record knows it */
	uint8_t blows, wishes, moves; /* left */
	/* the supervisor */
	enum at at;
	enum gone gone;
	bool written; /* it has made something durable */
	bool continues, same_boot, configured, stopping;
	struct job_model job[STEPS_MAX];
	/* what is so */
	struct truth truth[STEPS_MAX];
	uint8_t evidence;     /* the hardware, plus 1, that showed HW_REPLACE in this run */
	uint8_t rebooted_hw;  /* the hardware, plus 1, for which a reboot was asked in it */
	bool wants_reboot_hw; /* HW_REBOOT seen in this boot and run */
	uint8_t rebooted; /* reboots that this run has asked for */
	bool reset;	  /* by the operator, and nothing has started since */
	bool excused;	  /* a reset in the middle of a run: what was said is not known */
	uint8_t telling, told; /* verdicts (VERDICT_*): the closing step's, and once it is done */
	/* of the last move */
	enum property broken;
	const char *how; /* NULL: nothing is wrong; static text */
	struct buf *trace; /* NULL, or where records and events are written */
};

enum verdict_word { VERDICT_NONE, VERDICT_SCHEDULABLE, VERDICT_REBOOT, VERDICT_REPLACE,
		    VERDICT_UNSCHEDULABLE, N_VERDICTS };
extern const char *const verdict_words[N_VERDICTS];
enum verdict_word verdict_word(const char *state); /* VERDICT_NONE for anything else */

enum act {
	ACT_ENGINE, /* the supervisor's next record, or step of its own */
	ACT_NO_WRITE, ACT_KILL, ACT_CUT, /* blows */
	ACT_TICK, ACT_END, ACT_RESTART, ACT_REBOOT, /* the world goes on */
	ACT_CLEAN_REBOOT, /* a script says `reboot` */
	ACT_STOP, ACT_START, ACT_BOOT, ACT_RESET, ACT_RESET_ALL, ACT_EDIT, /* wishes */
	ACT_MOVE, ACT_COPY, /* other hardware, another instance */
};

enum fairness {
	FAIR,	 /* comes by itself, sooner or later */
	HOSTILE, /* may come, for ever */
	SELDOM,	 /* may come, but not for ever */
};

struct choice {
	uint8_t act, step, outcome, fairness;
};

/* model-machine.c */
void machine_init(struct machine *m, const struct scene *scene);
void machine_done(struct machine *m);
size_t machine_choices(struct machine *m, struct choice ret[CHOICES_MAX]);
void machine_do(struct machine *m, struct choice c);
bool machine_is_final(const struct machine *m); /* an end of the allowed set, and all is quiet */
const char *machine_id(const struct machine *m); /* of the instance that it is */
void machine_situation(const struct machine *m, struct situation *ret);
void scene_prepare(struct scene *s);
uint64_t scene_no_time(const struct config *c); /* a step's timeout is the scene's */
struct step scene_step(const struct step *real); /* skip, moot and timeout are the model's */

/* model-engine.c: the supervisor of the model. True when it has something to do by itself;
 * then *ret_writes says whether that is a record. */
bool engine_pending(struct machine *m, bool *ret_writes);
void engine_act(struct machine *m);
void engine_end(struct machine *m, size_t step, enum outcome o);
extern const char *const outcome_faults[N_OUTCOMES];
void append(struct machine *m, struct doc *record); /* durable, then folded */

/* model-truth.c: the properties */
void broken(struct machine *m, enum property p, const char *how);
uint32_t truth_needs(const struct machine *m, size_t step); /* seen through what is skipped */
bool truth_applies(const struct machine *m, size_t step);
bool truth_ended_well(const struct machine *m, size_t step);
bool truth_stands(const struct machine *m, size_t step);
void truth_begin(struct machine *m, size_t step, unsigned attempt, const struct decision *d);
void truth_end(struct machine *m, size_t step, enum outcome o, bool failed);
void truth_verdict(struct machine *m, const struct decision *d, const struct doc *verdict);
void truth_decision(struct machine *m, const struct situation *t, const struct decision *d);
void truth_boot(struct machine *m);
void truth_run(struct machine *m);
void truth_instance(struct machine *m);
void truth_reset(struct machine *m, size_t step);
extern const char *const property_names[N_PROPERTIES];

/* model-pack.c: the canonical form. Names of boots and runs, the order of records and times are
 * kept only as far as a decision can depend on them. */
size_t machine_pack(const struct machine *m, uint8_t out[PACKED_MAX]);
void machine_unpack(struct machine *m, const struct scene *scene, const uint8_t *in);

/* model-search.c */
struct report {
	size_t states, choices, depth, finals;
	const char *how[N_PROPERTIES]; /* NULL: holds */
	char *trace[N_PROPERTIES];     /* owned */
};
void search(const struct scene *scene, size_t limit, struct report *ret);
void report_done(struct report *r);

/* model-random.c */
uint64_t random_next(uint64_t *state, uint64_t below);
void random_scene(struct scene *s, uint64_t *random);
/* Walks at random without forgetting anything, beside a twin that does: they decide alike. */
void walk(const struct scene *scene, unsigned steps, uint64_t *random, struct report *ret);
