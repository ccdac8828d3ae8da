/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* `muster run`: the supervisor's main. */

int verb_run(const void *globals, const void *opts, int argc, char **argv);
