/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a prototype file, and every type that it leads to.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/verdict.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Whatever an opened table names is there. */
static size_t table_read(const struct type_table *table) {
    size_t sum = 0;
    for (uint32_t i = 0; i < table->type_count; i++) {
        const struct ffisan_type *type = &table->types[i];
        sum += table->types[type->to].size + strlen(type_text(table, type->name));
        for (uint32_t j = 0; j < type->count && j < 64; j++) {
            const struct ffisan_field *field = &table->fields[type->first + j];
            sum += table->types[field->type].size + strlen(type_text(table, field->name));
        }
    }
    return sum;
}

static size_t libraries_read(const struct prototype_file *file) {
    const char *source = "";
    size_t sum = 0;
    for (uint32_t i = 0; i < file->library_count; i++) {
        const struct ffisan_prototype_library *library = &file->libraries[i];
        for (uint32_t j = 0; j < library->count && j < 64; j++) {
            const char *name = type_text(&file->table, file->functions[library->first + j].name);
            uint32_t function = prototype_find(file, type_text(&file->table, library->soname), name, &source);
            if (function && file->table.types[function].kind != FFISAN_TYPE_FUNCTION)
                abort();
            sum += strlen(source);
        }
    }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct prototype_file file;
    void *copy = malloc(size ? size : 1); /* aligned, and with nothing behind it */
    volatile size_t sum = 0;
    if (!copy)
        return 0;
    memcpy(copy, bytes, size);
    if (prototype_file_open(&file, copy, size))
        sum = table_read(&file.table) + libraries_read(&file);
    free(copy);
    return (int)(sum & 0);
}
