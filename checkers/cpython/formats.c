/* SPDX-License-Identifier: Apache-2.0 */
#include "cpython/formats.h"

#include <stddef.h>
#include <string.h>

#define DOUBLES_MOST 8u /* floating-point arguments that have a register (System V ABI, 3.2.3) */

static bool is_one_of(char letter, const char *letters) {
    return letter && strchr(letters, letter) != NULL;
}

/* ---- PyArg_Parse ----------------------------------------------------------------------------------------------------------- */

/* How many arguments a unit takes that is neither text nor buffer; 0: it is none. Moves behind it. */
static uint32_t plain_unit(struct format *format) {
    char letter = *format->at++;
    if (letter == 'O' && is_one_of(*format->at, "!&")) {
        format->at++;
        return 2;
    }
    if (letter == 'e' && is_one_of(*format->at, "st")) {
        format->at++;
        format->at += *format->at == '#';
        return format->at[-1] == '#' ? 3 : 2;
    }
    if (is_one_of(letter, "uZ") && *format->at == '#') {
        format->at++;
        return 2;
    }
    return is_one_of(letter, "bBhHiIlkLKncCfdDpSYUOuZ") ? 1 : 0;
}

/* Of `count` arguments. */
static void pass(struct format *format, uint32_t count) {
    format->argument += count;
    format->item += format->depth == 0;
}

static bool found(struct format *format, struct format_unit *unit, enum format_unit_kind kind, uint32_t count) {
    *unit = (struct format_unit){.kind = kind,
                                 .argument = format->argument,
                                 .size = FORMAT_NO_SIZE,
                                 .item = format->item,
                                 .optional = format->optional,
                                 .inner = format->depth != 0};
    pass(format, count);
    return true;
}

/* Parentheses and marks; false: it is none of those. */
static bool parse_mark(struct format *format) {
    switch (*format->at) {
    case '|':
        format->optional = true;
        break;
    case '(':
        format->depth++;
        break;
    case ')':
        format->depth -= format->depth != 0;
        format->item += format->depth == 0;
        break;
    case '$':
        break;
    default:
        return false;
    }
    format->at++;
    return true;
}

static bool parse_next(struct format *format, struct format_unit *unit) {
    while (*format->at && !is_one_of(*format->at, ":;")) {
        if (parse_mark(format))
            continue;
        bool text = is_one_of(*format->at, "szy");
        if ((text || *format->at == 'w') && format->at[1] == '*') {
            format->at += 2;
            return found(format, unit, FORMAT_BUFFER, 1);
        }
        if (text || *format->at == 'w') { /* w and w# went with 3.9 */
            bool sized = format->at[1] == '#';
            format->at += sized ? 2 : 1;
            return found(format, unit, FORMAT_TEXT, sized ? 2 : 1);
        }
        uint32_t count = plain_unit(format);
        if (!count)
            return false;
        pass(format, count);
    }
    return false;
}

/* ---- Py_BuildValue --------------------------------------------------------------------------------------------------------- */

static bool build_text(struct format *format, struct format_unit *unit) {
    *unit = (struct format_unit){.kind = FORMAT_TEXT, .argument = format->argument++, .size = FORMAT_NO_SIZE};
    if (*++format->at == '#') {
        format->at++;
        unit->size = format->argument++;
    }
    return true;
}

static bool build_next(struct format *format, struct format_unit *unit) {
    for (; *format->at && format->doubles <= DOUBLES_MOST; format->at++) {
        if (is_one_of(*format->at, "szUyuZ"))
            return build_text(format, unit);
        if (is_one_of(*format->at, "fd"))
            format->doubles++;
        else if (is_one_of(*format->at, "ONS") && format->at[1] == '&') {
            format->at++;
            format->argument += 2;
        } else if (is_one_of(*format->at, "bBhHiIlkLKnpcCDONS"))
            format->argument++;
        else if (!is_one_of(*format->at, "()[]{},: \t"))
            return false;
    }
    return false;
}

/* ---- printf ---------------------------------------------------------------------------------------------------------------- */

/* A width or precision. True: it is an argument, its number in *argument. */
static bool print_number(struct format *format, uint32_t *argument) {
    if (*format->at == '*') {
        format->at++;
        *argument = format->argument++;
        return true;
    }
    while (is_one_of(*format->at, "0123456789"))
        format->at++;
    return false;
}

/* Behind the precision. True: it is a text. With what cannot be followed it ends: `at` is NULL then. */
static bool print_conversion(struct format *format) {
    bool wide = false, objects = format->language == FORMAT_OBJECTS;
    for (; is_one_of(*format->at, "hljztqL"); format->at++)
        wide = wide || *format->at == 'L';
    char letter = *format->at;
    format->at += letter != 0;
    if (letter == 's' || is_one_of(letter, objects ? "%" : "%m"))
        return letter == 's';
    if (is_one_of(letter, objects ? "diouxXcpARUSTN" : "diouxXcpnCS"))
        format->argument++;
    else if (objects && letter == 'V')
        format->argument += 2;
    else if (!objects && !wide && is_one_of(letter, "fFeEgGaA"))
        format->doubles++;
    else
        format->at = NULL;
    return false;
}

static bool print_next(struct format *format, struct format_unit *unit) {
    while (format->at && (format->at = strchr(format->at, '%')) && format->doubles <= DOUBLES_MOST) {
        uint32_t width = 0, size = FORMAT_NO_SIZE;
        format->at++;
        while (is_one_of(*format->at, "-+ #0'I"))
            format->at++;
        print_number(format, &width);
        bool nothing = false, counted = false;
        if (*format->at == '.') {
            nothing = !is_one_of(*++format->at, "*123456789");
            counted = print_number(format, &size);
        }
        if (!print_conversion(format))
            continue;
        uint32_t argument = format->argument++;
        if (nothing)
            continue;
        *unit = (struct format_unit){
            .kind = FORMAT_TEXT, .argument = argument, .size = counted ? size : FORMAT_NO_SIZE, .narrow = true};
        return true;
    }
    return false;
}

bool format_next(struct format *format, struct format_unit *unit) {
    if (!format->at)
        return false;
    switch (format->language) {
    case FORMAT_PARSE:
        return parse_next(format, unit);
    case FORMAT_BUILD:
        return build_next(format, unit);
    case FORMAT_PRINT:
    case FORMAT_OBJECTS:
        return print_next(format, unit);
    }
    return false;
}
