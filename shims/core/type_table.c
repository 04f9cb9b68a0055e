/* SPDX-License-Identifier: Apache-2.0
 *
 * Type tables and prototype files, as they are read. Both may come from anywhere (a record of a damaged program, a file that a user
 * made), so nothing in them is believed before every index, count and offset was held against what is there. Afterwards a reader
 * needs no checks of its own, but against circles: types may lead back to themselves, also by value in a table that no compiler made.
 *
 * Here is no order by name checked: an unsorted file finds less, and that is all.
 */
#include <string.h>

#include "core/glob.h"
#include "core/verdict.h"

/* ---- the type table ---- */

static bool aligned(const void *bytes) {
    return (uintptr_t)bytes % _Alignof(struct ffisan_types) == 0;
}

static bool type_sound(const struct type_table *table, const struct ffisan_type *type) {
    return type->kind < FFISAN_TYPE_KINDS && type->to < table->type_count && type->name < table->text_size &&
           type->first <= table->field_count && type->count <= table->field_count - type->first;
}

static bool types_sound(const struct type_table *table) {
    static const struct ffisan_type unknown;
    if (!table->type_count || memcmp(table->types, &unknown, sizeof(unknown)) != 0)
        return false;
    for (uint32_t i = 1; i < table->type_count; i++)
        if (!type_sound(table, &table->types[i]))
            return false;
    return true;
}

static bool fields_sound(const struct type_table *table) {
    for (uint32_t i = 0; i < table->field_count; i++)
        if (table->fields[i].type >= table->type_count || table->fields[i].name >= table->text_size)
            return false;
    return true;
}

/* Every offset below text_size is then the start of a text that ends inside. */
static bool text_sound(const struct type_table *table) {
    return table->text_size && table->text[0] == 0 && table->text[table->text_size - 1] == 0;
}

/* Lays the table out behind its head; false: it does not fit in there. */
static bool table_place(struct type_table *table, const struct ffisan_types *head) {
    uint64_t types = (uint64_t)head->type_count * sizeof(struct ffisan_type);
    uint64_t fields = (uint64_t)head->field_count * sizeof(struct ffisan_field);
    const char *behind = (const char *)(head + 1);
    if (sizeof(*head) + types + fields + head->text_size > head->size)
        return false;
    *table = (struct type_table){.types = (const struct ffisan_type *)behind,
                                 .fields = (const struct ffisan_field *)(behind + types),
                                 .text = behind + types + fields,
                                 .type_count = head->type_count,
                                 .field_count = head->field_count,
                                 .text_size = head->text_size};
    return true;
}

bool type_table_open(struct type_table *table, const void *bytes, size_t size) {
    const struct ffisan_types *head = bytes;
    *table = (struct type_table){0};
    return bytes && aligned(bytes) && size >= sizeof(*head) && head->size <= size && head->size % 8 == 0 &&
           table_place(table, head) && text_sound(table) && types_sound(table) && fields_sound(table);
}

const char *type_text(const struct type_table *table, uint32_t offset) {
    return offset < table->text_size ? table->text + offset : "";
}

/* ---- the prototype file ---- */

/* An array of `count` items of `item` bytes at `offset` of the file; NULL: it does not lie in there. */
static const void *part(const struct ffisan_prototypes *head, uint32_t offset, uint32_t count, size_t item) {
    bool inside = offset >= sizeof(*head) && offset <= head->size && offset % 8 == 0 && count <= (head->size - offset) / item;
    return inside ? (const char *)head + offset : NULL;
}

static bool libraries_sound(const struct prototype_file *file, uint32_t function_count) {
    for (uint32_t i = 0; i < file->library_count; i++) {
        const struct ffisan_prototype_library *library = &file->libraries[i];
        if (library->soname >= file->table.text_size || library->source >= file->table.text_size ||
            library->first > function_count || library->count > function_count - library->first)
            return false;
    }
    return true;
}

static bool functions_sound(const struct prototype_file *file, uint32_t function_count) {
    const struct type_table *table = &file->table;
    for (uint32_t i = 0; i < function_count; i++) {
        const struct ffisan_prototype *function = &file->functions[i];
        if (function->name >= table->text_size || function->type >= table->type_count ||
            table->types[function->type].kind != FFISAN_TYPE_FUNCTION)
            return false;
    }
    return true;
}

static bool head_sound(const struct ffisan_prototypes *head, size_t size) {
    return size >= sizeof(*head) && memcmp(head->magic, FFISAN_PROTOTYPES_MAGIC, sizeof(head->magic)) == 0 &&
           head->version == FFISAN_PROTOTYPES_VERSION && head->size <= size;
}

bool prototype_file_open(struct prototype_file *file, const void *bytes, size_t size) {
    const struct ffisan_prototypes *head = bytes;
    *file = (struct prototype_file){0};
    if (!bytes || (uintptr_t)bytes % 8 != 0 || !head_sound(head, size))
        return false;
    const void *types = part(head, head->types, 1, sizeof(struct ffisan_types));
    file->libraries = part(head, head->libraries, head->library_count, sizeof(*file->libraries));
    file->functions = part(head, head->functions, head->function_count, sizeof(*file->functions));
    file->library_count = head->library_count;
    return types && file->libraries && file->functions && type_table_open(&file->table, types, head->size - head->types) &&
           libraries_sound(file, head->function_count) && functions_sound(file, head->function_count);
}

static uint32_t library_find(const struct prototype_file *file, const struct ffisan_prototype_library *library,
                             const char *name) {
    uint32_t low = library->first, high = library->first + library->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strcmp(type_text(&file->table, file->functions[middle].name), name);
        if (order == 0)
            return file->functions[middle].type;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
}

uint32_t prototype_find(const struct prototype_file *file, const char *soname, const char *name, const char **source) {
    for (uint32_t i = 0; i < file->library_count; i++) {
        const struct ffisan_prototype_library *library = &file->libraries[i];
        const char *pattern = type_text(&file->table, library->soname);
        uint32_t found = glob_match(pattern, strlen(pattern), soname) ? library_find(file, library, name) : 0;
        if (found && source)
            *source = type_text(&file->table, library->source);
        if (found)
            return found;
    }
    return 0;
}
