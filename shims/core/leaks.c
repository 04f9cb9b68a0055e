/* SPDX-License-Identifier: Apache-2.0
 *
 * The order of the search: stop the others; take the survey; meet every block of the books, its canary on the way; mark from the
 * roots; mark from what is nobody's business; look at what is left; let the others go; report.
 *
 * Which of the lost blocks are direct. A first flood starts at each lost block in turn that no earlier one reached, and remembers
 * its start. A start that no later one reaches in a second flood, backwards through the starts, is reached by nothing but its own
 * cycle: whatever led to it would have reached it in the first flood, or been a later start. Both floods look at each lost block
 * once.
 */
#include "core/leaks.h"

#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "core/blocks.h"
#include "core/confined.h"
#include "core/findings.h"
#include "core/glibc.h"
#include "core/marks.h"
#include "core/memory.h"
#include "core/options.h"
#include "core/owners.h"
#include "core/quarantine.h"
#include "core/records.h"
#include "core/roots.h"
#include "core/sites.h"
#include "core/world.h"

#define STOPS_MOST   20u
#define OVERFLOWS    1024u       /* reported at most; more would be one bug many times */
#define SHIM_FRAMES  (64u << 10) /* the hooks between the program and us need less */
#define REPORTS_MOST 512u
#define HELD_MOST    4096u /* things that libraries may still lead to, which are looked at */
#define PASSES_MOST  4u    /* libraries */

/* What was lost at one site. */
struct group {
    uint64_t blocks, bytes, indirect_blocks, indirect_bytes;
    uintptr_t example; /* one of the blocks */
};

/* The calling thread. */
struct caller {
    uintptr_t registers[6];  /* those that a call preserves */
    uintptr_t here;          /* its stack pointer now */
    uintptr_t stack_pointer; /* and when it came in; 0: not known */
};

struct search {
    const struct caller *caller;
    struct survey *survey;
    struct marks *marks; /* NULL: only canaries are looked at */
    uint8_t *claims;     /* for each site: 1 + enum claim; 0: not asked yet */
    struct group *groups;
    uint32_t sites;
    uintptr_t *starts;
    size_t starts_count, starts_room;
    uint64_t live, overflows;
    struct leaks_held *held;
    uintptr_t *stops; /* some of them */
    size_t held_count;
    const struct leaks_held *pass;   /* the first of those that are looked at now */
    uint32_t reported[REPORTS_MOST]; /* sites with a group, the heaviest first */
    unsigned reported_count;
};

static bool checked;
static enum ffisan_leak_verdict forgone = FFISAN_LEAKS_DONE; /* DONE: not forgone */

void leaks_forgo(enum ffisan_leak_verdict why) {
    if (forgone == FFISAN_LEAKS_DONE)
        forgone = why;
}

static const struct leaks_objects *objects;

void leaks_on_objects(const struct leaks_objects *those) {
    objects = those;
}

void leaks_forked(bool had_threads) {
    checked = false;
    world_forked();
    if (had_threads)
        leaks_forgo(FFISAN_LEAKS_FORKED);
}

unsigned leaks_patience_ms = 200;

/* ---- blocks ---- */

static void check_canary(struct search *search, const struct block *block) {
    struct finding finding = {.rule = FFISAN_RULE_HEAP_OVERFLOW, .place = FFISAN_PLACE_BEHIND_BLOCK, .block = block};
    if (LIKELY(!block_overflowed(block, &finding.offset, &finding.byte)) || search->overflows++ >= OVERFLOWS)
        return;
    finding.address = block->start + finding.offset;
    finding_report(&finding);
}

/* A block whose end is not there any more was freed behind our back, or its pages were given up: no reason to call it lost. */
static bool meet(const struct block *block, void *context) {
    struct search *search = context;
    uintptr_t end = block->start + block->size;
    bool believable = survey_holds(search->survey, end, end + CANARY_SIZE);
    search->live++;
    if (believable)
        check_canary(search, block);
    if (search->marks)
        marks_meet(search->marks, block, !believable);
    return true;
}

/* ---- roots ---- */

static void mark_part(const struct run *part, void *context) {
    marks_root(((struct search *)context)->marks, part);
}

static void mark_thread(const struct stopped_thread *thread, void *context) {
    struct search *search = context;
    for (unsigned i = 0; i < sizeof thread->registers / sizeof *thread->registers; i++)
        marks_word(search->marks, thread->registers[i]);
    marks_memory(search->marks, thread->frame_start, thread->frame_end);
}

/* Registers that the caller's frames still need are in ours, or have been saved on the way. */
static void mark_caller(struct search *search) {
    const struct caller *caller = search->caller;
    for (unsigned i = 0; i < sizeof caller->registers / sizeof *caller->registers; i++)
        marks_word(search->marks, caller->registers[i]);
    marks_word(search->marks, caller->stack_pointer); /* its stack may be a block */
    if (caller->stack_pointer)
        marks_memory(search->marks, caller->here, caller->stack_pointer);
    stack_t other;
    if (sigaltstack(NULL, &other) == 0)
        marks_word(search->marks, (uintptr_t)other.ss_sp);
}

static enum claim claim_of(struct search *search, site_id site) {
    if (site >= search->sites)
        return CLAIM_NONE;
    if (!search->claims[site])
        search->claims[site] = (uint8_t)(1 + site_claim(site_get(site)));
    return (enum claim)(search->claims[site] - 1);
}

/* What a contract says that the host has to give back is the host's. */
static enum claim claim_on(struct search *search, const struct block *block) {
    enum claim claim = claim_of(search, block->allocated);
    return claim == CLAIM_NONE && objects && !options.only_library[0] && objects->is_owed(block->start) ? CLAIM_OURS : claim;
}

static void mark_unclaimed(uintptr_t start, void *context) {
    struct search *search = context;
    struct block block;
    if (block_at(start, &block) && claim_on(search, &block) == CLAIM_NONE)
        marks_block(search->marks, start);
}

/* ---- what is lost ---- */

static void count_lost(uintptr_t start, void *context) {
    (void)start;
    ((struct search *)context)->starts_room++;
}

static void flood_first(uintptr_t start, void *context) {
    struct search *search = context;
    struct block block;
    if (!block_at(start, &block) || claim_on(search, &block) != CLAIM_OURS)
        return;
    search->starts[search->starts_count++] = start;
    marks_block(search->marks, start);
}

static void flood_again(struct search *search, uintptr_t start) {
    struct block block;
    if (marks_reached(search->marks, start) || !block_at(start, &block))
        return;
    struct marks_count before = marks_count(search->marks);
    marks_block(search->marks, start);
    struct marks_count after = marks_count(search->marks);
    struct group *group = &search->groups[block.allocated];
    group->example = start;
    group->blocks++;
    group->bytes += block.size;
    group->indirect_blocks += after.blocks - before.blocks - 1;
    group->indirect_bytes += after.bytes - before.bytes - block.size;
}

static bool judge_lost(struct search *search) {
    marks_unreached(search->marks, mark_unclaimed, search);
    marks_unreached(search->marks, count_lost, search);
    if (!search->starts_room)
        return true;
    search->starts = memory_map(search->starts_room * sizeof *search->starts);
    search->groups = memory_map(search->sites * sizeof *search->groups);
    if (!search->starts || !search->groups)
        return false;
    marks_remember(search->marks);
    marks_unreached(search->marks, flood_first, search);
    marks_recall(search->marks);
    for (size_t i = search->starts_count; i-- > 0;)
        flood_again(search, search->starts[i]);
    return !marks_failed(search->marks);
}

/* ---- what only a library still leads to ---- */

static bool meet_again(const struct block *block, void *context) {
    const struct search *search = context;
    uintptr_t end = block->start + block->size;
    marks_meet(search->marks, block, !survey_holds(search->survey, end, end + CANARY_SIZE));
    return true;
}

/* All roots but the library's own data. */
static void mark_part_outside(const struct run *part, void *context) {
    const struct search *search = context;
    const struct module *library = search->pass->library;
    struct run below = *part, above = *part;
    below.end = part->end < library->start ? part->end : library->start;
    above.start = part->start > library->end ? part->start : library->end;
    if (below.start < below.end)
        marks_root(search->marks, &below);
    if (above.start < above.end)
        marks_root(search->marks, &above);
}

static bool is_alike(const struct leaks_held *a, const struct leaks_held *b) {
    return a->library == b->library && a->kind == b->kind;
}

/* The same search once more for things of one kind, from everything but the library that made them, and not through them.
 * `search` has marks of its own. */
static void look_from_outside(struct search *search) {
    size_t stops = 0;
    search->marks = marks_open(search->survey);
    if (!search->marks)
        return;
    for (size_t i = 0; i < search->held_count; i++)
        if (is_alike(&search->held[i], search->pass))
            search->stops[stops++] = search->held[i].start;
    blocks_each(meet_again, search);
    marks_stop_at(search->marks, search->stops, stops);
    marks_met(search->marks);
    world_each(mark_thread, search);
    mark_caller(search);
    survey_roots(search->survey, mark_part_outside, search);
    marks_unreached(search->marks, mark_unclaimed, search);
    for (size_t i = 0; i < search->held_count; i++)
        if (is_alike(&search->held[i], search->pass))
            search->held[i].lost =
                search->held[i].telling && !marks_failed(search->marks) && !marks_reached(search->marks, search->held[i].start);
    marks_release(search->marks);
}

/* What is lost altogether is reported as such. */
static void list_held(struct search *search) {
    size_t kept = 0;
    search->held_count = objects->list(search->held, HELD_MOST);
    for (size_t i = 0; i < search->held_count; i++)
        if (marks_reached(search->marks, search->held[i].start))
            search->held[kept++] = search->held[i];
    search->held_count = kept;
}

static bool is_first_of_its_kind(const struct search *search, size_t index) {
    for (size_t i = 0; i < index; i++)
        if (is_alike(&search->held[i], &search->held[index]))
            return false;
    return true;
}

static void judge_held(struct search *search) {
    unsigned passes = 0;
    struct marks *marks = search->marks;
    if (!objects)
        return;
    search->held = memory_map(HELD_MOST * sizeof *search->held);
    search->stops = memory_map(HELD_MOST * sizeof *search->stops);
    if (!search->held || !search->stops)
        return;
    list_held(search);
    for (size_t i = 0; i < search->held_count && passes < PASSES_MOST; i++)
        if (is_first_of_its_kind(search, i)) {
            search->pass = &search->held[i];
            look_from_outside(search);
            passes++;
        }
    search->marks = marks;
}

/* ---- reports ---- */

static uint64_t weight(const struct group *group) {
    return group->bytes + group->indirect_bytes;
}

/* Keeps the heaviest; there may be more sites than the record file has room for. */
static void rank(struct search *search, uint32_t site) {
    unsigned at = search->reported_count;
    if (at < REPORTS_MOST)
        search->reported_count++;
    else if (weight(&search->groups[search->reported[--at]]) >= weight(&search->groups[site]))
        return;
    for (; at > 0 && weight(&search->groups[search->reported[at - 1]]) < weight(&search->groups[site]); at--)
        search->reported[at] = search->reported[at - 1];
    search->reported[at] = site;
}

static void tell(struct finding *finding) {
    if (objects)
        objects->tell(finding);
    else
        finding_report(finding);
}

static void report(const struct group *group) {
    struct block block;
    if (!block_at(group->example, &block))
        return;
    tell(&(struct finding){.rule = FFISAN_RULE_LEAK,
                           .address = block.start,
                           .place = FFISAN_PLACE_LIVE_BLOCK,
                           .block = &block,
                           .blocks = group->blocks,
                           .bytes = group->bytes,
                           .indirect_blocks = group->indirect_blocks,
                           .indirect_bytes = group->indirect_bytes});
}

/* Those of one site in one. */
static void report_held(const struct search *search, size_t index) {
    struct block block, other;
    if (!search->held[index].lost || !block_at(search->held[index].start, &block))
        return;
    struct finding finding = {
        .rule = FFISAN_RULE_LEAK, .address = block.start, .place = FFISAN_PLACE_LIVE_BLOCK, .block = &block};
    for (size_t i = index; i < search->held_count; i++) {
        if (!search->held[i].lost || !block_at(search->held[i].start, &other) || other.allocated != block.allocated)
            continue;
        search->held[i].lost = false;
        finding.blocks++;
        finding.bytes += other.size;
    }
    tell(&finding);
}

static void report_all(struct search *search) {
    if (!search->groups)
        return;
    for (uint32_t site = 1; site < search->sites; site++)
        if (search->groups[site].blocks)
            rank(search, site);
    for (unsigned i = 0; i < search->reported_count; i++)
        report(&search->groups[search->reported[i]]);
}

static void report_all_held(const struct search *search) {
    for (size_t i = 0; i < search->held_count; i++)
        report_held(search, i);
}

/* ---- the search ---- */

static bool open_search(struct search *search, bool wanted) {
    search->survey = survey_take(search->caller->stack_pointer);
    if (!search->survey || !wanted)
        return search->survey != NULL;
    glibc_exclude_arenas(search->survey);
    search->sites = sites_count() + 1;
    search->claims = memory_map(search->sites);
    search->marks = search->claims ? marks_open(search->survey) : NULL;
    return search->marks != NULL;
}

static void close_search(struct search *search) {
    if (search->marks)
        marks_release(search->marks);
    if (search->survey)
        survey_release(search->survey);
    if (search->claims)
        memory_unmap(search->claims, search->sites);
    if (search->starts)
        memory_unmap(search->starts, search->starts_room * sizeof *search->starts);
    if (search->groups)
        memory_unmap(search->groups, search->sites * sizeof *search->groups);
    if (search->held)
        memory_unmap(search->held, HELD_MOST * sizeof *search->held);
    if (search->stops)
        memory_unmap(search->stops, HELD_MOST * sizeof *search->stops);
    memory_unmap(search, sizeof *search);
}

static enum ffisan_leak_verdict mark_all(struct search *search) {
    marks_met(search->marks);
    world_each(mark_thread, search);
    mark_caller(search);
    survey_roots(search->survey, mark_part, search);
    bool failed = marks_failed(search->marks);
    if (!failed)
        judge_held(search);
    if (failed || !judge_lost(search))
        return FFISAN_LEAKS_MEMORY;
    return FFISAN_LEAKS_DONE;
}

/* `verdict` is what it will be when all goes well; anything but DONE: leaks are not looked for. */
static enum ffisan_leak_verdict look(struct search *search, enum ffisan_leak_verdict verdict) {
    bool wanted = verdict == FFISAN_LEAKS_DONE, open = open_search(search, wanted);
    if (!search->survey)
        return wanted ? FFISAN_LEAKS_MEMORY : verdict;
    blocks_each(meet, search);
    if (!wanted)
        return verdict;
    return open ? mark_all(search) : FFISAN_LEAKS_MEMORY;
}

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static enum ffisan_leak_verdict intention(void) {
    if (forgone != FFISAN_LEAKS_DONE)
        return forgone;
    if (!options.leaks || !rule_on(FFISAN_RULE_LEAK))
        return FFISAN_LEAKS_OFF;
    return confined() ? FFISAN_LEAKS_CONFINED : FFISAN_LEAKS_DONE;
}

static void see_busy(const struct stopped_thread *thread, void *context) {
    *(bool *)context |= thread->busy;
}

/* A thread that is stopped in a hook may have half of its work in the books: a block that realloc is about to move counts as
 * freed already, and what it leads to would be lost. Then once more, a moment later. */
static bool stop_between_calls(void) {
    const struct timespec moment = {.tv_nsec = 500000};
    for (unsigned i = 0; i < STOPS_MOST; i++) {
        bool busy = false;
        if (!world_stop(leaks_patience_ms))
            return false;
        world_each(see_busy, &busy);
        if (!busy)
            return true;
        world_continue();
        syscall(SYS_nanosleep, &moment, NULL); /* not libc's, which is a point of cancellation */
    }
    return false;
}

static void check(const struct caller *caller) {
    struct ffisan_record_header *header = records_header();
    enum ffisan_leak_verdict verdict = intention();
    uint64_t start = now_ns();
    struct search *search = memory_map(sizeof *search);
    if (!search || !stop_between_calls()) {
        header->leak_verdict = verdict != FFISAN_LEAKS_DONE ? verdict : search ? FFISAN_LEAKS_THREADS : FFISAN_LEAKS_MEMORY;
        if (search)
            memory_unmap(search, sizeof *search);
        return;
    }
    search->caller = caller;
    verdict = look(search, verdict);
    world_continue();
    header->leak_scan_ns = now_ns() - start;
    header->leak_scan_bytes = search->marks ? marks_count(search->marks).looked_at : 0;
    header->blocks_live = search->live;
    if (verdict == FFISAN_LEAKS_DONE) {
        report_all(search);
        report_all_held(search);
    }
    __atomic_store_n(&header->leak_verdict, verdict, __ATOMIC_RELEASE);
    close_search(search);
}

/* Only here, in the outermost frame of ours, are the registers that calls preserve still the caller's, or on the stack above
 * `here`. */
__attribute__((noinline)) void leaks_check(const struct origin *origin) {
    struct caller caller = {0};
    __asm__ volatile("movq %%rbx, 0(%0); movq %%rbp, 8(%0); movq %%r12, 16(%0); movq %%r13, 24(%0); movq %%r14, 32(%0);"
                     "movq %%r15, 40(%0); movq %%rsp, 48(%0)"
                     :
                     : "r"(&caller)
                     : "memory");
    uintptr_t entered = origin ? origin->cfa : 0;
    caller.stack_pointer = entered > caller.here && entered - caller.here < SHIM_FRAMES ? entered : 0;
    if (__atomic_exchange_n(&checked, true, __ATOMIC_ACQ_REL))
        return;
    if (forgone == FFISAN_LEAKS_NO_BLOCKS) {
        records_header()->leak_verdict = FFISAN_LEAKS_NO_BLOCKS;
        return;
    }
    quarantine_check();
    if (confined()) /* neither the mappings nor the other threads are within reach */
        records_header()->leak_verdict = intention();
    else
        check(&caller);
}
