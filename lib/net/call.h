/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The door between muster and muster-net.
 *
 * muster never opens a connection. It starts muster-net (own user, no capabilities, own filter),
 * hands it one request document over a socketpair (descriptor 3), and gets frames back: entries
 * and bytes of a bundle for the one request that streams, and exactly one result document or
 * fault. Everything that comes back is untrusted: bounded here, checked by a schema in the caller.
 *
 * Frame: one byte kind, four bytes length (big endian), payload.
 *	'Q' request (JSON, at most 1 MiB), parent to child, once
 *	'E' entry (JSON {"path","type":"file|dir|symlink","mode","size","target"}, or what else an
 *	    operation says while it works), at most 16 KiB
 *	'B' bytes of the entry before it, at most 256 KiB
 *	'R' result (JSON), at most 1 MiB, last
 *	'F' fault (JSON {"id","errno","message"}), at most 64 KiB, last
 */

#include "lib/doc/doc.h"

struct net_sink { /* for requests that stream; NULL otherwise */
	struct fault *(*entry)(void *arg, const struct doc *entry);
	struct fault *(*bytes)(void *arg, const void *data, size_t len);
	void *arg;
};

/* One request. `operation` names it ("identity", "credentials", "bundle", "node.get", …), `request`
 * holds its parameters. Faults: the remote fault as it is (id checked for form), net.protocol (a
 * frame that breaks the rules), net.crashed, net.timeout (the child is killed: at the
 * deadline, but not before it had a second to say what it was waiting for), spawn.*. */
struct fault *net_call(const char *operation, const struct doc *request, uint64_t deadline_ms,
		       const struct net_sink *sink, struct doc **ret) _must_check_;

/* The same; the child has `fd` (borrowed) as descriptor 4. For "unpack". */
struct fault *net_call_with_fd(const char *operation, const struct doc *request,
			       uint64_t deadline_ms, const struct net_sink *sink, int fd,
			       struct doc **ret) _must_check_;

/* What the child does to itself right before exec: box_enter and a resolved box, set once by the
 * main that links lib/box (a neighbour, which is why this is a hook). Default: nothing. `prepare`
 * must be async-signal-safe and answers 0 or -errno; arg is borrowed for good. */
void net_set_prepare(int (*prepare)(void *arg), void *arg);

/* Where muster-net lies: MUSTER_NET in the environment (tests, build folder), else libexec. */
const char *net_program(void);

/* The child's side. */
struct net_server {
	int fd;
	uint64_t deadline_ms; /* boottime; set by net_receive, a little before the parent's */
};
struct fault *net_receive(struct net_server *s, char **ret_operation, struct doc **ret_request)
	_must_check_;
struct fault *net_send_entry(struct net_server *s, const struct doc *entry) _must_check_;
struct fault *net_send_bytes(struct net_server *s, const void *data, size_t len) _must_check_;
struct fault *net_send_result(struct net_server *s, const struct doc *result) _must_check_;
struct fault *net_send_fault(struct net_server *s, const struct fault *f) _must_check_;
