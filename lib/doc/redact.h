/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Takes secrets out of text that leaves the machine.
 *
 * What is taken out: values that the caller knows (of at least REDACT_LEAST bytes), what follows a
 * name that speaks of a secret (password, secret, token, credential, API key, access key, private
 * key, signature), Authorization headers and bearer tokens, passwords inside URLs, access key ids
 * of AWS, EKS tokens, JSON web tokens, PEM private keys, and runs of forty or more letters and
 * digits of which some are large, some small and some digits, which is what the secrets of AWS look
 * like. In doubt it is taken out: the cost of too much is one word less, the cost of too little is
 * a credential. A digest in hex, an ARN, an instance id and a path stay. */

#include "lib/doc/doc.h"

#define REDACTED "[redacted]"
#define REDACT_LEAST 4 /* a shorter value is in too many words to be told from them */

struct redactor;

struct redactor *redactor_new(void);
void redactor_free(struct redactor *r);
DEFINE_CLEANUP(struct redactor *, redactor_free)
#define _cleanup_redactor_ _cleanup_(redactor_freep)

/* Copied; NULL and what is too short do nothing. */
void redactor_add(struct redactor *r, const char *value);
void redactor_add_map(struct redactor *r, const struct doc *map); /* every string in it; or NULL */

/* A copy without secrets; owned. Lines go in one after the other in their order: a private key that
 * begins in one call ends in another. */
char *redact(struct redactor *r, const char *text);
/* Every string in the tree, in place; keys stay. */
void redact_doc(struct redactor *r, struct doc *d);
