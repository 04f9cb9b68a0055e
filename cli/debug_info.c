/* SPDX-License-Identifier: Apache-2.0 */
#include "debug_info.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "debug_types.h"
#include "pool.h"

#define UNITS_MAX     (1u << 19)
#define RANGES_MAX    (1u << 21)
#define BUDGET        (UINT64_C(100) << 20) /* entries of one file, all questions together: a few seconds */
#define FUNCTION_COST (UINT64_C(4) << 20)   /* entries of one question */
#define ROOM          (768u << 10)          /* of one function's types */
#define NESTING_MAX   16                    /* namespaces and classes */
#define LEVELS        5                     /* structs that lead to structs: what is further away has no fields */

/* Code of one unit. */
struct range {
    Dwarf_Addr start, end;
    Dwarf_Off unit; /* offset of its first entry */
};

struct debug_info {
    Dwarf *dwarf;
    uint64_t bias;
    struct range *ranges; /* by start */
    size_t range_count, range_room;
    bool indexed, endless, split;
    uint64_t budget;
    struct type_maker *maker;
    Dwarf_Die *dies;
};

struct debug_info *debug_info_new(Dwarf *dwarf, uint64_t bias) {
    struct debug_info *info = calloc(1, sizeof(*info));
    if (!info)
        pool_exhausted();
    *info = (struct debug_info){.dwarf = dwarf, .bias = bias, .budget = BUDGET};
    return info;
}

void debug_info_free(struct debug_info *info) {
    if (!info)
        return;
    type_maker_free(info->maker);
    free(info->dies);
    free(info->ranges);
    free(info);
}

/* ---- which unit an address belongs to ---- */

/* .debug_aranges would say it too, but clang and rustc do not write it. */
static bool range_add(struct debug_info *info, struct range range) {
    if (range.start >= range.end)
        return true;
    if (info->range_count == info->range_room) {
        size_t room = info->range_room ? 2 * info->range_room : 256;
        struct range *ranges = room <= RANGES_MAX ? realloc(info->ranges, room * sizeof(*ranges)) : NULL;
        if (!ranges)
            return false;
        info->ranges = ranges;
        info->range_room = room;
    }
    info->ranges[info->range_count++] = range;
    return true;
}

static bool unit_add(struct debug_info *info, Dwarf_Die *unit) {
    Dwarf_Addr base, start, end;
    for (ptrdiff_t at = 0; (at = dwarf_ranges(unit, at, &base, &start, &end)) > 0;)
        if (!range_add(info, (struct range){start, end, dwarf_dieoffset(unit)}))
            return false;
    return true;
}

static int range_compare(const void *left, const void *right) {
    const struct range *a = left, *b = right;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    return a->unit < b->unit ? -1 : a->unit > b->unit;
}

static void index_units(struct debug_info *info) {
    Dwarf_CU *unit = NULL;
    uint8_t kind;
    Dwarf_Die die;
    info->indexed = true;
    for (unsigned i = 0; dwarf_get_units(info->dwarf, unit, &unit, NULL, &kind, &die, NULL) == 0; i++) {
        info->split |= kind == DW_UT_skeleton;
        info->endless |= i == UNITS_MAX || ((kind == DW_UT_compile || kind == DW_UT_skeleton) && !unit_add(info, &die));
        if (info->endless)
            return;
    }
    if (info->range_count)
        qsort(info->ranges, info->range_count, sizeof(*info->ranges), range_compare);
}

/* The unit with code at `address`; false: none. */
static bool unit_at(const struct debug_info *info, Dwarf_Addr address, Dwarf_Die *unit) {
    size_t low = 0, high = info->range_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (info->ranges[middle].start <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && address < info->ranges[low - 1].end && dwarf_offdie(info->dwarf, info->ranges[low - 1].unit, unit);
}

/* ---- which function begins there ---- */

static bool begins_at(Dwarf_Die *die, Dwarf_Addr address) {
    Dwarf_Addr entry;
    return dwarf_tag(die) == DW_TAG_subprogram && dwarf_entrypc(die, &entry) == 0 && entry == address;
}

static bool has_functions(Dwarf_Die *die) {
    switch (dwarf_tag(die)) {
    case DW_TAG_namespace:
    case DW_TAG_class_type:
    case DW_TAG_structure_type:
    case DW_TAG_union_type:
    case DW_TAG_module:
        return true;
    default:
        return false;
    }
}

/* Looks among the children of `parent`, and within namespaces and classes. */
static bool function_find(const struct debug_types *types, Dwarf_Die *parent, Dwarf_Addr address, unsigned nesting,
                          Dwarf_Die *found) {
    Dwarf_Die child;
    int rest = dwarf_child(parent, &child);
    for (; rest == 0 && debug_types_step(types); rest = dwarf_siblingof(&child, &child)) {
        if (begins_at(&child, address)) {
            *found = child;
            return true;
        }
        if (nesting && has_functions(&child) && function_find(types, &child, address, nesting - 1, found))
            return true;
    }
    return false;
}

/* ---- the answer ---- */

static bool workshop_open(struct debug_info *info) {
    info->maker = type_maker_new(ROOM);
    info->dies = info->maker ? calloc(info->maker->record_limit, sizeof(*info->dies)) : NULL;
    return info->dies;
}

/* A piece of the pool becomes the table. */
static bool table_keep(const struct debug_info *info, struct pool *pool, struct type_table *table) {
    size_t size;
    struct ffisan_types *made = type_maker_table(info->maker, &size);
    if (!made)
        return false;
    void *kept = memcpy(pool_get(pool, size), made, size);
    free(made);
    return type_table_open(table, kept, size);
}

/* With all that is within reach, or less when that is too much. */
static uint32_t function_read(struct debug_info *info, struct debug_types *types, Dwarf_Die *die, struct pool *pool,
                              struct type_table *table) {
    for (types->levels = LEVELS; types->levels-- > 0;) {
        uint32_t function = debug_types_function(types, die);
        if (!function && !info->maker->writer.full)
            return 0;
        if (function && table_keep(info, pool, table))
            return function;
    }
    return 0;
}

static uint32_t function_at(struct debug_info *info, struct debug_types *types, struct pool *pool, Dwarf_Addr address,
                            struct type_table *table, const char **name) {
    Dwarf_Die unit, die;
    if (!unit_at(info, address, &unit))
        return 0;
    types->language = dwarf_srclang(&unit);
    if (debug_language(types->language) == DEBUG_NOT_READ || !function_find(types, &unit, address, NESTING_MAX, &die))
        return 0;
    const char *raw = dwarf_diename(&die);
    *name = raw ? pool_clean(pool, raw, POOL_CLEAN_ALL) : NULL;
    return function_read(info, types, &die, pool, table);
}

static const char *obstacle(const struct debug_info *info) {
    if (info->endless || !info->budget)
        return "its debug info is too large, or damaged";
    return info->split ? "its debug info is split off into other files (-gsplit-dwarf)" : NULL;
}

uint32_t debug_info_function(struct debug_info *info, struct pool *pool, uint64_t value, struct type_table *table,
                             const char **name, const char **why) {
    if (!info->indexed)
        index_units(info);
    if (!info->endless && (info->maker || workshop_open(info))) {
        uint64_t budget = info->budget < FUNCTION_COST ? info->budget : FUNCTION_COST, left = budget;
        struct debug_types types = {.maker = info->maker, .budget = &left, .dies = info->dies};
        uint32_t function = function_at(info, &types, pool, value - info->bias, table, name);
        info->budget -= budget - left;
        if (function)
            return function;
    }
    *why = obstacle(info);
    return 0;
}
