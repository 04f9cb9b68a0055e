/* SPDX-License-Identifier: Apache-2.0
 *
 * The choke point. Whoever finds something fills a struct finding and calls finding_report; nothing else in the shim says
 * anything about anything. The sink is replaceable, so that tests provoke a bug and go on.
 */
#ifndef FFISAN_CORE_FINDINGS_H
#define FFISAN_CORE_FINDINGS_H

#include "core/blocks.h"
#include "core/types.h"
#include "ffisan/record.h"

/* A call that the finding is about; `call` says in which role. */
struct finding_call {
    const struct ffisan_record_call *call; /* the whole item, item.size and role set */
    const struct ffisan_types *types;      /* becomes the TYPES item behind it; NULL: not known */
};

/* The foreign call that handed it over; the managed line of that moment is lines[FFISAN_ROLE_LENT]. */
struct finding_lent {
    uintptr_t function;  /* 0: none is known */
    uint32_t generation; /* of the modules */
    uint32_t argument;   /* from 0, or FFISAN_LENT_RESULT */
};

struct finding {
    enum ffisan_rule rule;
    const char *function;        /* the intercepted one, as a reader knows it: "free" */
    const struct origin *origin; /* where it was called from; NULL with `context` or for findings without a stack (leaks) */
    const void *context;         /* ucontext_t of the signal that found it, or NULL */
    uintptr_t address;
    enum ffisan_place place;
    const struct block *block; /* NULL: none. Its sites become the stacks `allocated` and `freed` */
    unsigned free_family;      /* enum ffisan_family of the release function */
    row_id free_row;
    size_t offset, given_size;
    uint8_t byte;
    int signal, signal_code;
    /* Stacks that were taken before, by role, and the managed lines of the same moments (managed_places.line); 0: none. `allocated` and
     * `freed` of a block need not be repeated. With other ones it is another defect. */
    site_id sites[FFISAN_ROLES];
    uint32_t lines[FFISAN_ROLES];
    const uint32_t *outer_lines[FFISAN_ROLES]; /* the lines around those, innermost first, up to a 0; NULL: not known */
    struct finding_lent lent;
    const struct finding_call *calls;
    uint32_t call_count;
    /* Further items, one behind the other, which go into the record as they are. */
    const struct ffisan_record_item *items;
    size_t items_size;
    bool inside_told;     /* they say which functions of a runtime's extensions were at work */
    uint64_t distinction; /* more that makes it another defect; 0: nothing */
    /* leaks */
    uint64_t blocks, bytes, indirect_blocks, indirect_bytes;
};

/* Records it, or counts it when the same (rule, call stack, stacks by role) was recorded before; then, under halt, stops the
 * program when the rule's severity is error. Rules that are switched off are dropped. Signal-safe, keeps errno; holds `busy`
 * while at work. */
void finding_report(const struct finding *finding);
/* Writes down a call that the judge is to compare with what the function is (FFISAN_RECORD_CALL); `rule` is FFISAN_RULES. Its
 * record, whose count may go on changing; NULL: there was no room. Same conditions. */
struct ffisan_record_finding *finding_record_call(const struct finding *finding);
/* What is known at the moment when another memory checker has found something (FFISAN_RECORD_CHECKED). Same conditions; NULL likewise. */
struct ffisan_record_finding *finding_record_checked(const struct finding *finding);
/* Whether the rule is on: for whoever would have to work to find something. */
bool rule_on(enum ffisan_rule rule);
/* Its severity: what stops the program under halt. */
bool rule_is_error(enum ffisan_rule rule);

/* What stops the program under halt; the hooks know how. */
void finding_set_halt(void (*stop)(void));
/* In a forked child: its record file is empty, so everything found in it is new. */
void findings_forked(void);

typedef void finding_sink(const struct finding *finding);
/* Replaces what happens to a finding; NULL: the records again. For tests. */
void finding_set_sink(finding_sink *sink);

/* What fills in the managed side of a stack: a checker of a runtime registers one. It writes the frames of the calling thread as
 * a struct ffisan_record_python of at most `size` bytes and answers its size, 0: no such frames. Signal-safe. */
typedef size_t managed_stack(struct ffisan_record_python *item, size_t size);
void finding_set_managed_stack(managed_stack *walker);
/* Likewise for the functions of its extensions that the thread is inside of: items, of at most `size` bytes. `origin` may be NULL. */
typedef size_t managed_inside(const struct origin *origin, void *items, size_t size);
void finding_set_managed_inside(managed_inside *walker);

#endif
