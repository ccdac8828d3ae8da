/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A stand-in for the network below lib/net/http.h: what servers answer is the input.
 *
 *	STATUS LF (NAME ": " VALUE LF)* LF BODY RS
 *
 * one answer after the other, for whatever is asked; RS is 0x1e. A body that ends in US (0x1f)
 * breaks off there. Where no status stands, the connection fails. After the last answer nobody
 * answers any more. Time passes by sleeping and by asking alone (the program is linked with --wrap
 * for what tells time, and for the frames of muster-net, which are taken here). */

#include "lib/net/call.h"
#include "tests/fuzz/fuzz.h"

/* Runs one operation of muster-net, which must end in a result or a fault, never both, and in
 * neither more time than it was given. Returns the result, owned; NULL for a fault. */
struct doc *answers_to(struct fault *(*op)(struct net_server *, const struct doc *),
		       const char *request, const uint8_t *data, size_t size);
/* Gets every entry and the bytes of a bundle that an operation streams; may be NULL. */
extern struct net_sink answers_sink;
