/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* `muster last-words`: what muster-last-words.service runs when a run has failed.
 *
 * First the line on the console and in the journal, which need nothing; then, where configured and
 * by LAST_WORDS_MS in all, the report object, the tag, SetInstanceHealth, and ABANDON for hooks:
 * in this order, because the last two may end the machine. Each failure is logged once, with its
 * fault, and changes nothing: the exit code is always 0. */

#define LAST_WORDS_MS 45000 /* the unit has 60 s */
/* In the state folder: the tag tells of a failure. attend.h takes it back. */
#define TAG_MARK "tagged"

int verb_last_words(const void *globals, const void *opts, int argc, char **argv);
