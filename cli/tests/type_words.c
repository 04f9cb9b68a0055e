/* SPDX-License-Identifier: Apache-2.0 */
#include "type_words.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define NESTING_MAX 24

static void say(struct type_words *words, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct type_words *words, const char *format, ...) {
    va_list arguments;
    char piece[512];
    va_start(arguments, format);
    int length = vsnprintf(piece, sizeof(piece), format, arguments);
    va_end(arguments);
    if (words->used + (size_t)length + 1 > words->size) {
        words->size = 2 * words->size + sizeof(piece);
        words->text = realloc(words->text, words->size);
        if (!words->text)
            abort();
    }
    words->used += (size_t)snprintf(words->text + words->used, words->size - words->used, "%s", piece);
}

static void say_type(struct type_words *words, const struct type_table *table, uint32_t index, unsigned depth, unsigned nesting);

static void say_fields(struct type_words *words, const struct type_table *table, const struct ffisan_type *type, unsigned depth,
                       unsigned nesting) {
    for (uint32_t i = 0; i < type->count; i++) {
        const struct ffisan_field *field = &table->fields[type->first + i];
        say(words, "%s%u", i ? " " : "", field->offset);
        if (field->bit_width)
            say(words, ".%u:%u", field->bit_offset, field->bit_width);
        say(words, " %s=", type_text(table, field->name));
        say_type(words, table, field->type, depth, nesting);
    }
}

static void say_record(struct type_words *words, const struct type_table *table, const struct ffisan_type *type, unsigned depth,
                       unsigned nesting) {
    say(words, "%s%u", type->kind == FFISAN_TYPE_UNION ? "union" : "struct", type->size);
    if (type->flags & FFISAN_TYPE_INCOMPLETE)
        say(words, "-opaque");
    if (!depth)
        return;
    if (type->flags & FFISAN_TYPE_FLEXIBLE)
        say(words, "-flexible");
    if (type->flags & FFISAN_TYPE_PACKED)
        say(words, "-packed");
    if (type->flags & FFISAN_TYPE_FIELDS_UNKNOWN)
        say(words, "-fields-unknown");
    say(words, "{");
    say_fields(words, table, type, depth - 1, nesting);
    say(words, "}");
}

static void say_function(struct type_words *words, const struct type_table *table, const struct ffisan_type *type, unsigned depth,
                         unsigned nesting) {
    say_type(words, table, type->to, depth, nesting);
    say(words, "(");
    for (uint32_t i = 0; i < type->count; i++) {
        const struct ffisan_field *field = &table->fields[type->first + i];
        say(words, "%s", i ? ", " : "");
        say_type(words, table, field->type, depth, nesting);
        if (words->parameters)
            say(words, " %s", type_text(table, field->name));
    }
    say(words, "%s%s)", type->flags & FFISAN_TYPE_VARIADIC ? ", ..." : "", type->flags & FFISAN_TYPE_NO_PROTOTYPE ? "?" : "");
}

static const char *const kinds[FFISAN_TYPE_KINDS] = {
    [FFISAN_TYPE_UNKNOWN] = "unknown", [FFISAN_TYPE_VOID] = "void",       [FFISAN_TYPE_BOOL] = "bool",
    [FFISAN_TYPE_CHARACTER] = "char",  [FFISAN_TYPE_WIDE] = "wide",       [FFISAN_TYPE_INTEGER] = "int",
    [FFISAN_TYPE_ENUM] = "enum",       [FFISAN_TYPE_FLOAT] = "float",     [FFISAN_TYPE_COMPLEX] = "complex",
    [FFISAN_TYPE_VECTOR] = "vector",   [FFISAN_TYPE_POINTER] = "pointer", [FFISAN_TYPE_ARRAY] = "array"};

static void say_to(struct type_words *words, const struct type_table *table, const struct ffisan_type *type, unsigned depth,
                   unsigned nesting) {
    say(words, "(%s", type->flags & FFISAN_TYPE_CONST ? "const " : "");
    say_type(words, table, type->to, depth, nesting);
    say(words, ")");
}

static void say_simple(struct type_words *words, const struct type_table *table, const struct ffisan_type *type, unsigned depth,
                       unsigned nesting) {
    say(words, "%s%s", type->flags & FFISAN_TYPE_UNSIGNED ? "u" : "", kinds[type->kind]);
    if (type->kind != FFISAN_TYPE_VOID && type->kind != FFISAN_TYPE_POINTER && type->kind != FFISAN_TYPE_UNKNOWN)
        say(words, "%u", type->size);
    if (type->kind == FFISAN_TYPE_POINTER || type->kind == FFISAN_TYPE_ARRAY || type->kind == FFISAN_TYPE_ENUM)
        say_to(words, table, type, depth, nesting);
}

static void say_type(struct type_words *words, const struct type_table *table, uint32_t index, unsigned depth, unsigned nesting) {
    const struct ffisan_type *type = &table->types[index];
    if (!nesting) {
        say(words, "…");
        return;
    }
    if (words->names && type->name)
        say(words, "`%s` ", type_text(table, type->name));
    if (type->kind == FFISAN_TYPE_FUNCTION)
        say_function(words, table, type, depth, nesting - 1);
    else if (type->kind == FFISAN_TYPE_STRUCT || type->kind == FFISAN_TYPE_UNION)
        say_record(words, table, type, depth, nesting - 1);
    else
        say_simple(words, table, type, depth, nesting - 1);
}

const char *type_words(struct type_words *words, const struct type_table *table, uint32_t type) {
    words->used = 0;
    say_type(words, table, type, words->depth, NESTING_MAX);
    return words->text;
}
