/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls of PyArg_Parse and its sisters, unit by unit: which texts and buffers an extension's function had taken out of its arguments.
 */
#ifndef FFISAN_CPYTHON_PARSING_H
#define FFISAN_CPYTHON_PARSING_H

#include "cpython/api.h"
#include "cpython/formats.h"

/* The names as rows of listeners; `enter` and `leave` as in api.h. */
#define PARSING_ROW(function, on_enter, on_leave) {.name = #function, .enter = (on_enter), .leave = (on_leave)},
#define PARSING_LISTENERS(on_enter, on_leave)                                                                                    \
    PARSING_ROW(PyArg_Parse, on_enter, on_leave)                                                                                 \
    PARSING_ROW(PyArg_ParseTuple, on_enter, on_leave)                                                                            \
    PARSING_ROW(PyArg_ParseTupleAndKeywords, on_enter, on_leave)                                                                 \
    PARSING_ROW(_PyArg_Parse_SizeT, on_enter, on_leave)                                                                          \
    PARSING_ROW(_PyArg_ParseTuple_SizeT, on_enter, on_leave)                                                                     \
    PARSING_ROW(_PyArg_ParseTupleAndKeywords_SizeT, on_enter, on_leave)                                                          \
    PARSING_ROW(_PyArg_ParseStack, on_enter, on_leave)                                                                           \
    PARSING_ROW(_PyArg_ParseStack_SizeT, on_enter, on_leave)                                                                     \
    PARSING_ROW(_PyArg_ParseStackAndKeywords, on_enter, on_leave)                                                                \
    PARSING_ROW(_PyArg_ParseStackAndKeywords_SizeT, on_enter, on_leave)                                                          \
    PARSING_ROW(_PyArg_ParseTupleAndKeywordsFast, on_enter, on_leave)                                                            \
    PARSING_ROW(_PyArg_ParseTupleAndKeywordsFast_SizeT, on_enter, on_leave)

struct parsing {
    const struct api_call *call;
    const struct parsing_function *function;
    struct format format;
};
struct parsed {
    struct format_unit unit;
    uintptr_t to;     /* what the unit's first argument is: where the text's address or the buffer is put */
    uintptr_t object; /* that it is taken from; 0: given by keyword, from inside a tuple, or not at all */
};
/* False: it is none of those calls. */
bool parsing_begin(struct parsing *parsing, const struct api_call *call);
bool parsing_next(struct parsing *parsing, struct parsed *parsed);

/* The integer argument of a call, wherever it lies; the call is under way, or has just come back. */
static inline uint64_t call_argument(const uint64_t registers[6], uintptr_t cfa, unsigned index) {
    return index < 6 ? registers[index] : ((const uint64_t *)cfa)[index - 6]; /* NOLINT(performance-no-int-to-ptr) */
}

#endif
