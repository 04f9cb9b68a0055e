/* SPDX-License-Identifier: Apache-2.0
 *
 * The book of objects: what is known of each thing that registered calls gave out or took back. Found by value, and for numbers
 * by value and kind. Who owns what, and what a call does to that, is objects.c's.
 *
 * One lock for all changes, held for some hundred instructions and never across a call out; who only looks (book_find) takes
 * none: objects stay where they are for ever, and are used again. A forked child whose parent was in the middle of a change
 * starts with an empty book: what is not in it gives no finding.
 *
 * It does not grow with what comes and goes: of what nobody has to give back (borrowed, static, given away) the last 16384 are
 * known, of what is closed as many, of what has ended 1024, of what is owned a million. The oldest leave first.
 */
#ifndef FFISAN_CONTRACT_BOOK_H
#define FFISAN_CONTRACT_BOOK_H

#include "contract/registered.h"
#include "contract/report.h"
#include "contract/states.h"

#define OBJECT_SIZES 4u         /* that a destructor must be given again */
#define BOOK_QUEUE   (1u << 14) /* objects of each queue */
#define BOOK_ENDED   (1u << 10) /* of what has ended: each text of a loop over a million rows does */
#define BOOK_OBJECTS (1u << 20)

/* One call that did something to an object, and where it was made. */
struct deed {
    const struct registered *by;
    const struct ffisan_contract_term *term;
    uint32_t generation; /* of the modules */
    uint32_t tid;
    struct moment moment;
};

struct object {
    uint64_t value;
    uint32_t kind;         /* of a number: what book_kind says of its name; 0: an address */
    uint32_t serial;       /* another one each time that the place is used anew; 0: free */
    uint8_t state, before; /* enum object_state; before the last call that closed it */
    bool on_block;         /* it stands in a heap block, `inside` bytes from its start: believed while the block is that one */
    bool shared;           /* lent by more than one owner, or by nobody knows whom: does not end with an owner */
    bool closing;          /* by a call that has not returned yet, and may still fail */
    bool managed;          /* made through a binding */
    uint8_t inside;
    uint8_t size_count;
    site_id block;                /* where that block was allocated */
    uint32_t count, count_before; /* counted: of the host's counts */
    uint64_t parent;              /* the handle that the call which made it was given; 0: none */
    struct deed made, ended;
    uint64_t sizes[OBJECT_SIZES];
    /* Places in the book, from 1; 0 is none. */
    uint32_t place;
    uint32_t next;         /* of the same hash */
    uint32_t older, newer; /* of the same queue */
    uint32_t owner, owner_serial;
    uint32_t child, next_child, previous_child;
};

/* What stands for a kind of numbers. Never 0. */
uint32_t book_kind(const char *name);

/* Without a lock: what it says may change at any time. NULL: not known. About 5 ns. */
struct object *book_find(uint64_t value, uint32_t kind);
/* Everything else: between these two. False: it cannot be had, since a thread was killed that had it, say; nothing is done from
 * then on. */
bool book_lock(void);
void book_unlock(void);

/* A new object in the place of whatever was known by this value. NULL: no room. Its state is OWNED. */
struct object *book_enter(uint64_t value, uint32_t kind);
/* What is known of it is gone. Of what is borrowed from it, too; when it was closed, that has ended. */
void book_forget(struct object *object);
/* Into another state, and the queue that belongs to it. */
void book_move(struct object *object, enum object_state state);
/* Borrowed from `owner` from now on; NULL: from nobody who is known. */
void book_lend(struct object *object, struct object *owner);
/* NULL: none, or not the one that it was borrowed from. */
struct object *book_owner(const struct object *object);
/* What is borrowed from `owner`, one after the other; `each` may move or forget its object, no other one. */
void book_children(struct object *owner, void (*each)(struct object *object, void *context), void *context);
/* All of them; may be called without the lock when all other threads stand still. */
void book_each(void (*each)(struct object *object, void *context), void *context);
/* One after the other, round and round; NULL: nothing is there now. */
struct object *book_next(void);

uint32_t book_over(void);  /* how many are closed or ended */
uint32_t book_count(void); /* objects that are known */
uint64_t book_room(void);  /* bytes that they have ever needed */
/* False: it was made by the process that this one was forked from. */
bool book_is_ours(const struct object *object);
void book_forked(void);

#endif
