/* SPDX-License-Identifier: Apache-2.0
 *
 * A ring of held blocks under one trylock. The pattern is checked word by word when a block leaves.
 */
#include "core/quarantine.h"

#include <sched.h>
#include <string.h>
#include <sys/mman.h>

#include "core/findings.h"
#include "core/memory.h"
#include "core/options.h"

#define RING        (1u << 18)
#define PAGE        4096u
#define PATIENCE    10000u /* turns that another thread gets to leave */
#define GUARDS_MOST 4096u  /* a mapping each at worst; the kernel's limit for a process is 65530 */

struct held {
    uintptr_t start;
    size_t size;
};

static struct held *ring;
static uint32_t head, tail; /* tail..head are held, modulo RING */
static size_t held_bytes;
static uint32_t guards;
static bool locked;
static bool unguarded; /* for ever: a confined process cannot open a page again; changed with the lock held */

static bool enter(void) {
    return !__atomic_exchange_n(&locked, true, __ATOMIC_ACQUIRE);
}

static void leave(void) {
    __atomic_store_n(&locked, false, __ATOMIC_RELEASE);
}

bool quarantine_wants(const struct block *block) {
    if (LIKELY(options.quarantine == FFISAN_QUARANTINE_NONE))
        return false;
    size_t room = (size_t)options.quarantine_size << 20;
    return (options.quarantine == FFISAN_QUARANTINE_ALL || block->crossed) && block->size <= room;
}

/* The whole pages inside a block, which may be closed without closing anything else. */
static size_t inner_pages(uintptr_t start, size_t size, uintptr_t *first) {
    *first = (start + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
    uintptr_t end = (start + size) & ~(uintptr_t)(PAGE - 1);
    return end > *first ? end - *first : 0;
}

static void guard(const struct held *held) {
    uintptr_t first;
    size_t size = inner_pages(held->start, held->size, &first);
    if (size && !unguarded && guards < GUARDS_MOST && mprotect((void *)first, size, PROT_NONE) == 0)
        guards++;
}

static void unguard(const struct held *held) {
    uintptr_t first;
    size_t size = inner_pages(held->start, held->size, &first);
    if (size && !unguarded && mprotect((void *)first, size, PROT_READ | PROT_WRITE) == 0 && guards)
        guards--;
}

static RARE void report_write(const struct held *held, size_t offset) {
    struct block block;
    if (!block_at(held->start, &block))
        return;
    finding_report(&(struct finding){.rule = FFISAN_RULE_USE_AFTER_FREE,
                                     .address = held->start + offset,
                                     .place = FFISAN_PLACE_FREED_BLOCK,
                                     .block = &block,
                                     .offset = offset,
                                     .byte = *(const uint8_t *)(held->start + offset)});
}

static void check(const struct held *held) {
    const uint8_t *bytes = (const uint8_t *)held->start;
    for (size_t i = 0; i < held->size; i++)
        if (UNLIKELY(bytes[i] != QUARANTINE_BYTE)) {
            report_write(held, i);
            return;
        }
}

static void release_oldest(void (*release)(void *start)) {
    struct held held = ring[tail++ % RING];
    held_bytes -= held.size;
    unguard(&held);
    check(&held);
    block_leave_quarantine(held.start);
    release((void *)held.start);
}

bool quarantine_take(const struct block *block, void (*release)(void *start)) {
    if (!enter())
        return false;
    if (!ring)
        ring = memory_map(RING * sizeof *ring);
    if (!ring) {
        leave();
        return false;
    }
    while (tail != head && (head - tail == RING || held_bytes + block->size > (size_t)options.quarantine_size << 20))
        release_oldest(release);
    struct held held = {block->start, block->size};
    memset((void *)held.start, QUARANTINE_BYTE, held.size);
    block_quarantine(block);
    guard(&held);
    ring[head++ % RING] = held;
    held_bytes += held.size;
    leave();
    return true;
}

void quarantine_check(void) {
    if (!ring || !enter())
        return;
    for (uint32_t i = tail; i != head; i++) {
        unguard(&ring[i % RING]);
        check(&ring[i % RING]);
    }
    leave();
}

void quarantine_unguard(void) {
    for (unsigned i = 0; !enter(); i++) {
        if (i == PATIENCE)
            return;
        sched_yield();
    }
    for (uint32_t i = tail; ring && i != head; i++)
        unguard(&ring[i % RING]);
    unguarded = true;
    leave();
}

bool quarantine_fault(uintptr_t address, const void *context) {
    struct block block;
    if (!block_around(address, 0, &block) || block.state != BLOCK_QUARANTINED)
        return false;
    uintptr_t first;
    size_t size = inner_pages(block.start, block.size, &first);
    if (address < first || address >= first + size || mprotect((void *)first, size, PROT_READ | PROT_WRITE) != 0)
        return false;
    finding_report(&(struct finding){.rule = FFISAN_RULE_USE_AFTER_FREE,
                                     .context = context,
                                     .address = address,
                                     .place = FFISAN_PLACE_FREED_BLOCK,
                                     .block = &block,
                                     .offset = address - block.start});
    return true;
}

void quarantine_forked(void) {
    head = tail = 0;
    held_bytes = 0;
    guards = 0;
    leave();
}
