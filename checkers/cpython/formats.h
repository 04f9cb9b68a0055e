/* SPDX-License-Identifier: Apache-2.0
 *
 * Format strings of variadic functions, unit by unit: which of the arguments behind the format a unit takes, and whether it is a text or a
 * buffer. Four languages: that of PyArg_Parse (https://docs.python.org/3/c-api/arg.html, "Parsing arguments"; Python/getargs.c), that of
 * Py_BuildValue (the same page, "Building values"; Python/modsupport.c), that of printf (C17 7.21.6.1), and PyUnicode_FromFormat's, which has objects
 * where printf has floating-point numbers (https://docs.python.org/3/c-api/unicode.html).
 *
 * Arguments are counted as they lie in the integer registers and behind them: floating-point ones have registers of their own. What is not
 * understood ends the walk.
 */
#ifndef FFISAN_CPYTHON_FORMATS_H
#define FFISAN_CPYTHON_FORMATS_H

#include <stdbool.h>
#include <stdint.h>

enum format_language { FORMAT_PARSE, FORMAT_BUILD, FORMAT_PRINT, FORMAT_OBJECTS };
enum format_unit_kind {
    FORMAT_TEXT, /* PARSE: a char ** that is set to the inside of an object; else a char * or another pointer to data that is read */
    FORMAT_BUFFER, /* PARSE: a Py_buffer * that is filled */
};

#define FORMAT_NO_SIZE UINT32_MAX

struct format_unit {
    enum format_unit_kind kind;
    uint32_t argument; /* from 0, behind the format */
    uint32_t size;     /* BUILD, PRINT: the argument that says how much of it is read; or FORMAT_NO_SIZE */
    uint32_t item;     /* PARSE: which of the things to be parsed it is for, from 0; things in parentheses are one */
    bool optional;     /* PARSE: it may not be there */
    bool inner;        /* PARSE: it stands in parentheses */
    bool narrow;       /* the size is an int, not a Py_ssize_t */
};

struct format {
    enum format_language language;
    const char *at;
    uint32_t argument, item, depth;
    uint32_t doubles; /* above 8 of them lie between the others on the stack */
    bool optional;
};

/* The next text or buffer; false: there is none. */
bool format_next(struct format *format, struct format_unit *unit);

#endif
