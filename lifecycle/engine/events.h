/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* MESSAGE_ID of each kind of event; units/muster.catalog explains them to journalctl -x. */

#define EVENT_STEP_BEGIN "cde1d26ce7254b5482656e3cc56f2b9e" /* A step of the bring-up begins */
#define EVENT_STEP_END "c51116d598304a1f8387e11ba97d53d5" /* A step of the bring-up ended */
#define EVENT_VERDICT "2ac76edad3de441ab1371a70fc40ae23" /* The bring-up ended */
#define EVENT_RUN "eedd498ade8c49a4b011d2e158791431" /* A bring-up begins or goes on */
#define EVENT_TORN "a4b14ccf2aa74f9d9d5d4cff4d2d1f63" /* The history had a torn tail */
#define EVENT_LAST_WORDS "f291b51529b5429e8465d9ba34ad5e0b" /* Why it failed */
