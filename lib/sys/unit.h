/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* systemd units, by the systemctl program: the operator sees the same words in the journal. */

#include "lib/base/fault.h"

bool unit_systemd_is_running(void); /* sd_booted */
/* verb: "start", "stop", "restart", "daemon-reload", "enable", "mask"; unit may be NULL. Fault
 * unit.failed with systemctl's words as evidence, unit.absent when there is no such unit,
 * unit.timeout. */
struct fault *unit_do(const char *verb, const char *unit, uint64_t deadline_ms) _must_check_;
/* Property of a unit ("ActiveState", "Result", "FragmentPath", "ExecStart"); owned, "" when unset.
 * systemd answers for a unit that does not exist too: LoadState is then "not-found". At most 30 s;
 * faults unit.failed, unit.timeout. */
struct fault *unit_property(const char *unit, const char *property, char **ret) _must_check_;
/* Another program than systemctl (absolute, copied; NULL is systemctl): for tests, for --root. */
void unit_use_program(const char *path);
