/* SPDX-License-Identifier: Apache-2.0 */
#include "heap.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "core/leaks.h"
#include "core/modules.h"
#include "core/options.h"
#include "core/sites.h"

struct found found;
static char code[64]; /* stands for places in this program */

extern void __asan_init(void) __attribute__((weak));

bool under_asan(void) {
    return &__asan_init != NULL;
}

static void keep_finding(const struct finding *finding) {
    found.leaks += finding->rule == FFISAN_RULE_LEAK;
    found.overflows += finding->rule == FFISAN_RULE_HEAP_OVERFLOW;
    found.blocks += finding->blocks;
    found.bytes += finding->bytes;
    found.indirect_blocks += finding->indirect_blocks;
    found.indirect_bytes += finding->indirect_bytes;
    found.last = *finding;
    found.last_block = *finding->block;
    found.last_block.start = HIDE(finding->block->start); /* it must not keep the block alive next time */
    found.last.block = NULL;
    found.last.address = HIDE(finding->address);
}

static void no_patch(struct module *module) {
    (void)module;
}

static void no_change(bool unloaded) {
    (void)unloaded;
}

int heap_setup(void **state) {
    (void)state;
    mallopt(M_PERTURB, 0);
    leaks_patience_ms = 10000;
    options_parse(&options, NULL, NULL, NULL);
    finding_set_sink(keep_finding);
    return blocks_open() && modules_refresh(true, no_patch, no_change) ? 0 : -1;
}

static bool forget(const struct block *block, void *unused) {
    (void)unused;
    block_forget((void *)block->start);
    return true;
}

int heap_teardown(void **state) {
    (void)state;
    blocks_each(forget, NULL);
    return 0;
}

site_id site_here(unsigned which) {
    uintptr_t frame = (uintptr_t)&code[which % sizeof code] + 1;
    return site_intern(0, modules_generation(), 0, &frame, 1, true);
}

void *give(size_t size, site_id site) {
    void *start = calloc(1, block_request(size));
    if (!start)
        abort();
    block_birth(start, size, FFISAN_FAMILY_MALLOC, site);
    return start;
}

__attribute__((noinline)) hidden give_hidden(size_t size, site_id site) {
    return HIDE(give(size, site));
}

void take_back(void *start) {
    struct block block;
    if (block_death(start, 0, &block) != BLOCK_LIVE)
        return;
    memset(start, 0, block.size); /* cmocka's own blocks, which are not booked, may come to lie here */
    free(start);
}

__attribute__((noinline)) void scrub_stack(void) {
    volatile char room[32 << 10];
    for (size_t i = 0; i < sizeof room; i++)
        room[i] = 0;
}

__attribute__((noinline)) static void look_from(const struct origin *origin) {
    leaks_forked(false);
    leaks_check(origin);
}

__attribute__((noinline)) void look_for_leaks(void) {
    memset(&found, 0, sizeof found);
    const struct origin origin = ORIGIN_HERE();
    look_from(&origin);
    __asm__ volatile("" ::: "memory"); /* no tail call: the frame is named above */
}
