/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/clock.h"
#include "lib/probe/processor.h"
#include "tests/unit/test.h"

TEST(a_round_answers_what_python_answered)
{
	uint8_t answer[PROCESSOR_ANSWER];

	processor_compute(answer);
	CHECK(memcmp(answer, processor_known, sizeof(answer)) == 0);
}

TEST(each_processor_makes_a_round_whatever_the_time)
{
	struct processor_test t;

	CHECK_INT(processor_test(0, &t), 0);
	CHECK(t.tested >= 1);
	CHECK_INT(t.rounds, t.tested);
	CHECK_INT(t.wrong, 0);
	CHECK_INT(t.first_wrong, -1);
}

TEST(it_goes_on_until_its_time_is_over)
{
	uint64_t until = clock_boottime_ms() + 200;
	struct processor_test t;

	CHECK_INT(processor_test(until, &t), 0);
	CHECK(clock_boottime_ms() >= until);
	CHECK(t.rounds > (uint64_t)t.tested);
	CHECK_INT(t.wrong, 0);
}

/* One processor, one bit, after some rounds that are right. */
struct spoiler {
	int cpu; /* -1: the first that comes */
	int rounds;
};

static void spoil(void *arg, int cpu, uint8_t answer[PROCESSOR_ANSWER])
{
	struct spoiler *s = arg;
	int first = -1;

	memcpy(answer, processor_known, PROCESSOR_ANSWER);
	(void)__atomic_compare_exchange_n(&s->cpu, &first, cpu, false, __ATOMIC_SEQ_CST,
					  __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&s->cpu, __ATOMIC_SEQ_CST) == cpu && s->rounds++ == 3)
		answer[PROCESSOR_ANSWER - 1] ^= 0x10;
}

TEST(one_wrong_bit_names_its_processor)
{
	struct spoiler s = { .cpu = -1 };
	struct processor_test t;

	CHECK_INT(processor_test_round(spoil, &s, clock_boottime_ms() + 300, &t), 0);
	CHECK_INT(t.wrong, 1);
	CHECK_INT(t.first_wrong, s.cpu);
	CHECK_INT(s.rounds, 4); /* it has said enough */
}

TEST_MAIN
