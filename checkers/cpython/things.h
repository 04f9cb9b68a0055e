/* SPDX-License-Identifier: Apache-2.0
 *
 * The things that a repeated callable (repeat.h) may leave behind: every block of Python's mem and object domains that was there before, or is
 * made while it runs, by address. What was there is an object with a count; what is made is one of its group: made at the same place, by the same
 * call of the API, inside the same extension's function.
 *
 * Belongs to one thread, which holds the GIL. What other threads give back shows when things_sweep looks whether the memory is still in use.
 */
#ifndef FFISAN_CPYTHON_THINGS_H
#define FFISAN_CPYTHON_THINGS_H

#include "cpython/cpython.h"

#define THINGS_ROUNDS 8u

struct method;

enum thing_kind {
    THING_NONE,
    THING_OLD,     /* an object from before; it has had more references at each look so far */
    THING_SETTLED, /* one whose count did not grow from one look to the next */
    THING_MADE,
};

struct thing {
    uintptr_t start; /* of its block; of a static object, its own */
    uintptr_t type;  /* of an old one */
    union {
        struct {
            uint32_t first, last; /* an old one's count */
        };
        uint32_t group; /* of one that was made */
    };
    uint32_t size;   /* as asked for, cut */
    uint8_t kind;    /* enum thing_kind */
    uint8_t offset;  /* of the object in the block */
    uint8_t domain;  /* enum cpython_domain, of one that was made */
    uint8_t static_; /* not in a block */
};

/* Where things were made. */
struct group {
    site_id site;
    uint32_t line;
    const struct method *method; /* NULL: in none */
    const char *api;             /* the call that gave it to the extension, whose stack `site` is then; NULL: not seen */
    uint32_t alive[THINGS_ROUNDS + 1];
    uint64_t bytes;
    uintptr_t examples[2]; /* blocks, of those made last */
};

/* All objects that are there now become old things. False: no memory. */
bool things_open(void);
void things_close(void);
bool things_failed(void); /* there was no room for all */

void thing_made(uintptr_t start, size_t size, enum cpython_domain domain, const struct group *where);
/* One that had to move. */
void thing_remade(uintptr_t start, size_t size, enum cpython_domain domain, uint32_t group);
void thing_gone(uintptr_t start);
struct thing *thing_at(uintptr_t start);
/* The thing whose block this address is in, its object's address included; NULL: none known. */
struct thing *thing_around(uintptr_t address);
/* Another place, where it was made in truth: the call that took it from a free list. */
void thing_moved(struct thing *thing, const struct group *where);

/* The end of round `round`: counts what is alive of each group, and drops old things that have not grown. */
void things_look(unsigned round);
/* Whether there were more after each of so many rounds, and by as many each time (one more or less where only some calls leave something):
 * a cache that fills up grows ever more slowly. */
bool counts_grow(const uint32_t counts[THINGS_ROUNDS + 1], unsigned rounds);
const struct group *thing_group(const struct thing *thing);
void things_each(void (*each)(struct thing *thing, void *context), void *context);
void groups_each(void (*each)(struct group *group, void *context), void *context);

/* Where the object in a block of so many bytes begins; 0: there is none, or it is dead (on a free list). */
uintptr_t object_in(uintptr_t start, size_t size);

#endif
