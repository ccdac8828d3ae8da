/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The Node before and after the kubelet: what an earlier boot left is withdrawn, the units are
 * started under a watch for the Node, and its gate closed. */

#include "lifecycle/values/nodeclient.h"

/* Before the kubelet may start. A Node under our name with another providerID is never claimed:
 * waited for until it is gone, bounded, then fault join.name_taken. Fault join.name_refused where
 * the API knows the role but not this name. */
struct fault *node_withdraw(struct node_client *n) _must_check_;
/* Writes may-join and starts the units in order; a unit that runs with files that have changed is
 * started anew. *ret_words is static text for the result. Faults: kubelet.failed, unit.*. */
struct fault *units_start(const struct step_context *c, const struct doc *changed,
			  const char **ret_words) _must_check_;
/* The second half of it, where there is a systemd. */
struct fault *units_start_in_order(const struct step_context *c, const struct doc *changed)
	_must_check_;
/* kubelet.failed with the unit's last lines where the kubelet does not stay up, else NULL. */
struct fault *kubelet_health(const struct step_context *c) _must_check_;
struct fault *kubelet_unit_health(const char *unit) _must_check_;
/* Takes f and gives it back with the kubelet's last error in its message and the last lines of its
 * journal as evidence, where there is a systemd. */
struct fault *kubelet_words(const struct step_context *c, struct fault *f) _must_check_;
/* What the last line of severity E or F says; owned, NULL where there is none. */
char *klog_last_error(const char *text);
/* Has the units started, once the Node can no longer come unseen, and waits until the kubelet of
 * this boot has registered it; gate `cordon` closes the instant that it is there. Faults:
 * join.not_registered, join.name_taken, kubelet.failed, and those of start. */
struct registration {
	struct fault *(*start)(void *arg); /* called once */
	void *arg;
	struct doc *node; /* then: the Node, owned */
	bool was_open;	  /* and whether pods could be bound to it before it was cordoned */
};
struct fault *node_register(struct node_client *n, struct registration *r) _must_check_;
/* Closes the gate of a registered Node and looks whether it is closed. *ret_by: "label", "cordon",
 * "taint", or "person" where somebody else's cordon holds it. Fault gate.not_closed. */
struct fault *node_close(struct node_client *n, const struct doc *node, const char **ret_by)
	_must_check_;
