/* SPDX-License-Identifier: Apache-2.0
 *
 * The search for lost blocks, when the process ends. Conservative: any word, in any root, that could be an address inside a live
 * block (its end included) keeps it; what it keeps is looked through in turn. Roots are all memory that was written to and is not
 * the heap's books (roots.h): static data, thread locals, stacks from the stack pointer outwards, registers, every managed heap
 * as raw memory; and of the heap what no block and no tombstone accounts for (marks.h). A false alarm costs more than a miss:
 * what cannot be known to be lost is kept.
 *
 * What is reported: of what is lost, one block for each piece that nothing else lost leads to (a cycle counts once), grouped by
 * the site that allocated it; the rest is counted with it as indirect. Not reported, and itself a root: what an interpreter, the
 * loader or nobody known has allocated (owners.h).
 *
 * The other threads stand still meanwhile (world.h). When one cannot be stopped in time there is no verdict: a pointer might be
 * in its registers.
 *
 * Not seen: pointers that only the kernel holds (epoll, timers), that are masked, compressed or not aligned, and those in the
 * memory of another process.
 */
#ifndef FFISAN_CORE_LEAKS_H
#define FFISAN_CORE_LEAKS_H

#include "core/types.h"
#include "ffisan/record.h"

/* Looks once in a process's life; later calls do nothing. Also checks the canary of every live block (heap-overflow) and what
 * quarantine holds, whatever becomes of the rest. Reports findings and sets the verdict in the records' header. `origin` is where
 * the end was seen: the calling thread's stack counts from there; NULL: all of it. Leaves errno changed. */
void leaks_check(const struct origin *origin);
/* After fork, in the child, where it may look once more: threads other than the caller are gone, and their registers with them.
 */
void leaks_forked(bool had_threads);
/* A managed runtime keeps blocks that are unreachable for a reason of its own, or takes its heap apart before the end: from now
 * on no verdict. The first word counts. */
void leaks_forgo(enum ffisan_leak_verdict why);

/* What contracts know of blocks: things that the host has to give back. A block that only the library which made it still leads
 * to is lost for the host all the same, with no word to it outside of that library's own data and of other things of its kind,
 * which lists lead through. */
struct finding;
struct module;
struct leaks_held {
    uintptr_t start;
    const struct module *library; /* that made it */
    uint32_t kind;                /* of what, by any number; 0: of nothing like it */
    bool telling;                 /* worth a finding */
    bool lost;                    /* the answer */
};
struct leaks_objects {
    bool (*is_owed)(uintptr_t start); /* the host has to give it back, whosever memory it is */
    /* Reports a loss: finding->block is known, what the block is may be told. */
    void (*tell)(struct finding *finding);
    /* Things that a library may still lead to, lowest address first; while all other threads stand still. */
    size_t (*list)(struct leaks_held *to, size_t limit);
};
void leaks_on_objects(const struct leaks_objects *objects);

/* How long the other threads are waited for until they stand still. Tests on busy machines wait longer. */
extern unsigned leaks_patience_ms;

#endif
