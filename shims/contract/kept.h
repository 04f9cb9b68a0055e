/* SPDX-License-Identifier: Apache-2.0
 *
 * The book of what C keeps: a registration for each range of memory or callback that a call handed over for longer than itself. Who
 * makes and ends them: retained.c; who asks what lies where: memory.c.
 *
 *   pending   the call that hands it over has not returned: nothing is concluded from it yet
 *   held      C may use it
 *   lost      the host took it away. When that is told: losses.h
 *
 * A registration has an owner (a value: a handle, a number, the address of a struct), memory or a callback, and whatever ends it besides:
 * codes of callbacks whose call does. It is found by each of these. One lock, held for some tens of instructions and never across a call
 * out. Who does not get it in time (a thread died inside) closes the book: nothing is known from then on, and nothing said.
 */
#ifndef FFISAN_CONTRACT_KEPT_H
#define FFISAN_CONTRACT_KEPT_H

#include "contract/registered.h"
#include "contract/report.h"

#define KEPT_MOST 65536u /* at a time; further ones are not followed */

/* By what a registration is found. */
enum kept_index {
    KEPT_BY_OWNER,
    KEPT_BY_PAGE,       /* that its memory starts in */
    KEPT_BY_OWNER_PAGE, /* that its owner lies in, should that be memory */
    KEPT_BY_CALLBACK,
    KEPT_BY_NOTIFY,
    KEPT_BY_DONE,
    KEPT_BY_ONCE,
    KEPT_BY_CALL, /* while pending */
    KEPT_INDEXES
};

enum kept_state { KEPT_FREE, KEPT_PENDING, KEPT_HELD, KEPT_LOST };

/* How it was lost. */
struct kept_loss {
    struct moment moment;
    struct managed_place place;   /* no code: not known */
    uint32_t outer[MOMENT_LINES]; /* managed lines around the moment's, up to a 0 */
    const char *function;         /* that took it: "free" */
    row_id row;
    uint32_t how;      /* enum memory_end */
    uintptr_t address; /* of the memory, or the callback's code */
    bool callback;
};

struct kept {
    const struct registered *registered;     /* that it was handed to */
    const struct ffisan_contract_term *term; /* the word that says for how long, or USER_DATA */
    const struct ffisan_contract_term *ends; /* RETAINED: names the functions that end it; NULL: there is none */
    uint64_t owner;                          /* 0: has none: the library, or for ever */
    uint64_t keys;                           /* what KEYED_BY comes to */
    uint32_t key_count;
    uint32_t argument;
    uintptr_t start; /* of the memory; 0: none */
    size_t size;
    uintptr_t block;              /* the heap block that it lies in, */
    site_id allocated;            /* as it was */
    uint32_t generation;          /* of the modules */
    uintptr_t callback;           /* its code; 0: none */
    uintptr_t notify, done, once; /* codes whose call ends it; 0: none */
    uint64_t data;                /* what `notify` will be called with */
    struct moment moment;
    uintptr_t cfa;  /* of the call, */
    uint32_t tid;   /* and its thread */
    uint32_t state; /* enum kept_state */
    struct kept_loss loss;
    uint64_t number; /* rises with each */
    struct kept_link {
        uint32_t next, previous; /* 0: none */
    } links[KEPT_INDEXES];
};

/* The lock. False: the book is closed. */
bool kept_enter(void);
void kept_leave(void);
/* Whether anything stands in it. One load. */
extern uint32_t memory_kept_count;
static inline bool kept_any(void) {
    return UNLIKELY(__atomic_load_n(&memory_kept_count, __ATOMIC_RELAXED) != 0);
}

/* How many are lost, and pending. */
extern uint32_t kept_losses, kept_pendings;

/* ---- with the lock held ---- */

/* Enters a copy, which the caller does not link itself. False: no room. */
bool kept_add(const struct kept *kept);
void kept_remove(struct kept *kept);
void kept_confirm(struct kept *kept); /* pending becomes held */
/* Held becomes lost; `address` and `callback` of the loss are filled in here. */
void kept_lose(struct kept *kept, const struct kept_loss *loss);
/* Whether a call of this function ends it, keys apart. */
bool kept_ended_by(const struct kept *kept, const struct registered *registered);
/* The same, and it does not use it up first, as one may that BLOCKS (curl_easy_perform, which is the end of what a transfer needs). */
bool kept_dropped_by(const struct kept *kept, const struct registered *registered);
/* Those that the index has under this key (KEPT_BY_..._PAGE: address >> 12; KEPT_BY_CALL: cfa), until `each` answers false. It may remove what
 * it is given. Others may be among them: hashes meet. */
void kept_each(enum kept_index index, uint64_t key, bool (*each)(struct kept *kept, void *context), void *context);
/* All of them. */
void kept_each_of_all(bool (*each)(struct kept *kept, void *context), void *context);

/* ---- without ---- */

/* The number of the newest. */
uint64_t kept_newest(void);
/* Nothing is kept any more, nor from now on: the process takes itself apart. */
void kept_close(void);
/* In a forked child: nothing is kept, and the lock is free. */
void kept_forked(void);
/* How many found no room. */
uint64_t kept_lost(void);

#endif
