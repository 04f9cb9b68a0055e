/* SPDX-License-Identifier: Apache-2.0
 *
 * Who made a thread: the stack and the managed line of the call of pthread_create, for what is found on it later (self.started_by). The
 * thread begins in a function of ours, which takes these along and goes on by a jump to the one that it was made for.
 *
 * A creation stands in memory that counts as the program's until the thread ends: what libc would have kept for it there, the thread's
 * argument, may be the only way to a block.
 */
#include <pthread.h>

#include "contract/report.h"
#include "core/findings.h"
#include "core/memory.h"
#include "core/thread.h"
#include "hooks/gates.h"
#include "hooks/hooks.h"

#define CREATIONS 4096u /* threads that live at one time */

struct creation {
    void *(*start)(void *argument);
    void *argument;
    struct moment moment;
    uint32_t taken; /* atomic */
};

static struct creation *creations;
static uint32_t next; /* where to look for a free one; atomic */

static struct creation *take(void) {
    for (unsigned tries = 0; creations && tries < 64; tries++) {
        struct creation *creation = &creations[__atomic_fetch_add(&next, 1, __ATOMIC_RELAXED) % CREATIONS];
        if (!__atomic_exchange_n(&creation->taken, 1, __ATOMIC_ACQUIRE))
            return creation;
    }
    return NULL;
}

static void give_back(struct creation *creation) {
    creation->argument = NULL;
    __atomic_store_n(&creation->taken, 0, __ATOMIC_RELEASE);
}

/* The first thing that the thread does. */
static void *begin(void *creation_) {
    struct creation *creation = creation_;
    self.busy++;
    self.creation = creation;
    self.started_by = creation->moment.site;
    self.started_line = creation->moment.line;
    if (self.attention & ATTENTION_THREAD)
        thread_begin();
    self.busy--;
    return creation->start(creation->argument);
}

void creations_thread_end(void) {
    if (self.creation)
        give_back(self.creation);
    self.creation = NULL;
}

static void enter(const struct gate *gate, const struct origin *origin, struct gate_registers *registers) {
    (void)gate;
    struct creation *creation = take();
    gate_frame_entered(registers)->notes[0] = (uintptr_t)creation;
    if (!creation)
        return;
    creation->start = (void *(*)(void *))registers->integer[2];
    creation->argument = (void *)registers->integer[3];
    creation->moment = moment_here(origin, 0);
    registers->integer[2] = (uintptr_t)begin;
    registers->integer[3] = (uintptr_t)creation;
}

static void leave(const struct gate *gate, uintptr_t cfa, uint64_t result[2]) {
    (void)gate;
    (void)cfa;
    struct creation *creation = (struct creation *)gate_frame_left(result)->notes[0];
    if (creation && (int)result[0] != 0)
        give_back(creation);
}

static const char *const names[] = {"pthread_create", NULL};
static const struct gate_hooks hooks = {enter, leave};
static const struct gate_plan plan = {.names = names, .hooks = &hooks};

/* Of the threads of the parent only this one is here. */
static void forked(bool had_threads) {
    (void)had_threads;
    for (uint32_t i = 0; i < CREATIONS && i < next; i++)
        if (creations[i].taken && &creations[i] != self.creation)
            give_back(&creations[i]);
}

void creations_start(void) {
    if (!rule_on(FFISAN_RULE_NO_GIL) && !rule_on(FFISAN_RULE_UNATTACHED_THREAD))
        return;
    creations = memory_map_theirs(CREATIONS * sizeof *creations, false);
    if (!creations)
        return;
    process_after_fork(forked);
    gates_register(&plan);
}
