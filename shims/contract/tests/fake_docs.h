/* SPDX-License-Identifier: Apache-2.0
 *
 * A library of handles that does not exist, by a contract written out by hand, and calls of it: what the dispatch and report.c
 * do in the shim.
 *
 *     doc  *doc_open(void) OWNED(doc_close);
 *     void  doc_close(doc *d CONSUMED);
 *     int   doc_use(doc *d);
 *     char *doc_title(doc *d) BORROWED(d, doc_rename);
 *     void  doc_rename(doc *d);
 *     void  doc_reset(doc *d) INVALIDATES(d);
 *     doc  *doc_default(void) STATIC;
 *     doc  *doc_of(doc *d) BORROWED(d);
 *     void  doc_attach(doc *d, doc *child CONSUMED);
 *     void  doc_take(doc **out OUT_OWNED(doc_close));
 *     doc  *doc_keep(doc *d REF);
 *     void  doc_drop(doc *d UNREF);
 *     part *part_new(void) OWNED(part_drop);
 *     part *part_keep(part *p REF);
 *     void  part_drop(part *p UNREF);
 *     char *text_new(size_t n) OWNED(text_free) FAMILY("text");
 *     void  text_free(char *t CONSUMED, size_t n) SIZED_BY(n) FAMILY("text");
 *     void  text_read(char *t IN(1));
 *     int   slot_open(void) OWNED(slot_close) HANDLE(slot);
 *     void  slot_close(int slot CONSUMED HANDLE(slot));
 *     void  slot_use(int slot HANDLE(slot));
 *     void  doc_alone(doc *d) SERIAL(d) CREATOR_THREAD(d);
 *     void  doc_step(doc *d) NO_REENTRY;
 *     char *lib_name(void) BORROWED(library, lib_rename);
 *     void  lib_rename(void);
 *     char *memory_new(void) OWNED(free);
 *     other *other_open(void) OWNED(other_close);
 *     void  other_close(other *o CONSUMED);
 *     void  doc_forget(doc *d CONSUMED WHEN(ret == 0));
 */
#ifndef FFISAN_CONTRACT_TESTS_FAKE_DOCS_H
#define FFISAN_CONTRACT_TESTS_FAKE_DOCS_H

#include "contract/registered.h"
#include "contract/report.h"
#include "contract/tables.h"

enum doc_function {
    DOC_OPEN,
    DOC_CLOSE,
    DOC_USE,
    DOC_TITLE,
    DOC_RENAME,
    DOC_RESET,
    DOC_DEFAULT,
    DOC_OF,
    DOC_ATTACH,
    DOC_TAKE,
    DOC_KEEP,
    DOC_DROP,
    PART_NEW,
    PART_KEEP,
    PART_DROP,
    TEXT_NEW,
    TEXT_FREE,
    TEXT_READ,
    SLOT_OPEN,
    SLOT_CLOSE,
    SLOT_USE,
    DOC_ALONE,
    DOC_STEP,
    LIB_NAME,
    LIB_RENAME,
    MEMORY_NEW,
    OTHER_OPEN,
    OTHER_CLOSE,
    DOC_FORGET,
    DOC_FUNCTIONS
};

const struct registered *docs_registered(enum doc_function function);

/* A call begun: its steps on the way in are taken. `result` is what it will return. */
struct registered_call docs_begin(enum doc_function function, uint64_t result, uint64_t first, uint64_t second);
/* And ended. */
void docs_end(struct registered_call *call, bool failed);
/* Both. */
void docs_call(enum doc_function function, uint64_t result, uint64_t first, uint64_t second);
extern uint32_t docs_tid;    /* of the thread that calls */
extern uintptr_t docs_cfa;   /* from there */
extern bool docs_managed;    /* by libffi */
extern bool docs_among_them; /* by the library itself */
extern bool docs_whole;      /* the contract tells of all that the library gives out */

/* Calls that are told to be open, innermost first; at most two. */
void docs_open(struct registered_call *inner, struct registered_call *outer);

/* What was reported: how many, and the last one. */
extern unsigned docs_findings;
extern struct finding docs_finding;
extern struct contract_part docs_parts[CONTRACT_PARTS];
extern unsigned docs_part_count;
/* The rule of the one finding since the last question; FFISAN_RULES: none. Fails where there was more than one. */
enum ffisan_rule docs_rule(void);

#endif
