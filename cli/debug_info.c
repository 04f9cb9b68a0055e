/* SPDX-License-Identifier: Apache-2.0 */
#include "debug_info.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "debug_types.h"
#include "pool.h"

#define UNITS_MAX     (1u << 19)
#define RANGES_MAX    (1u << 21)
#define FUNCTION_COST (UINT64_C(4) << 20) /* entries of one question */
#define ROOM          (768u << 10)        /* of one function's types */
#define NESTING_MAX   16                  /* namespaces and classes */
#define LEVELS        5                   /* structs that lead to structs: what is further away has no fields */

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

struct debug_info *debug_info_new(struct pool *pool, Dwarf *dwarf, uint64_t bias, uint64_t budget) {
    struct debug_info *info = pool_get(pool, sizeof(*info));
    *info = (struct debug_info){.dwarf = dwarf, .bias = bias, .budget = budget};
    return info;
}

void debug_info_free(struct debug_info *info) {
    if (!info)
        return;
    type_maker_free(info->maker);
    free(info->dies);
    free(info->ranges);
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

/* ---- which functions those may be ---- */

#define CANDIDATES_MAX 16

struct search {
    const struct debug_types *types;
    Dwarf_Addr address;
    const char *const *names;
    size_t name_count;
    Dwarf_Die found[CANDIDATES_MAX];
    size_t count;
};

static const char *linkage_name(Dwarf_Die *die) {
    Dwarf_Attribute attribute;
    bool mangled = dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute) ||
                   dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attribute); /* before DWARF 4 */
    const char *name = mangled ? dwarf_formstring(&attribute) : dwarf_diename(die);
    return name ? name : "";
}

static bool is_named(const struct search *search, const char *name) {
    for (size_t i = 0; i < search->name_count; i++)
        if (strcmp(search->names[i], name) == 0)
            return true;
    return false;
}

/* The one of that name that was found before; NULL: none. */
static Dwarf_Die *found_as(struct search *search, const char *name) {
    for (size_t i = 0; i < search->count; i++)
        if (strcmp(linkage_name(&search->found[i]), name) == 0)
            return &search->found[i];
    return NULL;
}

/* Of what is elsewhere; and gcc says no more of its builtins than their names. */
static bool is_declaration(Dwarf_Die *die) {
    Dwarf_Attribute attribute;
    return dwarf_attr(die, DW_AT_declaration, &attribute) != NULL;
}

static void function_look(struct search *search, Dwarf_Die *die) {
    Dwarf_Addr entry;
    bool placed = dwarf_entrypc(die, &entry) == 0;
    if (placed && entry != search->address)
        return;
    const char *name = linkage_name(die);
    Dwarf_Die *known = found_as(search, name); /* an inlined function is described twice */
    if (known && placed)
        *known = *die;
    else if (!known && search->count < CANDIDATES_MAX && (placed || (is_named(search, name) && !is_declaration(die))))
        search->found[search->count++] = *die;
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

/* Among the children of `parent`, and within namespaces and classes. */
static void functions_look(struct search *search, Dwarf_Die *parent, unsigned nesting) {
    Dwarf_Die child;
    int rest = dwarf_child(parent, &child);
    for (; rest == 0 && debug_types_step(search->types); rest = dwarf_siblingof(&child, &child)) {
        if (dwarf_tag(&child) == DW_TAG_subprogram)
            function_look(search, &child);
        else if (nesting && has_functions(&child))
            functions_look(search, &child, nesting - 1);
    }
}

/* ---- the answer ---- */

static bool workshop_open(struct debug_info *info) {
    info->maker = type_maker_new(ROOM);
    info->dies = info->maker ? calloc(info->maker->record_limit, sizeof(*info->dies)) : NULL;
    return info->dies;
}

/* A piece of the pool becomes the table. */
static const struct type_table *table_keep(const struct debug_info *info, struct pool *pool) {
    size_t size;
    struct type_table *table = pool_get(pool, sizeof(*table));
    struct ffisan_types *made = type_maker_table(info->maker, &size);
    if (!made)
        return NULL;
    void *kept = memcpy(pool_get(pool, size), made, size);
    free(made);
    return type_table_open(table, kept, size) ? table : NULL;
}

/* With all that is within reach, or less when that is too much. */
static bool function_read(const struct debug_info *info, struct debug_types *types, Dwarf_Die *die, struct pool *pool,
                          struct described *described) {
    for (types->levels = LEVELS; types->levels-- > 0;) {
        *described = (struct described){.function = debug_types_function(types, die)};
        if (!*types->budget) /* what was left out is not what is not there */
            return false;
        if (described->function && (described->table = table_keep(info, pool)))
            break;
        if (!info->maker->writer.full)
            return false;
    }
    described->name = pool_copy(pool, linkage_name(die));
    return described->table;
}

static size_t functions_at(const struct debug_info *info, struct debug_types *types, struct pool *pool, struct search *search,
                           struct described *found, size_t limit) {
    Dwarf_Die unit;
    size_t count = 0;
    if (!unit_at(info, search->address, &unit))
        return 0;
    types->language = dwarf_srclang(&unit);
    if (debug_language(types->language) == DEBUG_NOT_READ)
        return 0;
    functions_look(search, &unit, NESTING_MAX);
    for (size_t i = 0; i < search->count && count < limit; i++)
        count += function_read(info, types, &search->found[i], pool, &found[count]);
    return *types->budget ? count : 0;
}

static const char *obstacle(const struct debug_info *info) {
    if (info->endless || !info->budget)
        return "its debug info is too large, or damaged";
    return info->split ? "its debug info is split off into other files (-gsplit-dwarf)" : NULL;
}

size_t debug_info_functions(struct debug_info *info, struct pool *pool, uint64_t value, const char *const *names,
                            size_t name_count, struct described *found, size_t limit, const char **why) {
    size_t count = 0;
    if (!info->indexed)
        index_units(info);
    if (!info->endless && (info->maker || workshop_open(info))) {
        uint64_t budget = info->budget < FUNCTION_COST ? info->budget : FUNCTION_COST, left = budget;
        struct debug_types types = {.maker = info->maker, .budget = &left, .dies = info->dies};
        struct search search = {.types = &types, .address = value - info->bias, .names = names, .name_count = name_count};
        count = functions_at(info, &types, pool, &search, found, limit);
        info->budget -= budget - left;
    }
    *why = count ? NULL : obstacle(info);
    return count;
}
