/* SPDX-License-Identifier: Apache-2.0
 *
 * The table, and how the objects that are there are found: all pools of pymalloc (by their headers, among the pages that were written to),
 * all blocks of the books that belong to the object domain, the types that these lead to, and what the interpreter has as data.
 *
 * What an object's beginning looks like: a count, and a type whose type's type is `type`. It may stand 16 or 32 bytes into its block
 * (domains.h). Free lists: a dead object there has a count of 0, or its type's word is a link.
 */
#include "cpython/things.h"

#include <string.h>

#include "core/blocks.h"
#include "core/memory.h"
#include "core/peek.h"
#include "core/roots.h"
#include "cpython/heap.h"

#define TABLE_SIZE   (1u << 21)
#define TABLE_MOST   (TABLE_SIZE / 4 * 3)
#define GROUPS_SIZE  (1u << 14)
#define GROUPS_MOST  (GROUPS_SIZE / 4 * 3)
#define TYPES_SIZE   (1u << 14)
#define TYPES_MOST   (TYPES_SIZE / 4 * 3)
#define COUNT_LIMIT  (1u << 22) /* more references than that are an address */
#define RUNTIME_SIZE (256u << 10)

static struct things {
    struct thing *table;
    struct group *groups;
    uintptr_t *types; /* bit 0: it is none */
    uintptr_t metatype;
    uint32_t count, group_count, type_count;
    bool failed;
} things;

static uint32_t hash_of(uintptr_t word) {
    return (uint32_t)((word >> 3) * 0x9e3779b97f4a7c15u >> 32);
}

/* ---- types ----------------------------------------------------------------------------------------------------------------- */

static bool word_at(uintptr_t address, uintptr_t *word) {
    return address > 4096 && address % sizeof *word == 0 && peek(word, address, sizeof *word);
}

static bool is_metatype(uintptr_t meta) {
    uintptr_t above;
    for (unsigned i = 0; i < 3; i++, meta = above)
        if (meta == things.metatype)
            return true;
        else if (!word_at(meta + OBJECT_TYPE, &above))
            return false;
    return false;
}

static bool look_at_type(uintptr_t type) {
    uintptr_t meta, flags, size;
    return word_at(type + OBJECT_TYPE, &meta) && is_metatype(meta) && word_at(meta + TYPE_FLAGS, &flags) &&
           flags & TYPE_IS_TYPE && word_at(type + TYPE_BASIC_SIZE, &size) && size >= 16 && size < 1u << 20;
}

/* By a look at it once. */
static bool is_type(uintptr_t type) {
    if (type % 8 || type < 4096)
        return false;
    uint32_t at = hash_of(type) % TYPES_SIZE;
    for (; things.types[at]; at = (at + 1) % TYPES_SIZE)
        if ((things.types[at] & ~(uintptr_t)1) == type)
            return !(things.types[at] & 1);
    bool is = look_at_type(type);
    if (things.type_count < TYPES_MOST) {
        things.types[at] = type | !is;
        things.type_count++;
    }
    return is;
}

static UNCHECKED_READS bool is_object(uintptr_t object) {
    uint64_t count = *(const uint64_t *)object;
    return count && (count < COUNT_LIMIT || object_count(object) == UINT64_MAX) &&
           is_type(*(const uintptr_t *)(object + OBJECT_TYPE));
}

uintptr_t object_in(uintptr_t start, size_t size) {
    for (uintptr_t offset = 0; offset <= 48 && offset + 16 <= size; offset += 16)
        if (is_object(start + offset))
            return start + offset;
    return 0;
}

/* ---- the table ------------------------------------------------------------------------------------------------------------- */

static struct thing *place_of(uintptr_t start) {
    uint32_t at = hash_of(start) % TABLE_SIZE;
    while (things.table[at].kind && things.table[at].start != start)
        at = (at + 1) % TABLE_SIZE;
    return &things.table[at];
}

struct thing *thing_at(uintptr_t start) {
    struct thing *thing = place_of(start);
    return thing->kind ? thing : NULL;
}

struct thing *thing_around(uintptr_t address) {
    for (uintptr_t start = address & ~(uintptr_t)15; address - start < 4096; start -= 16) {
        struct thing *thing = thing_at(start);
        if (thing)
            return address - start < thing->size ? thing : NULL;
    }
    return NULL;
}

/* What stands behind it and would not be found any more moves up. */
static void take_out(struct thing *thing) {
    uint32_t hole = (uint32_t)(thing - things.table), at = hole;
    for (;;) {
        at = (at + 1) % TABLE_SIZE;
        if (!things.table[at].kind)
            break;
        uint32_t home = hash_of(things.table[at].start) % TABLE_SIZE;
        if ((at - home) % TABLE_SIZE >= (at - hole) % TABLE_SIZE) {
            things.table[hole] = things.table[at];
            hole = at;
        }
    }
    things.table[hole].kind = THING_NONE;
    things.count--;
}

void thing_gone(uintptr_t start) {
    struct thing *thing = thing_at(start);
    if (thing)
        take_out(thing);
}

static void put_in(const struct thing *thing) {
    struct thing *place = place_of(thing->start);
    if (!place->kind && things.count >= TABLE_MOST) {
        things.failed = true;
        return;
    }
    things.count += !place->kind;
    *place = *thing;
}

static uint32_t group_of(const struct group *where) {
    uint32_t at =
        hash_of(((uintptr_t)where->site << 32 | where->line) * 8 ^ (uintptr_t)where->method ^ (uintptr_t)where->api << 7) %
        GROUPS_SIZE;
    for (at += at == 0; things.groups[at].site || things.groups[at].line; at = at + 1 < GROUPS_SIZE ? at + 1 : 1) {
        const struct group *here = &things.groups[at];
        if (here->site == where->site && here->line == where->line && here->method == where->method && here->api == where->api)
            return at;
    }
    if (things.group_count >= GROUPS_MOST || !(where->site || where->line)) {
        things.failed = true;
        return 0;
    }
    things.group_count++;
    things.groups[at] = (struct group){.site = where->site, .line = where->line, .method = where->method, .api = where->api};
    return at;
}

void thing_remade(uintptr_t start, size_t size, enum cpython_domain domain, uint32_t group) {
    put_in(&(struct thing){.start = start,
                           .group = group,
                           .size = size < UINT32_MAX ? (uint32_t)size : UINT32_MAX,
                           .kind = THING_MADE,
                           .domain = (uint8_t)domain});
}

void thing_made(uintptr_t start, size_t size, enum cpython_domain domain, const struct group *where) {
    thing_remade(start, size, domain, group_of(where));
}

const struct group *thing_group(const struct thing *thing) {
    return &things.groups[thing->group];
}

bool counts_grow(const uint32_t counts[THINGS_ROUNDS + 1], unsigned rounds) {
    uint32_t least = UINT32_MAX, most = 0;
    for (unsigned round = 1; round <= rounds; round++) {
        if (counts[round] <= counts[round - 1])
            return false;
        uint32_t grown = counts[round] - counts[round - 1];
        least = grown < least ? grown : least;
        most = grown > most ? grown : most;
    }
    return most - least <= 1 + most / 8;
}

void thing_moved(struct thing *thing, const struct group *where) {
    thing->group = group_of(where);
}

void things_each(void (*each)(struct thing *thing, void *context), void *context) {
    for (uint32_t i = 0; i < TABLE_SIZE; i++)
        if (things.table[i].kind)
            each(&things.table[i], context);
}

void groups_each(void (*each)(struct group *group, void *context), void *context) {
    for (uint32_t i = 1; i < GROUPS_SIZE; i++)
        if (things.groups[i].site || things.groups[i].line)
            each(&things.groups[i], context);
}

/* ---- what is there --------------------------------------------------------------------------------------------------------- */

static void add_old(uintptr_t start, size_t size, uintptr_t object, bool is_static) {
    uint64_t count = object_count(object);
    if (count == UINT64_MAX || thing_at(start))
        return;
    put_in(&(struct thing){.start = start,
                           .type = *(const uintptr_t *)(object + OBJECT_TYPE),
                           .first = (uint32_t)count,
                           .last = (uint32_t)count,
                           .size = (uint32_t)size,
                           .kind = THING_OLD,
                           .offset = (uint8_t)(object - start),
                           .static_ = is_static});
}

static void add_block(uintptr_t start, size_t size, void *context) {
    (void)context;
    uintptr_t object = object_in(start, size);
    if (object)
        add_old(start, size, object, false);
}

/* The far pages of a new pool may not have been touched yet, and are in no run. */
static void look_for_pools(const struct run *run, void *context) {
    struct arena_view *view = context;
    size_t size = (size_t)1 << cpython.layout->pool_bits;
    for (uintptr_t at = (run->start + size - 1) & ~(size - 1); at < run->end && !run->careful; at += size)
        arena_each(at, view, add_block, NULL);
}

static bool add_large(const struct block *block, void *context) {
    (void)context;
    if (block->family == FFISAN_FAMILY_PY_OBJECT && block->size >= 16 && block->size < UINT32_MAX)
        add_block(block->start, block->size, NULL);
    return true;
}

/* Those in blocks are there already. */
static void add_static(uintptr_t object) {
    if (object && module_at(object) && is_object(object))
        add_old(object, 0, object, true);
}

static void add_static_types(void) {
    for (uint32_t i = 0; i < TYPES_SIZE; i++)
        if (things.types[i] && !(things.types[i] & 1))
            add_static(things.types[i]);
}

/* 3.11 has small numbers, short texts and the like as data of its runtime; earlier ones in blocks, later ones make them immortal. */
static void add_data_of_runtime(void) {
    uintptr_t end = cpython.module->end;
    if (cpython.layout->version != 0x030b)
        return;
    for (uintptr_t at = cpython.runtime; at + 16 <= end && at - cpython.runtime < RUNTIME_SIZE; at += 8) {
        uintptr_t type = *(const uintptr_t *)(at + OBJECT_TYPE);
        if (type == cpython.text_type || type == cpython.bytes_type || type == module_symbol(cpython.module, "PyLong_Type"))
            add_static(at);
    }
}

static void add_singletons(void) {
    static const char *const names[] = {"_Py_NoneStruct", "_Py_TrueStruct", "_Py_FalseStruct", "_Py_EllipsisObject",
                                        "_Py_NotImplementedStruct"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        add_static(module_symbol(cpython.module, names[i]));
}

static bool survey_objects(void) {
    struct arena_view view = {0};
    struct survey *survey = survey_take(0);
    if (!survey)
        return false;
    survey_roots(survey, look_for_pools, &view);
    survey_release(survey);
    blocks_each(add_large, NULL);
    add_singletons();
    add_data_of_runtime();
    add_static_types();
    return true;
}

bool things_open(void) {
    things = (struct things){.table = memory_map(TABLE_SIZE * sizeof *things.table),
                             .groups = memory_map(GROUPS_SIZE * sizeof *things.groups),
                             .types = memory_map(TYPES_SIZE * sizeof *things.types),
                             .metatype = module_symbol(cpython.module, "PyType_Type")};
    return things.table && things.groups && things.types && things.metatype && survey_objects();
}

void things_close(void) {
    if (things.table)
        memory_unmap(things.table, TABLE_SIZE * sizeof *things.table);
    if (things.groups)
        memory_unmap(things.groups, GROUPS_SIZE * sizeof *things.groups);
    if (things.types)
        memory_unmap(things.types, TYPES_SIZE * sizeof *things.types);
    things = (struct things){0};
}

bool things_failed(void) {
    return things.failed;
}

/* ---- looks ----------------------------------------------------------------------------------------------------------------- */

/* Another thread may have given it back. */
static bool is_in_use(const struct thing *thing, struct arena_view *view) {
    struct block block;
    if (thing->static_)
        return true;
    if (arena_is_free(thing->start, view))
        return false;
    if (arena_has_pool(thing->start))
        return true;
    for (uintptr_t shift = 0; shift <= 48; shift += 16)
        if (block_at(thing->start - shift, &block) && block.state == BLOCK_LIVE)
            return true;
    return false;
}

/* From the end, so that what take_out moves up was looked at. */
static void sweep(void) {
    struct arena_view view = {0};
    for (uint32_t i = TABLE_SIZE; i-- > 0;)
        if (things.table[i].kind && things.table[i].kind != THING_SETTLED && !is_in_use(&things.table[i], &view))
            take_out(&things.table[i]);
}

static void look_at_old(struct thing *thing) {
    uintptr_t object = thing->start + thing->offset;
    uint64_t now = object_count(object);
    if (*(const uintptr_t *)(object + OBJECT_TYPE) != thing->type || now <= thing->last || now == UINT64_MAX)
        thing->kind = THING_SETTLED;
    else
        thing->last = (uint32_t)now;
}

struct look {
    unsigned round;
};

static void look_at(struct thing *thing, void *context) {
    const struct look *look = context;
    if (thing->kind == THING_OLD && look->round) {
        look_at_old(thing);
        return;
    }
    if (thing->kind != THING_MADE || !thing->group)
        return;
    struct group *group = &things.groups[thing->group];
    group->alive[look->round]++;
    group->bytes += thing->size;
    group->examples[group->alive[look->round] % 2] = thing->start;
}

static void forget_examples(struct group *group, void *context) {
    (void)context;
    group->bytes = 0;
    group->examples[0] = group->examples[1] = 0;
}

void things_look(unsigned round) {
    struct look look = {round};
    sweep();
    groups_each(forget_examples, NULL);
    things_each(look_at, &look);
}
