/* SPDX-License-Identifier: Apache-2.0
 *
 * Structs, compared by what lies at which offset. A declaration may say in other words what the library's header says: a nested
 * struct spread out, several fields summed up as an array of bytes, padding spelled out, a union by one of its members. So it is
 * not field against field, but each scalar of the declaration (a leaf) against what the library has at its offset:
 *
 *   nothing there (padding)             harmless
 *   bytes, a union, something unknown   harmless, and so is whatever its name calls filling (pad, reserved, opaque)
 *   a bit-field against an integer      harmless: flags are often declared as the integer that holds them
 *   a pointer against 64 bits           harmless
 *   signedness, names, enumerations     harmless
 *   another start, another width, floating point against something else: a mismatch
 *
 * One thing more is taken from names: when a field of the same name lies at another offset, the two are out of step, even though
 * the types at each offset may happen to agree.
 *
 * Tables may come from a hostile record: types contain themselves, sizes lie. Depth and number of steps are bounded.
 */
#include "core/layout.h"

#include <string.h>

#define DEPTH       16u
#define STEPS       4096u /* of one comparison; what lies beyond counts as alike */
#define FIELDS_MOST 1024u /* of a struct with more only the size is looked at */

enum leaf_class { LEAF_NONE, LEAF_ANY, LEAF_BITS, LEAF_INTEGER, LEAF_FLOAT, LEAF_POINTER };

struct leaf {
    enum leaf_class class;
    uint64_t offset;     /* bytes from the start of the outermost struct */
    uint64_t size;       /* bytes */
    uint64_t bit, width; /* LEAF_BITS: in bits from there */
};

/* A comparison in progress: one side is walked, the other looked up. */
struct walk {
    const struct type_table *declared, *actual;
    uint32_t actual_type;
    unsigned steps;
};

bool type_is_integer(const struct ffisan_type *type) {
    return type->kind == FFISAN_TYPE_BOOL || type->kind == FFISAN_TYPE_CHARACTER || type->kind == FFISAN_TYPE_WIDE ||
           type->kind == FFISAN_TYPE_INTEGER || type->kind == FFISAN_TYPE_ENUM;
}

bool type_is_bytes(const struct ffisan_type *type) {
    return type_is_integer(type) && type->kind != FFISAN_TYPE_BOOL && type->size <= 1 &&
           (type->size || type->kind == FFISAN_TYPE_CHARACTER);
}

uint32_t type_element(const struct type_table *table, uint32_t type) {
    for (unsigned depth = 0; depth < DEPTH && table->types[type].kind == FFISAN_TYPE_ARRAY; depth++)
        type = table->types[type].to;
    return table->types[type].kind == FFISAN_TYPE_ARRAY ? 0 : type;
}

static bool is_hidden(const struct ffisan_type *type) {
    return type->flags & (FFISAN_TYPE_INCOMPLETE | FFISAN_TYPE_FIELDS_UNKNOWN) || type->count > FIELDS_MOST;
}

/* ---- names ---- */

static bool starts_with(const char *name, const char *part) {
    while (*part && (*name | 0x20) == *part) /* `part` is of small letters */
        name++, part++;
    return !*part;
}

static bool has_part(const char *name, const char *const *parts) {
    for (; *name; name++)
        for (size_t i = 0; parts[i]; i++)
            if (starts_with(name, parts[i]))
                return true;
    return false;
}

/* What stands for space, or for a struct that nobody is to look into: of any type. */
static bool is_filler(const char *name) {
    static const char *const parts[] = {"reserv", "unused", "pad", "spare", "filler", "dummy", "opaque", "private", NULL};
    return has_part(name, parts) || (name[0] && !name[strspn(name, "_")]);
}

/* ---- leaves ---- */

static struct leaf leaf_of(const struct ffisan_type *type, uint64_t offset) {
    enum leaf_class class = type_is_integer(type)               ? LEAF_INTEGER
                            : type->kind == FFISAN_TYPE_FLOAT   ? LEAF_FLOAT
                            : type->kind == FFISAN_TYPE_POINTER ? LEAF_POINTER
                                                                : LEAF_ANY;
    return (struct leaf){.class = type->size ? class : LEAF_ANY, .offset = offset, .size = type->size};
}

static struct leaf leaf_of_bits(const struct ffisan_field *field, uint64_t base) {
    return (struct leaf){.class = LEAF_BITS, .bit = (base + field->offset) * 8 + field->bit_offset, .width = field->bit_width};
}

/* `bit` counts from the start of the struct, and so do the field's. */
static bool field_covers(const struct type_table *table, const struct ffisan_field *field, uint64_t bit) {
    uint64_t start = (uint64_t)field->offset * 8 + (field->bit_width ? field->bit_offset : 0);
    uint64_t width = field->bit_width ? field->bit_width : (uint64_t)table->types[field->type].size * 8;
    return bit >= start && bit - start < width;
}

static const struct ffisan_field *field_at(const struct type_table *table, const struct ffisan_type *type, uint64_t bit) {
    for (uint32_t i = 0; i < type->count; i++)
        if (field_covers(table, &table->fields[type->first + i], bit))
            return &table->fields[type->first + i];
    return NULL;
}

static struct leaf leaf_at(const struct type_table *table, uint32_t type, uint64_t bit) {
    uint64_t base = 0;
    for (unsigned depth = 0; depth < DEPTH; depth++) {
        const struct ffisan_type *here = &table->types[type];
        if (here->kind == FFISAN_TYPE_ARRAY) {
            const struct ffisan_type *element = &table->types[here->to];
            if (!element->size || type_is_bytes(element))
                return (struct leaf){.class = LEAF_ANY};
            base += (bit / 8 - base) / element->size * element->size;
            type = here->to;
        } else if (here->kind == FFISAN_TYPE_STRUCT && !is_hidden(here)) {
            const struct ffisan_field *field = field_at(table, here, bit - base * 8);
            if (!field)
                return (struct leaf){.class = LEAF_NONE};
            if (field->bit_width)
                return leaf_of_bits(field, base);
            if (is_filler(type_text(table, field->name)))
                return (struct leaf){.class = LEAF_ANY};
            base += field->offset;
            type = field->type;
        } else {
            return leaf_of(here, base);
        }
    }
    return (struct leaf){.class = LEAF_ANY};
}

/* ---- one leaf against the other side ---- */

static bool says_nothing(const struct leaf *leaf) {
    return leaf->class == LEAF_NONE || leaf->class == LEAF_ANY || leaf->class == LEAF_BITS;
}

static bool same_class(const struct leaf *a, const struct leaf *b) {
    return a->class == b->class || (a->class != LEAF_FLOAT && b->class != LEAF_FLOAT);
}

static bool leaf_agrees(const struct walk *walk, const struct leaf *leaf) {
    if (leaf->offset >= walk->actual->types[walk->actual_type].size)
        return true; /* how long they are is another question */
    struct leaf there = leaf_at(walk->actual, walk->actual_type, leaf->offset * 8);
    if (there.class == LEAF_NONE) { /* in the library's padding with its first byte; with its last one too? */
        there = leaf_at(walk->actual, walk->actual_type, (leaf->offset + leaf->size) * 8 - 1);
        return says_nothing(&there);
    }
    return says_nothing(&there) || (there.offset == leaf->offset && there.size == leaf->size && same_class(&there, leaf));
}

/* Bit-fields disagree when one lies across the edge of another. */
static bool crosses_edge(const struct leaf *a, const struct leaf *b) {
    return a->bit < b->bit && a->bit + a->width > b->bit && a->bit + a->width < b->bit + b->width;
}

static bool bits_agree(const struct walk *walk, const struct leaf *leaf) {
    struct leaf first = leaf_at(walk->actual, walk->actual_type, leaf->bit);
    struct leaf last = leaf_at(walk->actual, walk->actual_type, leaf->bit + leaf->width - 1);
    return !(first.class == LEAF_BITS && crosses_edge(&first, leaf)) && !(last.class == LEAF_BITS && crosses_edge(leaf, &last));
}

static bool type_agrees(struct walk *walk, uint32_t type, uint64_t offset, unsigned depth);

static bool field_agrees(struct walk *walk, const struct ffisan_field *field, uint64_t base, unsigned depth) {
    struct leaf bits = leaf_of_bits(field, base);
    if (is_filler(type_text(walk->declared, field->name)))
        return true;
    return field->bit_width ? bits_agree(walk, &bits) : type_agrees(walk, field->type, base + field->offset, depth);
}

static bool array_agrees(struct walk *walk, const struct ffisan_type *array, uint64_t offset, unsigned depth) {
    uint32_t size = walk->declared->types[array->to].size;
    for (uint64_t at = 0; size && at + size <= array->size && walk->steps; at += size)
        if (!type_agrees(walk, array->to, offset + at, depth))
            return false;
    return true;
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as DEPTH
static bool type_agrees(struct walk *walk, uint32_t type, uint64_t offset, unsigned depth) {
    const struct ffisan_type *here = &walk->declared->types[type];
    if (depth >= DEPTH || !walk->steps)
        return true;
    walk->steps--;
    if (here->kind == FFISAN_TYPE_ARRAY)
        return type_is_bytes(&walk->declared->types[here->to]) || array_agrees(walk, here, offset, depth + 1);
    if (here->kind != FFISAN_TYPE_STRUCT || is_hidden(here)) {
        struct leaf leaf = leaf_of(here, offset);
        return leaf.class == LEAF_ANY || leaf_agrees(walk, &leaf);
    }
    for (uint32_t i = 0; i < here->count; i++)
        if (!field_agrees(walk, &walk->declared->fields[here->first + i], offset, depth + 1))
            return false;
    return true;
}

/* ---- fields by name ---- */

static const struct ffisan_field *field_named(const struct type_table *table, const struct ffisan_type *type, const char *name) {
    for (uint32_t i = 0; i < type->count; i++)
        if (strcmp(type_text(table, table->fields[type->first + i].name), name) == 0)
            return &table->fields[type->first + i];
    return NULL;
}

static bool out_of_step(const struct ffisan_field *a, const struct ffisan_field *b) {
    if (!a->bit_width != !b->bit_width)
        return false;
    return a->offset * UINT64_C(8) + (a->bit_width ? a->bit_offset : 0) !=
           b->offset * UINT64_C(8) + (b->bit_width ? b->bit_offset : 0);
}

/* ---- ends ---- */

static uint64_t field_end(const struct type_table *table, const struct ffisan_field *field) {
    return field->bit_width ? field->offset + (field->bit_offset + field->bit_width + 7u) / 8u
                            : (uint64_t)field->offset + table->types[field->type].size;
}

static const struct ffisan_field *last_field(const struct type_table *table, const struct ffisan_type *type) {
    const struct ffisan_field *last = NULL;
    for (uint32_t i = 0; !is_hidden(type) && i < type->count; i++) {
        const struct ffisan_field *field = &table->fields[type->first + i];
        last = !last || field->offset >= last->offset ? field : last;
    }
    return last;
}

/* Where the last field ends: padding behind it does not count. */
static uint64_t used_size(const struct type_table *table, const struct ffisan_type *type) {
    const struct ffisan_field *last = last_field(table, type);
    return last ? field_end(table, last) : type->size;
}

static const struct ffisan_field *last_array(const struct type_table *table, const struct ffisan_type *type) {
    const struct ffisan_field *last = last_field(table, type);
    return last && table->types[last->type].kind == FFISAN_TYPE_ARRAY ? last : NULL;
}

/* A struct that begins with its own size or version is made to be of several lengths. */
static bool tells_its_size(const struct type_table *table, const struct ffisan_type *type) {
    static const char *const parts[] = {"size", "version", NULL};
    if (is_hidden(type) || !type->count)
        return false;
    const char *name = type_text(table, table->fields[type->first].name);
    return type_is_integer(&table->types[table->fields[type->first].type]) &&
           (has_part(name, parts) || strcmp(name, "sz") == 0 || strncmp(name, "cb", 2) == 0);
}

/* The declaration ends in, or just before, an array at the end of the library's struct. Unless both end in that array, under a
 * name that means something: then it is the array that is declared too short. */
static bool shorter_by_array(const struct walk *walk, const struct ffisan_type *declared, const struct ffisan_type *actual) {
    const struct ffisan_field *tail = last_array(walk->actual, actual), *own = last_array(walk->declared, declared);
    if (!tail || declared->size < tail->offset)
        return false;
    const char *name = type_text(walk->actual, tail->name);
    return !name[0] || is_filler(name) || !own || own->offset != tail->offset;
}

static bool longer_by_array(const struct walk *walk, const struct ffisan_type *declared, const struct ffisan_type *actual) {
    const struct ffisan_field *own = last_array(walk->declared, declared);
    return last_array(walk->actual, actual) || (own && own->offset <= actual->size);
}

static struct layout ends_compare(const struct walk *walk, const struct ffisan_type *declared, const struct ffisan_type *actual) {
    struct layout layout = {.sizes_only = is_hidden(declared) || is_hidden(actual)};
    bool any_length = ((declared->flags | actual->flags) & FFISAN_TYPE_FLEXIBLE) || tells_its_size(walk->actual, actual);
    if (declared->size < used_size(walk->actual, actual))
        layout = (struct layout){LAYOUT_SHORTER, 0, 0, any_length || shorter_by_array(walk, declared, actual), layout.sizes_only};
    else if (used_size(walk->declared, declared) > actual->size)
        layout = (struct layout){LAYOUT_LONGER, 0, 0, any_length || longer_by_array(walk, declared, actual), layout.sizes_only};
    return layout;
}

/* ---- the whole ---- */

/* A struct or union that the binding left empty: nobody reads it, wherever it stands. */
static bool is_empty(const struct type_table *table, const struct ffisan_field *field) {
    return !field->bit_width && !table->types[field->type].size;
}

static uint32_t field_index(const struct type_table *table, const struct ffisan_field *field) {
    return field ? (uint32_t)(field - table->fields) + 1 : 0;
}

struct layout layout_compare(const struct type_table *declared_table, uint32_t declared, const struct type_table *actual_table,
                             uint32_t actual) {
    const struct ffisan_type *left = &declared_table->types[declared], *right = &actual_table->types[actual];
    struct walk walk = {declared_table, actual_table, actual, STEPS};
    for (uint32_t i = 0; !is_hidden(left) && !is_hidden(right) && i < left->count; i++) {
        const struct ffisan_field *field = &declared_table->fields[left->first + i];
        const char *name = type_text(declared_table, field->name);
        bool anywhere = !name[0] || is_filler(name) || is_empty(declared_table, field);
        const struct ffisan_field *same = anywhere ? NULL : field_named(actual_table, right, name);
        if ((same && out_of_step(field, same)) || !field_agrees(&walk, field, 0, 0)) {
            same = same ? same : field_at(actual_table, right, field->offset * UINT64_C(8));
            return (struct layout){LAYOUT_FIELD, field_index(declared_table, field), field_index(actual_table, same), false,
                                   false};
        }
    }
    return ends_compare(&walk, left, right);
}

uint64_t layout_needed(const struct type_table *table, uint32_t type) {
    const struct ffisan_type *here = &table->types[type];
    if (here->kind == FFISAN_TYPE_STRUCT && !is_hidden(here)) {
        const struct ffisan_field *tail = last_array(table, here);
        return tells_its_size(table, here)          ? 0
               : tail                               ? tail->offset
               : here->flags & FFISAN_TYPE_FLEXIBLE ? 0
                                                    : used_size(table, here);
    }
    bool scalar = type_is_integer(here) || here->kind == FFISAN_TYPE_FLOAT || here->kind == FFISAN_TYPE_COMPLEX ||
                  here->kind == FFISAN_TYPE_POINTER;
    bool counted = scalar || (here->kind == FFISAN_TYPE_STRUCT && !(here->flags & FFISAN_TYPE_INCOMPLETE));
    return counted ? here->size : 0;
}

bool layout_floating(const struct type_table *table, uint32_t type) {
    struct leaf low = leaf_at(table, type, 0), high = leaf_at(table, type, UINT64_C(4) * 8);
    return low.class == LEAF_FLOAT && (high.class == LEAF_FLOAT || high.class == LEAF_NONE);
}
