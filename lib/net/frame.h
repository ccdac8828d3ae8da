/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The frames of lib/net/call.h, as both sides see them. Internal to lib/net. */

#include "lib/base/buf.h"
#include "lib/base/fault.h"

#define FRAME_HEADER 5
#define FRAME_REQUEST 'Q'
#define FRAME_ENTRY 'E'
#define FRAME_BYTES 'B'
#define FRAME_RESULT 'R'
#define FRAME_FAULT 'F'

/* Most bytes of a frame of this kind; 0: there is no such kind. */
uint32_t frame_max(char kind);

/* Sends one frame on a socket, never a signal. Waits until the deadline; NO_DEADLINE: for ever.
 * Faults: net.timeout, net.closed (the other end is gone), net.too_large (more than frame_max). */
struct fault *frame_send(int fd, char kind, const void *data, size_t len, uint64_t deadline_ms)
	_must_check_;
/* Receives one. Whatever the other end says, no more than frame_max is read; the payload replaces
 * what is in `out`. Faults: net.timeout, net.closed, net.protocol. */
struct fault *frame_receive(int fd, uint64_t deadline_ms, char *ret_kind, struct buf *out)
	_must_check_;
