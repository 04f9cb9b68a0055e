/* SPDX-License-Identifier: Apache-2.0
 *
 * Type tables in the making (signatures.h). A third of the room each for types, fields and text: none of them is known beforehand.
 */
#include <string.h>

#include "core/signatures.h"

void type_writer_start(struct type_writer *writer, void *room, size_t size) {
    size_t third = size / 3 & ~(size_t)7;
    char *at = room;
    *writer = (struct type_writer){
        .types = (struct ffisan_type *)at,
        .fields = (struct ffisan_field *)(at + third),
        .text = at + 2 * third,
        .type_limit = (uint32_t)(third / sizeof(struct ffisan_type)),
        .field_limit = (uint32_t)(third / sizeof(struct ffisan_field)),
        .text_limit = (uint32_t)third,
        .type_count = 1,
        .text_size = 1,
    };
    writer->types[0] = (struct ffisan_type){0};
    writer->text[0] = 0;
}

uint32_t type_add(struct type_writer *writer, struct ffisan_type type) {
    if (writer->type_count == writer->type_limit) {
        writer->full = true;
        return 0;
    }
    writer->types[writer->type_count] = type;
    return writer->type_count++;
}

uint32_t type_add_fields(struct type_writer *writer, uint32_t count) {
    if (count > writer->field_limit - writer->field_count) {
        writer->full = true;
        return 0;
    }
    uint32_t first = writer->field_count;
    memset(writer->fields + first, 0, count * sizeof *writer->fields);
    writer->field_count += count;
    return first;
}

uint32_t type_add_text(struct type_writer *writer, const char *text, size_t length) {
    if (!length)
        return 0;
    if (length >= writer->text_limit - writer->text_size) {
        writer->full = true;
        return 0;
    }
    uint32_t offset = writer->text_size;
    memcpy(writer->text + offset, text, length);
    writer->text[offset + length] = 0;
    writer->text_size += (uint32_t)length + 1;
    return offset;
}

static uint32_t moved(uint32_t index, uint32_t by) {
    return index ? index + by : 0;
}

/* Index 0 of the source means "not known" here as well; everything else moves up behind what is there. */
uint32_t type_graft(struct type_writer *writer, const struct ffisan_types *from, uint32_t root) {
    const struct ffisan_type *types = (const struct ffisan_type *)(from + 1);
    const struct ffisan_field *fields = (const struct ffisan_field *)(types + from->type_count);
    const char *text = (const char *)(fields + from->field_count);
    uint32_t type_base = writer->type_count - 1, text_base = writer->text_size - 1;
    if (from->type_count - 1 > writer->type_limit - writer->type_count ||
        from->text_size > writer->text_limit - writer->text_size) {
        writer->full = true;
        return 0;
    }
    uint32_t field_base = type_add_fields(writer, from->field_count);
    if (writer->full)
        return 0;
    for (uint32_t i = 1; i < from->type_count; i++) {
        struct ffisan_type type = types[i];
        type.to = moved(type.to, type_base);
        type.name = moved(type.name, text_base);
        type.first += field_base;
        writer->types[writer->type_count++] = type;
    }
    for (uint32_t i = 0; i < from->field_count; i++) {
        struct ffisan_field field = fields[i];
        field.type = moved(field.type, type_base);
        field.name = moved(field.name, text_base);
        writer->fields[field_base + i] = field;
    }
    memcpy(writer->text + writer->text_size, text + 1, from->text_size - 1);
    writer->text_size += from->text_size - 1;
    return moved(root, type_base);
}

size_t type_writer_finish(const struct type_writer *writer, struct ffisan_types *to, size_t size) {
    size_t types = writer->type_count * sizeof *writer->types, fields = writer->field_count * sizeof *writer->fields;
    size_t whole = (sizeof *to + types + fields + writer->text_size + 7) & ~(size_t)7;
    if (whole > size)
        return 0;
    char *at = (char *)(to + 1);
    to->size = (uint32_t)whole;
    to->type_count = writer->type_count;
    to->field_count = writer->field_count;
    to->text_size = writer->text_size;
    memcpy(at, writer->types, types);
    memcpy(at + types, writer->fields, fields);
    memcpy(at + types + fields, writer->text, writer->text_size);
    memset(at + types + fields + writer->text_size, 0, whole - sizeof *to - types - fields - writer->text_size);
    return whole;
}
