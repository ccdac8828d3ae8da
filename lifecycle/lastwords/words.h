/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The report object: what is known about a run that failed, without secrets.
 *
 * {"apiVersion":"muster/v1","kind":"LastWords","version","instance","boot","time",
 *  "identity":{instanceId, instanceType, region, availabilityZone, accountId, imageId,
 *		privateDnsName, privateIp, hardware},
 *  "status":{… as status_doc has it},
 *  "history":[the last WORDS_RECORDS records, reduced: no step's result, no configuration],
 *  "journal":[the last WORDS_LINES lines], "journalFault"?: why there are none}
 *
 * Members of records and identity come by an allow-list, so that a step that learns to say more
 * does not say it to the world; text goes through lib/doc/redact.h. 200 records of 2 KiB and 200
 * lines of 1 KiB are well below the megabyte that net_call takes. */

#include "lib/doc/redact.h"
#include "lifecycle/values/config.h"
#include "lifecycle/values/identity.h"

#define WORDS_RECORDS 200
#define WORDS_LINES 200
#define WORDS_LINE_MAX 1000

struct words_facts { /* borrowed */
	const struct identity *identity;
	const struct doc *status;
	const struct doc *records; /* array of words_keep; NULL: unreadable */
	char *const *journal;
	const char *journal_fault;
	const char *boot;
	uint64_t now_ms; /* wall clock */
};
struct doc *words_report(const struct words_facts *f, struct redactor *r);

/* One record of the history reduced; owned. */
struct doc *words_reduce(const struct doc *record);
/* Adds it to the list, whose oldest goes when there are more than WORDS_RECORDS. */
void words_keep(struct doc *records, const struct doc *record);

/* muster's last lines of this boot's journal, oldest first: its own, its steps' and scripts', and
 * what systemd says about the unit; by journalctl, whose --root is `root` where that is set. Faults
 * spawn.*, run.*. */
struct fault *words_journal(const char *root, uint64_t deadline_ms, char ***ret) _must_check_;

/* A redactor that knows what the configuration (may be NULL) gives scripts and installers in their
 * environment, and this process's own AWS credentials. */
struct redactor *words_redactor(const struct config *c);
