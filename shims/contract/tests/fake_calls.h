/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls of a library that does not exist, by a contract written out by hand: what registered.c and report.c do in the shim.
 *
 *     void box_put(box *b, int key, void *mem FFISAN_RETAINED(b, box_put, box_clear, box_send) FFISAN_IN(len), size_t len) FFISAN_KEYED_BY(key);
 *     void box_clear(box *b);
 *     void box_send(box *b) FFISAN_BLOCKS;
 *     void box_close(box *b);
 *     void box_listen(box *b, const char *event, void (*fn)(void *) FFISAN_RETAINED(b, box_listen) FFISAN_NOTIFIED(gone),
 *                     void *user FFISAN_USER_DATA(fn), void (*gone)(void *)) FFISAN_KEYED_BY(event);
 *     void box_later(void (*fn)(void *) FFISAN_ONCE, void *user FFISAN_USER_DATA(fn));
 *     void box_run(void (*fn)(void *) FFISAN_UNTIL_DONE(done), void *user FFISAN_USER_DATA(fn), void (*done)(void *));
 *     void box_name(const char *text FFISAN_RETAINED(library, box_name) FFISAN_CSTRING);
 *     void box_lay(void *mem FFISAN_RETAINED_FOREVER);
 *     void box_eat(void *mem FFISAN_IN(1) FFISAN_CONSUMED);
 *     void box_look(void *mem FFISAN_IN(1));
 *     box *box_over(void *mem FFISAN_RETAINED(ret) FFISAN_IN(1));
 */
#ifndef FFISAN_CONTRACT_TESTS_FAKE_CALLS_H
#define FFISAN_CONTRACT_TESTS_FAKE_CALLS_H

#include "contract/registered.h"
#include "core/findings.h"

enum box_function {
    BOX_PUT,
    BOX_CLEAR,
    BOX_CLOSE,
    BOX_LISTEN,
    BOX_LATER,
    BOX_RUN,
    BOX_NAME,
    BOX_LAY,
    BOX_EAT,
    BOX_LOOK,
    BOX_OVER,
    BOX_SEND,
    BOX_FUNCTIONS
};

#define FAKE_LINE 77u

/* A call as it begins, at this stack address; its steps are not taken yet. */
struct registered_call fake_call(enum box_function function, uintptr_t cfa, const uint64_t *arguments, uint32_t count);
const struct registered *fake_registered(enum box_function function);
const struct module *fake_library(void);

/* Calls that are told to be open: of this thread, innermost first, and of others. */
void fake_open(struct registered_call *innermost, struct registered_call *of_another_thread);

/* This handle was made of that one. */
extern uint64_t fake_child, fake_parent;
extern struct managed_place fake_place; /* where managed code is */

/* What was reported since the last question. */
extern unsigned fake_findings;
extern struct finding fake_finding;
extern uint32_t fake_argument; /* of its first part */
unsigned fake_taken(void);

#endif
