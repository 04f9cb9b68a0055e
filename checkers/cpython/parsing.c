/* SPDX-License-Identifier: Apache-2.0 */
#include "cpython/parsing.h"

#include <string.h>

#include "core/peek.h"
#include "cpython/objects.h"

/* What the first argument is; the second of a vector says how many. */
enum source { SOURCE_OBJECT, SOURCE_TUPLE, SOURCE_VECTOR };

struct parsing_function {
    const char *name;
    uint8_t source; /* enum source */
    uint8_t format; /* argument: the format, or */
    bool parser;    /* a _PyArg_Parser that has it */
    uint8_t first;  /* argument that the first unit takes */
};

static const struct parsing_function functions[] = {
    {"PyArg_Parse", SOURCE_OBJECT, 1, false, 2},
    {"PyArg_ParseTuple", SOURCE_TUPLE, 1, false, 2},
    {"PyArg_ParseTupleAndKeywords", SOURCE_TUPLE, 2, false, 4},
    {"_PyArg_ParseStack", SOURCE_VECTOR, 2, false, 3},
    {"_PyArg_ParseStackAndKeywords", SOURCE_VECTOR, 3, true, 4},
    {"_PyArg_ParseTupleAndKeywordsFast", SOURCE_TUPLE, 2, true, 3},
};

/* With or without _PyArg_..._SizeT. */
static bool is_named(const char *name, const char *wanted) {
    size_t length = strlen(wanted);
    name += wanted[0] == 'P' && name[0] == '_';
    return strncmp(name, wanted, length) == 0 && (!name[length] || strcmp(name + length, "_SizeT") == 0);
}

static const char *format_of(const struct parsing_function *function, const struct api_call *call) {
    uintptr_t at = call->arguments[function->format];
    if (at && function->parser)
        at = word(at, cpython.layout->version == 0x030c ? PARSER_FORMAT_12 : PARSER_FORMAT);
    return (const char *)at; /* NOLINT(performance-no-int-to-ptr) */
}

bool parsing_begin(struct parsing *parsing, const struct api_call *call) {
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (is_named(call->name, functions[i].name)) {
            *parsing = (struct parsing){.call = call,
                                        .function = &functions[i],
                                        .format = {.language = FORMAT_PARSE, .at = format_of(&functions[i], call)}};
            return parsing->format.at != NULL;
        }
    return false;
}

static uintptr_t object_of(const struct parsing *parsing, const struct format_unit *unit) {
    uintptr_t given = parsing->call->arguments[0];
    if (!given || unit->inner)
        return 0;
    switch ((enum source)parsing->function->source) {
    case SOURCE_OBJECT:
        return unit->item ? 0 : given;
    case SOURCE_TUPLE:
        return is_kind(given, TYPE_IS_TUPLE) && unit->item < tuple_size(given) ? tuple_item(given, unit->item) : 0;
    case SOURCE_VECTOR:
        return unit->item < parsing->call->arguments[1] ? word(given, unit->item * sizeof(uintptr_t)) : 0;
    }
    return 0;
}

bool parsing_next(struct parsing *parsing, struct parsed *parsed) {
    if (!format_next(&parsing->format, &parsed->unit))
        return false;
    parsed->to =
        call_argument(parsing->call->arguments, parsing->call->origin->cfa, parsing->function->first + parsed->unit.argument);
    parsed->object = object_of(parsing, &parsed->unit);
    return true;
}
