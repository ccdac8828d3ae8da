/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What every process that calls muster-net says first: what muster-net may do. */

#include "lib/base/fault.h"

/* Faults of box_resolve. */
struct fault *netbox_use(void) _must_check_;
