/* SPDX-License-Identifier: Apache-2.0 */
#include "cpython/repeat.h"

#include <string.h>

#include "core/blocks.h"
#include "core/crossings.h"
#include "core/findings.h"
#include "core/leaks.h"
#include "core/memory.h"
#include "core/owners.h"
#include "core/peek.h"
#include "core/sites.h"
#include "core/stack.h"
#include "cpython/api.h"
#include "cpython/domains.h"
#include "cpython/heap.h"
#include "cpython/methods.h"
#include "cpython/objects.h"
#include "cpython/subjects.h"
#include "cpython/things.h"
#include "cpython/unheld.h"
#include "hooks/hooks.h"

#define ROUNDS         THINGS_ROUNDS
#define WARM_PART      4u /* a quarter as many calls come before */
#define WARM_LEAST     3u
#define CALLS_LEAST    4u
#define GROUPS_MOST    24u
#define BLOCKS_MOST    16u
#define OLD_MOST       16u
#define EXAMPLES       2u
#define TYPE_NAME_ROOM 120u

_Static_assert(EXAMPLES *GROUPS_MOST + OLD_MOST <= HEAP_SUSPECTS, "one look for all");

/* Blocks that the books have of one site. */
struct block_row {
    uint32_t blocks[ROUNDS + 1];
    uint64_t bytes;
    uintptr_t example;
};

static struct repeat {
    unsigned warm, calls, rounds; /* that are to be made */
    unsigned made, round;
    bool began, collected, listening, over;
    uint32_t tid;
    struct block_row *rows; /* by site */
    uint32_t rows_count;
    struct suspect *suspects;
    uintptr_t old[OLD_MOST];                           /* objects from before that have grown, */
    uint64_t old_count[OLD_MOST], old_words[OLD_MOST]; /* in the middle */
    unsigned olds;
    struct group *groups[GROUPS_MOST];
    unsigned group_count;
    uint32_t sites[BLOCKS_MOST];
    unsigned site_count;
} repeat;

static bool is_on(void) {
    return repeat.listening && repeat.tid == thread_id();
}

/* ---- births and ends ------------------------------------------------------------------------------------------------------- */

static struct group place_of(const struct origin *origin, const char *api) {
    const struct module *module = module_at(origin->ra - 1);
    struct managed_place place = place_here();
    const struct method_call *call = method_innermost(origin->cfa);
    return (struct group){.site = stack_site(origin, module ? module->row : 0),
                          .line = managed_places.line && place.code ? managed_places.line(place) : 0,
                          .method = call ? call->method : NULL,
                          .api = api};
}

static void born(const struct domain_event *event) {
    if (!is_on())
        return;
    struct group where = place_of(event->origin, NULL);
    thing_made(event->start, event->size, event->domain, &where);
}

/* A block that grew or shrank is what it was; where it was made is told by the first time. */
static void moved(uintptr_t from, const struct domain_event *event) {
    if (!is_on())
        return;
    struct thing *thing = thing_at(from);
    if (!thing || thing->kind != THING_MADE) {
        thing_gone(from);
        born(event);
    } else if (from == event->start) {
        thing->size = (uint32_t)event->size;
    } else {
        uint32_t group = thing->group;
        thing_gone(from);
        thing_remade(event->start, event->size, event->domain, group);
    }
}

static uintptr_t dying(const struct domain_event *event) {
    if (is_on())
        thing_gone(event->start);
    return 0;
}

static const struct domain_listener births = {.wish = DOMAIN_WISH_LEAK, .born = born, .moved = moved, .dying = dying};

/* What a call of the API answers, and nobody else has: made for this call, be it of the memory of another one that had died (a free list). */
static void answered(struct api_call *call) {
    uintptr_t object = call->result;
    if (!is_on() || object < 4096 || object % 8)
        return;
    struct thing *thing = NULL;
    for (uintptr_t offset = 0; offset <= 32 && !thing; offset += 16)
        thing = thing_at(object - offset);
    if (!thing || thing->kind != THING_MADE || object - thing->start + 16 > thing->size || object_count(object) != 1)
        return;
    struct group where = place_of(call->origin, call->name);
    thing_moved(thing, &where);
}

static const struct api_listener answers[] = {{.leave = answered}, {0}};

static void listen(bool on) {
    repeat.listening = on;
    domains_wish(DOMAIN_WISH_LEAK, on);
    if (on)
        api_watch_closely();
    else
        api_watch_loosely();
}

/* ---- blocks ---------------------------------------------------------------------------------------------------------------- */

/* What Python's domains have of malloc is the object's that it belongs to. */
static bool count_block(const struct block *block, void *context) {
    (void)context;
    if (block->family == FFISAN_FAMILY_PY_OBJECT || block->family == FFISAN_FAMILY_PY_MEM ||
        block->allocated >= repeat.rows_count)
        return true;
    struct block_row *row = &repeat.rows[block->allocated];
    row->blocks[repeat.round]++;
    row->bytes += block->size;
    row->example = block->start;
    return true;
}

/* Sites that come later than there is room for are not looked at: the room is for ten times those that there are. */
static bool open_rows(void) {
    repeat.rows_count = sites_count() * 10 + (1u << 16);
    repeat.rows = memory_map(repeat.rows_count * sizeof *repeat.rows);
    return repeat.rows != NULL;
}

/* ---- looks ----------------------------------------------------------------------------------------------------------------- */

static bool grows(const uint32_t counts[ROUNDS + 1]) {
    return counts_grow(counts, repeat.rounds);
}

static uint32_t growth(const uint32_t counts[ROUNDS + 1]) {
    return counts[repeat.rounds] - counts[0];
}

/* The OLD_MOST that have grown most so far. */
static void choose_old(struct thing *thing, void *context) {
    (void)context;
    if (thing->kind != THING_OLD)
        return;
    uintptr_t object = thing->start + thing->offset;
    unsigned at = repeat.olds;
    uint64_t grown = thing->last - thing->first;
    if (at == OLD_MOST && grown <= repeat.old_count[at - 1])
        return;
    for (at = at < OLD_MOST ? repeat.olds++ : OLD_MOST - 1; at > 0 && repeat.old_count[at - 1] < grown; at--) {
        repeat.old[at] = repeat.old[at - 1];
        repeat.old_count[at] = repeat.old_count[at - 1];
    }
    repeat.old[at] = object;
    repeat.old_count[at] = grown;
}

static void look_at_middle(void) {
    things_each(choose_old, NULL);
    memset(repeat.suspects, 0, HEAP_SUSPECTS * sizeof *repeat.suspects);
    for (unsigned i = 0; i < repeat.olds; i++)
        repeat.suspects[i].object = repeat.old[i];
    if (!words_count(repeat.suspects, repeat.olds))
        repeat.olds = 0;
    for (unsigned i = 0; i < repeat.olds; i++) {
        repeat.old_count[i] = object_count(repeat.old[i]);
        repeat.old_words[i] = repeat.suspects[i].words;
    }
}

static void look(void) {
    things_look(repeat.round);
    for (uint32_t site = 0; site < repeat.rows_count && site <= sites_count(); site++)
        repeat.rows[site].bytes = 0;
    blocks_each(count_block, NULL);
    if (repeat.round == repeat.rounds / 2)
        look_at_middle();
}

/* ---- what stays ------------------------------------------------------------------------------------------------------------ */

/* Its example of an object, which is alive; 0: it has none. */
static uintptr_t object_of(const struct group *group, unsigned index) {
    const struct thing *thing = group->examples[index] ? thing_at(group->examples[index]) : NULL;
    uintptr_t object = thing && thing->kind == THING_MADE ? object_in(thing->start, thing->size) : 0;
    return object && object_count(object) != UINT64_MAX ? object : 0;
}

/* Memory that is no object is somebody's: Python's own belongs to an object. */
static bool is_worth_it(const struct group *group) {
    if (object_of(group, 0) || object_of(group, 1))
        return true;
    const struct thing *thing = group->examples[0] ? thing_at(group->examples[0]) : NULL;
    return thing && thing->domain == CPYTHON_MEM && site_claim(site_get(group->site)) == CLAIM_OURS;
}

static void choose_group(struct group *group, void *context) {
    (void)context;
    if (repeat.group_count < GROUPS_MOST && grows(group->alive) && is_worth_it(group))
        repeat.groups[repeat.group_count++] = group;
}

static void choose_sites(void) {
    for (uint32_t site = 1; site < repeat.rows_count && site <= sites_count() && repeat.site_count < BLOCKS_MOST; site++)
        if (grows(repeat.rows[site].blocks) && site_claim(site_get(site)) == CLAIM_OURS)
            repeat.sites[repeat.site_count++] = site;
}

static bool is_example_of_ours(uintptr_t place) {
    struct block block;
    const struct thing *thing = thing_around(place);
    if (thing && thing->kind == THING_MADE)
        return grows(thing_group(thing)->alive);
    return block_around(place, 1u << 20, &block) && block.state == BLOCK_LIVE && block.allocated < repeat.rows_count &&
           grows(repeat.rows[block.allocated].blocks);
}

/* All words that were found of it stand in other things that stay. */
static bool is_indirect(const struct suspect *suspect) {
    unsigned known = 0;
    for (unsigned i = 0; i < HEAP_HOLDERS && suspect->places[i]; i++, known++)
        if (!is_example_of_ours(suspect->places[i]))
            return false;
    return known && suspect->words == known;
}

/* ---- reports --------------------------------------------------------------------------------------------------------------- */

static void add_summary(struct subjects *subjects, uint64_t stays, const char *what) {
    subjects_add(subjects, &(struct subject){.what = FFISAN_SUBJECT_REPEAT,
                                             .role = FFISAN_ROLE_DETECTED,
                                             .argument = FFISAN_SUBJECT_NO_ARGUMENT,
                                             .count = repeat.calls,
                                             .given = stays,
                                             .name = what});
}

/* `suspect`: with its words; NULL: they are not known. */
static void add_object(struct subjects *subjects, uintptr_t object, const struct suspect *suspect) {
    char name[TYPE_NAME_ROOM] = "", own_name[TYPE_NAME_ROOM] = "";
    object_type_name(object, name, sizeof name);
    if (is_kind(object, TYPE_IS_TYPE))
        peek_text(own_name, word(object, TYPE_NAME), sizeof own_name);
    subjects_add(subjects, &(struct subject){.what = FFISAN_SUBJECT_OBJECT,
                                             .role = FFISAN_ROLE_CREATED,
                                             .argument = FFISAN_SUBJECT_NO_ARGUMENT,
                                             .address = object,
                                             .count = object_count(object),
                                             .wanted = suspect ? suspect->words : 0,
                                             .name = name,
                                             .detail = own_name[0] ? own_name : NULL});
}

static void report_group(const struct group *group, uintptr_t object, const struct suspect *suspect) {
    struct subjects subjects = {0};
    struct finding finding = {.rule = object ? FFISAN_RULE_REFERENCE_LEAK : FFISAN_RULE_LEAK,
                              .place = FFISAN_PLACE_UNKNOWN,
                              .blocks = growth(group->alive),
                              .bytes = group->bytes};
    finding.sites[FFISAN_ROLE_CREATED] = group->site;
    finding.lines[FFISAN_ROLE_CREATED] = group->line;
    add_summary(&subjects, growth(group->alive), object ? "made" : "memory");
    if (object)
        add_object(&subjects, object, suspect);
    if (group->api)
        subjects_add(&subjects, &(struct subject){.what = FFISAN_SUBJECT_CALL,
                                                  .role = FFISAN_ROLE_CREATED,
                                                  .argument = FFISAN_SUBJECT_NO_ARGUMENT,
                                                  .name = group->api});
    subjects_add_method(&subjects, FFISAN_ROLE_CREATED, group->method);
    subjects_report(&finding, &subjects, NULL);
}

static void report_block(uint32_t site, bool reachable) {
    const struct block_row *row = &repeat.rows[site];
    struct block block;
    struct subjects subjects = {0};
    if (!block_at(row->example, &block))
        return;
    struct finding finding = {.rule = FFISAN_RULE_LEAK,
                              .address = block.start,
                              .place = FFISAN_PLACE_LIVE_BLOCK,
                              .block = &block,
                              .blocks = growth(row->blocks),
                              .bytes = row->bytes};
    add_summary(&subjects, growth(row->blocks), reachable ? "held" : "lost");
    subjects_report(&finding, &subjects, NULL);
}

static void report_old(const struct suspect *suspect, uint64_t lost) {
    struct subjects subjects = {0};
    struct finding finding = {.rule = FFISAN_RULE_REFERENCE_LEAK, .place = FFISAN_PLACE_UNKNOWN, .distinction = suspect->object};
    add_summary(&subjects, lost, "references");
    add_object(&subjects, suspect->object, suspect);
    subjects_report(&finding, &subjects, NULL);
}

/* ---- the end --------------------------------------------------------------------------------------------------------------- */

/* From the middle to the end: half of the growth at least that no memory explains, and once in each round. */
static void judge_old(unsigned index, const struct suspect *suspect) {
    const struct thing *thing = NULL;
    for (uintptr_t offset = 0; offset <= 48 && !thing; offset += 16)
        thing = thing_at(suspect->object - offset);
    if (!thing || thing->kind != THING_OLD)
        return;
    uint64_t count = thing->last - repeat.old_count[index];
    int64_t words = (int64_t)(suspect->words - repeat.old_words[index]);
    unsigned rounds = repeat.rounds - repeat.rounds / 2;
    int64_t lost = (int64_t)count - (words > 0 ? words : 0);
    uint64_t before = repeat.old_count[index] - thing->first;
    bool even = count * 4 >= before * 3 && before * 4 >= count * 3;
    if (even && lost >= (int64_t)rounds && lost * 2 > (int64_t)count)
        report_old(suspect, (uint64_t)lost * repeat.rounds / rounds);
}

static unsigned ask(unsigned used, uintptr_t address) {
    for (unsigned i = 0; i < used; i++)
        if (repeat.suspects[i].object == address)
            return used;
    if (address && used < HEAP_SUSPECTS)
        repeat.suspects[used++].object = address;
    return used;
}

/* What memory has of all that is in question, in one look. */
static unsigned ask_about_all(void) {
    unsigned used = 0;
    memset(repeat.suspects, 0, HEAP_SUSPECTS * sizeof *repeat.suspects);
    for (unsigned i = 0; i < repeat.olds; i++)
        used = ask(used, repeat.old[i]);
    for (unsigned i = 0; i < repeat.group_count; i++)
        used = ask(used, object_of(repeat.groups[i], 0) ? object_of(repeat.groups[i], 0) : object_of(repeat.groups[i], 1));
    for (unsigned i = 0; i < repeat.site_count; i++)
        used = ask(used, repeat.rows[repeat.sites[i]].example);
    if (!words_count(repeat.suspects, used))
        return 0;
    for (unsigned i = 0; i < used; i++)
        if (object_is(repeat.suspects[i].object))
            unheld_leave_out_free_lists(&repeat.suspects[i]);
    return used;
}

static const struct suspect *answer_for(unsigned used, uintptr_t address) {
    for (unsigned i = 0; address && i < used; i++)
        if (repeat.suspects[i].object == address)
            return &repeat.suspects[i];
    return NULL;
}

/* One that only other things on the list lead to is told with those; when all are so (they lead to each other), each is told. */
static unsigned tell(unsigned used, bool indirect_too) {
    unsigned told = 0;
    for (unsigned i = 0; i < repeat.group_count; i++) {
        uintptr_t object = object_of(repeat.groups[i], 0);
        object = object ? object : object_of(repeat.groups[i], 1);
        const struct suspect *suspect = answer_for(used, object);
        if (suspect && object && is_indirect(suspect) && suspect->words >= object_count(object) && !indirect_too)
            continue;
        report_group(repeat.groups[i], object, suspect);
        told++;
    }
    for (unsigned i = 0; i < repeat.site_count; i++) {
        const struct suspect *suspect = answer_for(used, repeat.rows[repeat.sites[i]].example);
        if (suspect && is_indirect(suspect) && !indirect_too)
            continue;
        report_block(repeat.sites[i], !suspect || suspect->words);
        told++;
    }
    return told;
}

static void conclude(void) {
    groups_each(choose_group, NULL);
    choose_sites();
    unsigned used = ask_about_all();
    for (unsigned i = 0; i < repeat.olds; i++)
        if (answer_for(used, repeat.old[i]))
            judge_old(i, answer_for(used, repeat.old[i]));
    if (!tell(used, false))
        tell(used, true);
    leaks_forgo(FFISAN_LEAKS_OFF);
}

/* ---- the steps ------------------------------------------------------------------------------------------------------------- */

static bool begin(unsigned count) {
    repeat.calls = count > CALLS_LEAST ? count : CALLS_LEAST;
    repeat.rounds = repeat.calls < ROUNDS ? repeat.calls : ROUNDS;
    repeat.calls = (repeat.calls + repeat.rounds - 1) / repeat.rounds * repeat.rounds;
    repeat.warm = repeat.calls / WARM_PART > WARM_LEAST ? repeat.calls / WARM_PART : WARM_LEAST;
    repeat.tid = thread_id();
    repeat.suspects = memory_map(HEAP_SUSPECTS * sizeof *repeat.suspects);
    repeat.began = true;
    return repeat.suspects && cpython.layout;
}

/* After the calls that come before, and a collection. */
static bool begin_rounds(void) {
    if (!things_open() || !open_rows())
        return false;
    look();
    listen(true);
    return true;
}

static void end(void) {
    listen(false);
    repeat.over = true;
    conclude();
    things_close();
}

/* After how many calls the round is over. */
static unsigned end_of_round(unsigned round) {
    return repeat.warm + (unsigned)((uint64_t)repeat.calls * round / repeat.rounds);
}

static enum repeat_step next(void) {
    if (repeat.made < end_of_round(repeat.round)) {
        repeat.made++;
        return REPEAT_CALL;
    }
    if (!repeat.collected) {
        repeat.collected = true;
        return REPEAT_COLLECT;
    }
    repeat.collected = false;
    if (repeat.round == 0 && !begin_rounds())
        return REPEAT_IMPOSSIBLE;
    if (repeat.round)
        look();
    if (repeat.round++ == repeat.rounds) {
        end();
        return REPEAT_DONE;
    }
    return next();
}

/* What it takes is not the time of ctypes, which calls it. */
static void excuse_caller(void) {
    for (struct method_call *call = self.method; call; call = call->outer)
        call->callbacks++;
}

EXPORT int ffisan_repeat_step(unsigned count) {
    if (hooks_off || repeat.over)
        return REPEAT_DONE;
    struct inside inside = inside_enter();
    excuse_caller();
    enum repeat_step step = repeat.began || begin(count) ? next() : REPEAT_IMPOSSIBLE;
    inside_leave(inside);
    return (int)step;
}

bool repeat_runs(void) {
    return repeat.began;
}

void repeat_start(void) {
    domains_listen(&births);
    api_listen(answers);
}
