/* SPDX-License-Identifier: Apache-2.0 */
#include "type_maker.h"

#include <stdlib.h>
#include <string.h>

#define SETTLE_ROUNDS   4  /* flexible structs at the end of structs at the end of structs */
#define ALIGNMENT_DEPTH 64 /* structs in structs */

/* ---- room ---- */

static uint32_t slots_for(uint32_t limit) {
    uint32_t slots = 64;
    while (slots < 2 * limit)
        slots *= 2;
    return slots;
}

struct type_maker *type_maker_new(size_t room) {
    struct type_maker *maker = calloc(1, sizeof(*maker));
    if (!maker)
        return NULL;
    maker->record_limit = (uint32_t)(room / 3 / sizeof(struct ffisan_type));
    maker->type_slots = slots_for(maker->record_limit);
    maker->text_slots = slots_for((uint32_t)(room / 3 / 8));
    maker->room = malloc(room);
    maker->records = calloc(maker->record_limit, sizeof(*maker->records));
    maker->types = calloc(maker->type_slots, sizeof(*maker->types));
    maker->texts = calloc(maker->text_slots, sizeof(*maker->texts));
    maker->alignments = calloc(maker->record_limit, 1);
    if (!maker->room || !maker->alignments || !maker->records || !maker->types || !maker->texts) {
        type_maker_free(maker);
        return NULL;
    }
    type_writer_start(&maker->writer, maker->room, room);
    return maker;
}

void type_maker_free(struct type_maker *maker) {
    if (!maker)
        return;
    free(maker->room);
    free(maker->records);
    free(maker->alignments);
    free(maker->types);
    free(maker->texts);
    free(maker);
}

void type_maker_forget_records(struct type_maker *maker) {
    maker->record_count = 0;
    maker->level = 0;
}

void type_maker_start(struct type_maker *maker) {
    struct type_writer *writer = &maker->writer;
    type_maker_forget_records(maker);
    memset(maker->types, 0, maker->type_slots * sizeof(*maker->types));
    memset(maker->texts, 0, maker->text_slots * sizeof(*maker->texts));
    writer->type_count = 1;
    writer->field_count = 0;
    writer->text_size = 1;
    writer->full = false;
}

/* FNV-1a (draft-eastlake-fnv) */
#define HASH_START 2166136261u
static uint32_t hash_add(uint32_t hash, const void *bytes, size_t size) {
    const unsigned char *at = bytes;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * 16777619u;
    return hash;
}

/* ---- text ---- */

/* The slot that has the text, or is free for it; NULL: there is no room any more. */
static uint32_t *text_slot(struct type_maker *maker, const char *text, size_t length) {
    uint32_t mask = maker->text_slots - 1, at = hash_add(HASH_START, text, length) & mask;
    for (uint32_t tries = 0; tries < maker->text_slots / 2; tries++, at = (at + 1) & mask)
        if (!maker->texts[at] || strcmp(maker->writer.text + maker->texts[at], text) == 0)
            return &maker->texts[at];
    return NULL;
}

uint32_t type_maker_text(struct type_maker *maker, const char *text) {
    if (!text || !*text)
        return 0;
    size_t length = strlen(text);
    uint32_t *slot = text_slot(maker, text, length);
    if (!slot)
        maker->writer.full = true;
    else if (!*slot)
        *slot = type_add_text(&maker->writer, text, length);
    return slot ? *slot : 0;
}

uint32_t type_maker_plain_name(struct type_maker *maker, const char *name) {
    const char *plain = name ? name + strspn(name, "_") : NULL;
    return type_maker_text(maker, plain && *plain ? plain : name);
}

/* ---- types ---- */

static bool types_equal(const struct type_maker *maker, const struct ffisan_type *one, const struct ffisan_type *other,
                        const struct ffisan_field *fields) {
    return one->kind == other->kind && one->flags == other->flags && one->size == other->size && one->to == other->to &&
           one->name == other->name && one->count == other->count &&
           (!one->count || memcmp(maker->writer.fields + one->first, fields, one->count * sizeof(*fields)) == 0);
}

/* The slot that has an equal type, or is free for it; NULL: there is no room any more. Structs are in no slot. */
static uint32_t *type_slot(const struct type_maker *maker, const struct ffisan_type *type, const struct ffisan_field *fields) {
    uint32_t hash = hash_add(hash_add(HASH_START, type, sizeof(*type)), fields, type->count * sizeof(*fields));
    uint32_t mask = maker->type_slots - 1, at = hash & mask;
    for (uint32_t tries = 0; tries < maker->type_slots / 2; tries++, at = (at + 1) & mask)
        if (!maker->types[at] || types_equal(maker, &maker->writer.types[maker->types[at]], type, fields))
            return &maker->types[at];
    return NULL;
}

uint32_t type_maker_function(struct type_maker *maker, struct ffisan_type type, const struct ffisan_field *parameters,
                             uint32_t count) {
    struct type_writer *writer = &maker->writer;
    static const struct ffisan_field none;
    type.first = 0;
    type.count = count;
    uint32_t *slot = type_slot(maker, &type, count ? parameters : &none);
    if (!slot || *slot) {
        writer->full |= !slot;
        return slot ? *slot : 0;
    }
    type.first = count ? type_add_fields(writer, count) : 0;
    if (writer->full)
        return 0;
    if (count)
        memcpy(writer->fields + type.first, parameters, count * sizeof(*parameters));
    return *slot = type_add(writer, type);
}

uint32_t type_maker_simple(struct type_maker *maker, struct ffisan_type type) {
    return type_maker_function(maker, type, NULL, 0);
}

uint32_t type_maker_pointer(struct type_maker *maker, uint32_t to, bool to_const, uint32_t name) {
    return type_maker_simple(
        maker, (struct ffisan_type){
                   .kind = FFISAN_TYPE_POINTER, .flags = to_const ? FFISAN_TYPE_CONST : 0, .size = 8, .to = to, .name = name});
}

/* ---- structs and unions ---- */

static struct type_record *record_known(struct type_maker *maker, uint64_t key, uint32_t name) {
    for (uint32_t i = 0; i < maker->record_count; i++)
        if (maker->records[i].key == key && maker->records[i].name == name)
            return &maker->records[i];
    return NULL;
}

/* Those of which a call gives only so much as another argument says: their layout says nothing about the memory behind a pointer. */
static bool is_given_in_part(const char *name) {
    static const char *const names[] = {"struct sockaddr", "cpu_set_t", "fd_set"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

/* Declared before, and defined now. */
static void record_complete(struct ffisan_type *known, const struct ffisan_type *type) {
    if (!(known->flags & FFISAN_TYPE_INCOMPLETE) || (type->flags & FFISAN_TYPE_INCOMPLETE))
        return;
    known->size = type->size;
    known->flags = FFISAN_TYPE_FIELDS_UNKNOWN;
}

uint32_t type_maker_record(struct type_maker *maker, struct ffisan_type type, uint64_t key) {
    if (is_given_in_part(maker->writer.text + type.name)) {
        type.flags = FFISAN_TYPE_INCOMPLETE;
        type.size = 0;
    }
    struct type_record *known = record_known(maker, key, type.name);
    if (known) {
        record_complete(&maker->writer.types[known->type], &type);
        return known->type;
    }
    if (maker->record_count == maker->record_limit) {
        maker->writer.full = true;
        return 0;
    }
    if (!(type.flags & FFISAN_TYPE_INCOMPLETE))
        type.flags |= FFISAN_TYPE_FIELDS_UNKNOWN;
    uint32_t index = type_add(&maker->writer, type);
    if (index)
        maker->records[maker->record_count++] =
            (struct type_record){.key = key, .name = type.name, .type = index, .level = maker->level + 1};
    return index;
}

void type_maker_fields(struct type_maker *maker, const struct type_record *record, const struct ffisan_field *fields,
                       uint32_t count) {
    struct type_writer *writer = &maker->writer;
    uint32_t first = count ? type_add_fields(writer, count) : 0;
    if (writer->full)
        return;
    if (count)
        memcpy(writer->fields + first, fields, count * sizeof(*fields));
    struct ffisan_type *type = &writer->types[record->type];
    type->first = first;
    type->count = count;
    type->flags = (uint16_t)(type->flags & ~FFISAN_TYPE_FIELDS_UNKNOWN);
}

bool type_maker_fields_known(struct type_maker *maker, const struct type_record *record) {
    struct ffisan_type *type = &maker->writer.types[record->type];
    for (uint32_t i = 0; i < maker->record_count; i++) {
        const struct ffisan_type *other = &maker->writer.types[maker->records[i].type];
        if (maker->records[i].key != record->key || other == type ||
            (other->flags & (FFISAN_TYPE_FIELDS_UNKNOWN | FFISAN_TYPE_INCOMPLETE)))
            continue;
        uint32_t name = type->name;
        *type = *other;
        type->name = name;
        return true;
    }
    return false;
}

/* ---- what follows from a layout ---- */

static bool is_record(const struct ffisan_type *type) {
    return type->kind == FFISAN_TYPE_STRUCT || type->kind == FFISAN_TYPE_UNION;
}

/* As the psABI for x86-64 has it (table 3.1): scalars by their size. */
static uint32_t scalar_alignment(const struct ffisan_type *type) {
    uint32_t size = type->kind == FFISAN_TYPE_COMPLEX ? type->size / 2 : type->size;
    return size > 0 && size <= 64 ? size : 1;
}

static uint32_t alignment_of(struct type_maker *maker, uint32_t index, unsigned depth);

/* A record whose fields do not stand where their types want to, or that cannot be repeated in an array, is packed. */
static uint32_t record_alignment(struct type_maker *maker, struct ffisan_type *type, unsigned depth) {
    uint32_t most = 1;
    bool packed = false;
    for (uint32_t i = 0; i < type->count; i++) {
        const struct ffisan_field *field = &maker->writer.fields[type->first + i];
        uint32_t one = field->bit_width ? 1 : alignment_of(maker, field->type, depth);
        packed |= field->offset % one != 0;
        most = one > most ? one : most;
    }
    if (!packed && type->size % most == 0)
        return most;
    type->flags |= FFISAN_TYPE_PACKED;
    return 1;
}

static uint32_t alignment_of(struct type_maker *maker, uint32_t index, unsigned depth) {
    struct ffisan_type *type = &maker->writer.types[index];
    if (maker->alignments[index] || !depth)
        return maker->alignments[index] ? maker->alignments[index] : 1;
    maker->alignments[index] = 1; /* for those that lead back to themselves, which no compiler makes */
    uint32_t alignment = is_record(type)                   ? record_alignment(maker, type, depth - 1)
                         : type->kind == FFISAN_TYPE_ARRAY ? alignment_of(maker, type->to, depth - 1)
                                                           : scalar_alignment(type);
    maker->alignments[index] = (uint8_t)alignment;
    return alignment;
}

/* Structs that say themselves how much of them there is: sqlite3_module's iVersion, and all those that grew a size. */
static bool tells_its_extent(const struct type_writer *writer, const struct ffisan_type *type) {
    static const char *const names[] = {"iVersion", "version", "struct_size", "structSize", "cbSize"};
    const struct ffisan_field *first = &writer->fields[type->first];
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (writer->types[first->type].kind == FFISAN_TYPE_INTEGER && strcmp(writer->text + first->name, names[i]) == 0)
            return true;
    return false;
}

/* ISO C 6.7.2.1 (18), and the arrays of 0 and 1 elements that were written before there were flexible ones. */
static bool is_flexible(const struct type_writer *writer, const struct ffisan_type *type) {
    if (type->kind != FFISAN_TYPE_STRUCT || !type->count)
        return false;
    const struct ffisan_type *last = &writer->types[writer->fields[type->first + type->count - 1].type];
    if (tells_its_extent(writer, type))
        return true;
    if (last->kind == FFISAN_TYPE_ARRAY)
        return last->size <= writer->types[last->to].size;
    return last->kind == FFISAN_TYPE_STRUCT && (last->flags & FFISAN_TYPE_FLEXIBLE);
}

/* A union of nothing but pointers is handed over like a pointer, whether or not it is declared to be transparent, and what it
 * leads to is the caller's choice: glibc's __SOCKADDR_ARG, of which gcc's debug info has no members at all. */
static bool is_pointer_choice(const struct type_writer *writer, const struct ffisan_type *type) {
    if (type->kind != FFISAN_TYPE_UNION || type->size != 8)
        return false;
    for (uint32_t i = 0; i < type->count; i++)
        if (writer->types[writer->fields[type->first + i].type].kind != FFISAN_TYPE_POINTER)
            return false;
    return true;
}

static void parameters_settle(struct type_maker *maker, const struct ffisan_type *function) {
    for (uint32_t i = 0; i < function->count; i++) {
        uint32_t *type = &maker->writer.fields[function->first + i].type;
        if (is_pointer_choice(&maker->writer, &maker->writer.types[*type]))
            *type = type_maker_pointer(maker, 0, false, 0);
    }
}

void type_maker_settle(struct type_maker *maker) {
    struct type_writer *writer = &maker->writer;
    memset(maker->alignments, 0, maker->record_limit);
    for (uint32_t i = 1; i < writer->type_count; i++)
        alignment_of(maker, i, ALIGNMENT_DEPTH);
    for (uint32_t i = 1; i < writer->type_count; i++)
        if (writer->types[i].kind == FFISAN_TYPE_FUNCTION)
            parameters_settle(maker, &writer->types[i]);
    for (unsigned round = 0; round < SETTLE_ROUNDS; round++)
        for (uint32_t i = 1; i < writer->type_count; i++)
            if (is_flexible(writer, &writer->types[i]))
                writer->types[i].flags |= FFISAN_TYPE_FLEXIBLE;
}

struct ffisan_types *type_maker_table(const struct type_maker *maker, size_t *size) {
    const struct type_writer *writer = &maker->writer;
    size_t room = sizeof(struct ffisan_types) + writer->type_count * sizeof(*writer->types) +
                  writer->field_count * sizeof(*writer->fields) + writer->text_size + 8;
    struct ffisan_types *table = writer->full ? NULL : malloc(room);
    if (table && !(*size = type_writer_finish(writer, table, room))) {
        free(table);
        return NULL;
    }
    return table;
}
