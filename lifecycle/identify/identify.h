/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* identify: who am I. From identity.file (beneath the root), else from IMDSv2.
 *
 * Result: the identity (lifecycle/values/identity.h), and user data: "userData" when it is UTF-8
 * text without NUL, else "userDataBase64" (gzip, for one). Neither when there is none.
 *
 * Waits identity.wait for the link to come up. */

#include "lifecycle/engine/step.h"
#include "lifecycle/values/config.h"

struct fault *step_identify(const struct step_context *c, struct doc *result) _must_check_;
const char *identify_skip(const struct config *c); /* never */
uint64_t identify_timeout(const struct config *c);

/* "sha256-<hex>" over the serials of this machine, or NULL where it has none to tell by.
 *
 * Everywhere the DMI serials and UUID count. On EC2 volumes and network interfaces come and go
 * while the instance lives, and its DMI serial and UUID follow the instance, not the host; what
 * does change with the host, and cannot be attached later, are instance-store disks: of disks only
 * they count there, and no network card. (Serials of GPUs will be added by the probe that knows
 * them.) Elsewhere all disks that are not removable and all physical network cards count. */
char *identify_hardware(const char *root);

/* The identity out of what muster-net answered: untrusted, checked by a schema. */
struct fault *identify_from_imds(const struct doc *answer, struct doc *result) _must_check_;
