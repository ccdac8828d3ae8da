/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* `muster step NAME`: the inside of a step process. Not for people: it wants the supervisor's
 * request on descriptor 4 and answers on descriptor 3. */

int verb_step(const void *globals, const void *opts, int argc, char **argv);
