/* SPDX-License-Identifier: Apache-2.0 */
#include "notation.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/signatures.h"

#define MEMBERS 16u

/* What has been read so far, and what there is still to read. */
struct reading {
    const char *text, *at;
    struct type_writer *writer;
    uint32_t name; /* for the next type */
};

static void refuse(const struct reading *reading) {
    fprintf(stderr, "%s: makes no sense from here on: %s\n", reading->text, reading->at);
    abort();
}

static bool take(struct reading *reading, char expected) {
    bool there = *reading->at == expected;
    reading->at += there;
    return there;
}

static void need(struct reading *reading, char expected) {
    if (!take(reading, expected))
        refuse(reading);
}

static uint32_t number(struct reading *reading) {
    char *end;
    uint32_t value = (uint32_t)strtoul(reading->at, &end, 10);
    reading->at = end;
    return value;
}

static uint32_t name_until(struct reading *reading, char end) {
    size_t length = strcspn(reading->at, (char[]){end, 0});
    uint32_t name = type_add_text(reading->writer, reading->at, length);
    for (char *at = reading->writer->text + name; *at; at++)
        *at = *at == '~' ? ' ' : *at;
    reading->at += length + 1;
    return name;
}

static bool is_named(const struct reading *reading) {
    size_t length = strspn(reading->at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    return length && reading->at[length] == ':';
}

static uint32_t type_read(struct reading *reading);

static const struct ffisan_type simple[128] = {
    ['v'] = {.kind = FFISAN_TYPE_VOID},
    ['b'] = {.kind = FFISAN_TYPE_BOOL, .size = 1},
    ['c'] = {.kind = FFISAN_TYPE_CHARACTER, .size = 1},
    ['B'] = {.kind = FFISAN_TYPE_CHARACTER, .size = 1},
    ['C'] = {.kind = FFISAN_TYPE_CHARACTER, .size = 1, .flags = FFISAN_TYPE_UNSIGNED},
    ['w'] = {.kind = FFISAN_TYPE_WIDE, .size = 4},
    ['h'] = {.kind = FFISAN_TYPE_INTEGER, .size = 2},
    ['H'] = {.kind = FFISAN_TYPE_INTEGER, .size = 2, .flags = FFISAN_TYPE_UNSIGNED},
    ['i'] = {.kind = FFISAN_TYPE_INTEGER, .size = 4},
    ['I'] = {.kind = FFISAN_TYPE_INTEGER, .size = 4, .flags = FFISAN_TYPE_UNSIGNED},
    ['l'] = {.kind = FFISAN_TYPE_INTEGER, .size = 8},
    ['L'] = {.kind = FFISAN_TYPE_INTEGER, .size = 8, .flags = FFISAN_TYPE_UNSIGNED},
    ['z'] = {.kind = FFISAN_TYPE_INTEGER, .size = 8, .flags = FFISAN_TYPE_UNSIGNED},
    ['e'] = {.kind = FFISAN_TYPE_ENUM, .size = 4, .flags = FFISAN_TYPE_UNSIGNED},
    ['f'] = {.kind = FFISAN_TYPE_FLOAT, .size = 4},
    ['d'] = {.kind = FFISAN_TYPE_FLOAT, .size = 8},
    ['D'] = {.kind = FFISAN_TYPE_FLOAT, .size = 16},
    ['x'] = {.kind = FFISAN_TYPE_COMPLEX, .size = 16},
    ['V'] = {.kind = FFISAN_TYPE_VECTOR, .size = 16},
};

static uint32_t simple_read(struct reading *reading, uint32_t index) {
    unsigned char letter = (unsigned char)*reading->at;
    if (letter >= 128 || (!simple[letter].kind && letter != '?'))
        refuse(reading);
    reading->at++;
    if (letter == '?')
        return 0;
    reading->writer->types[index] = simple[letter];
    if (letter == 'z')
        reading->writer->types[index].name = type_add_text(reading->writer, "size_t", 6);
    return index;
}

static uint32_t pointer_read(struct reading *reading, uint32_t index) {
    bool is_const = *reading->at++ == '&';
    uint32_t to = type_read(reading);
    reading->writer->types[index] =
        (struct ffisan_type){.kind = FFISAN_TYPE_POINTER, .size = 8, .to = to, .flags = is_const ? FFISAN_TYPE_CONST : 0};
    return index;
}

static uint32_t array_read(struct reading *reading, uint32_t index) {
    reading->at++;
    uint32_t count = number(reading);
    need(reading, ']');
    uint32_t to = type_read(reading);
    reading->writer->types[index] =
        (struct ffisan_type){.kind = FFISAN_TYPE_ARRAY, .size = count * reading->writer->types[to].size, .to = to};
    return index;
}

static uint32_t union_read(struct reading *reading, uint32_t index) {
    reading->at++;
    reading->writer->types[index] =
        (struct ffisan_type){.kind = FFISAN_TYPE_UNION, .size = number(reading), .flags = FFISAN_TYPE_FIELDS_UNKNOWN};
    need(reading, '>');
    return index;
}

/* Name, type and, after a slash, the width of a bit-field. */
static struct ffisan_field member_read(struct reading *reading) {
    struct ffisan_field member = {.name = is_named(reading) ? name_until(reading, ':') : 0};
    member.type = type_read(reading);
    if (take(reading, '/'))
        member.bit_width = (uint16_t)number(reading);
    return member;
}

static uint32_t members_read(struct reading *reading, struct ffisan_field *members) {
    uint32_t count = 0;
    do {
        if (count == MEMBERS)
            refuse(reading);
        members[count++] = member_read(reading);
    } while (take(reading, ','));
    return count;
}

static uint32_t members_keep(struct reading *reading, const struct ffisan_field *members, uint32_t count) {
    uint32_t first = type_add_fields(reading->writer, count);
    memcpy(&reading->writer->fields[first], members, count * sizeof(*members));
    return first;
}

static uint32_t alignment(const struct type_writer *writer, uint32_t type) {
    const struct ffisan_type *here = &writer->types[type];
    uint32_t most = 1;
    if (here->kind == FFISAN_TYPE_ARRAY)
        return alignment(writer, here->to);
    if (here->kind != FFISAN_TYPE_STRUCT)
        return here->size ? here->size : 1;
    for (uint32_t i = 0; i < here->count; i++) {
        uint32_t one = alignment(writer, writer->fields[here->first + i].type);
        most = one > most ? one : most;
    }
    return most;
}

/* As a C compiler would; of bit-fields, one behind the other. Answers the struct's size. */
static uint32_t members_place(const struct type_writer *writer, struct ffisan_field *members, uint32_t count, bool packed) {
    uint32_t bits = 0, most = 1;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t align = packed ? 1 : alignment(writer, members[i].type);
        most = align > most ? align : most;
        if (!members[i].bit_width)
            bits = (bits + align * 8 - 1) / (align * 8) * (align * 8);
        members[i].offset = bits / 8;
        members[i].bit_offset = (uint16_t)(bits % 8);
        bits += members[i].bit_width ? members[i].bit_width : writer->types[members[i].type].size * 8;
    }
    return ((bits + 7) / 8 + most - 1) / most * most;
}

static uint32_t struct_read(struct reading *reading, uint32_t index) {
    struct ffisan_type type = {.kind = FFISAN_TYPE_STRUCT};
    struct ffisan_field members[MEMBERS];
    reading->at++;
    bool flexible = take(reading, '+'), packed = take(reading, '_');
    if (*reading->at == '}') {
        type.flags = FFISAN_TYPE_INCOMPLETE;
    } else if (*reading->at == '?' && reading->at[1] >= '0' && reading->at[1] <= '9') {
        reading->at++;
        type.flags = FFISAN_TYPE_FIELDS_UNKNOWN;
        type.size = number(reading);
    } else {
        type.count = members_read(reading, members);
        type.size = members_place(reading->writer, members, type.count, packed);
        type.first = members_keep(reading, members, type.count);
        type.flags = (uint16_t)((flexible ? FFISAN_TYPE_FLEXIBLE : 0) | (packed ? FFISAN_TYPE_PACKED : 0));
    }
    need(reading, '}');
    reading->writer->types[index] = type;
    return index;
}

static uint32_t function_read(struct reading *reading, uint32_t index) {
    struct ffisan_type type = {.kind = FFISAN_TYPE_FUNCTION};
    struct ffisan_field members[MEMBERS];
    reading->at++;
    type.to = type_read(reading);
    if (take(reading, '!')) {
        type.flags = FFISAN_TYPE_NO_PROTOTYPE;
    } else {
        need(reading, ';');
        type.count = *reading->at == ')' ? 0 : members_read(reading, members);
        type.first = members_keep(reading, members, type.count);
        type.flags = *reading->at == '.' ? FFISAN_TYPE_VARIADIC : 0;
        reading->at += strspn(reading->at, ".");
    }
    need(reading, ')');
    reading->writer->types[index] = type;
    return index;
}

static uint32_t type_read(struct reading *reading) {
    uint32_t name = take(reading, '@') ? name_until(reading, ' ') : 0;
    static uint32_t (*const readers[128])(struct reading *, uint32_t) = {
        ['*'] = pointer_read, ['&'] = pointer_read, ['['] = array_read,
        ['{'] = struct_read,  ['<'] = union_read,   ['('] = function_read,
    };
    unsigned char first = (unsigned char)*reading->at;
    uint32_t index = type_add(reading->writer, (struct ffisan_type){0});
    uint32_t type = first < 128 && readers[first] ? readers[first](reading, index) : simple_read(reading, index);
    if (name)
        reading->writer->types[type].name = name;
    return type;
}

size_t notation_read(const char *text, struct ffisan_types *to, size_t size) {
    static _Alignas(8) char room[24576];
    struct type_writer writer;
    struct reading reading = {.text = text, .at = text, .writer = &writer};
    type_writer_start(&writer, room, sizeof(room));
    uint32_t first = type_read(&reading);
    size_t whole = type_writer_finish(&writer, to, size);
    if (first != 1 || *reading.at || writer.full || !whole)
        refuse(&reading);
    return whole;
}
