/* SPDX-License-Identifier: Apache-2.0
 *
 * What a function is, or is believed to be: C types as a table that has no pointers in it, so that it can stand in a record, in a
 * file that the shim maps, and in the judge's memory alike.
 *
 * A type table is a list of types, a list of fields and their text. Types name each other by index; 0 is "not known", and the
 * first that means something is 1. Types may refer to each other in circles (struct node { struct node *next; }).
 *
 * Three who fill them: a binding's own declarations (checkers/: ctypes, cffi; hooks/libffi.c: the bare ffi_types), DWARF (cli/) and the
 * headers of a system (the prototype file, made when FFISan is built). One that compares them: core/verdict.h.
 *
 * Whoever reads a table that somebody else wrote opens it with type_table_open, which checks every index once.
 */
#ifndef FFISAN_PROTOTYPE_H
#define FFISAN_PROTOTYPE_H

#include <stddef.h>
#include <stdint.h>

enum ffisan_type_kind {
    FFISAN_TYPE_UNKNOWN, /* nothing is concluded from it */
    FFISAN_TYPE_VOID,
    FFISAN_TYPE_BOOL,
    FFISAN_TYPE_CHARACTER, /* char, signed char, unsigned char, char8_t: also what bytes are counted in */
    FFISAN_TYPE_WIDE,      /* wchar_t, where it is known to be one */
    FFISAN_TYPE_INTEGER,   /* every other integer; also enumerations whose name nobody needs */
    FFISAN_TYPE_ENUM,
    FFISAN_TYPE_FLOAT, /* float, double, long double, by size */
    FFISAN_TYPE_COMPLEX,
    FFISAN_TYPE_VECTOR, /* __m128 and the like: only its size is known */
    FFISAN_TYPE_POINTER,
    FFISAN_TYPE_ARRAY,
    FFISAN_TYPE_STRUCT,
    FFISAN_TYPE_UNION,
    FFISAN_TYPE_FUNCTION,
    FFISAN_TYPE_KINDS
};

enum ffisan_type_flag {
    FFISAN_TYPE_UNSIGNED = 1 << 0,   /* integers and characters */
    FFISAN_TYPE_CONST = 1 << 1,      /* of a pointer: what it points to is const */
    FFISAN_TYPE_INCOMPLETE = 1 << 2, /* struct, union, enum: declared and no more: opaque */
    FFISAN_TYPE_FLEXIBLE = 1 << 3,   /* struct: ends in an array of no size, or 0 or 1 elements; or says itself how long it is */
    FFISAN_TYPE_VARIADIC = 1 << 4,   /* function: (..., ...) */
    FFISAN_TYPE_NO_PROTOTYPE = 1 << 5, /* function: () in C: says nothing about its parameters */
    FFISAN_TYPE_PACKED = 1 << 6,
    FFISAN_TYPE_FIELDS_UNKNOWN = 1 << 7, /* struct, union: size is known, fields are not */
};

struct ffisan_type {
    uint8_t kind; /* enum ffisan_type_kind */
    uint8_t reserved;
    uint16_t flags;        /* enum ffisan_type_flag, or'ed */
    uint32_t size;         /* bytes; 0: not known, or none (void, functions, opaque); arrays: the whole */
    uint32_t to;           /* pointer, array: what of; function: result; enum: its integer */
    uint32_t first, count; /* struct, union: its fields; function: its parameters, as fields without offset */
    uint32_t
        name; /* text: the typedef or tag that a reader of the header would use ("size_t", "sqlite3", "struct tm"); 0: none */
};

struct ffisan_field {
    uint32_t type;
    uint32_t offset;     /* bytes from the start; of a bit-field, of its first byte */
    uint16_t bit_offset; /* within that byte */
    uint16_t bit_width;  /* 0: no bit-field */
    uint32_t name;       /* text; 0: none */
};

/* As it stands in a record or a file: this head, then types, fields, text. */
struct ffisan_types {
    uint32_t size; /* of everything, this head included; a multiple of 8 */
    uint32_t type_count, field_count, text_size;
    /* struct ffisan_type types[type_count]; types[0] is all zeros
     * struct ffisan_field fields[field_count];
     * char text[text_size]; text[0] is 0 */
};
_Static_assert(sizeof(struct ffisan_type) == 24 && sizeof(struct ffisan_field) == 16 && sizeof(struct ffisan_types) == 16,
               "the type table is part of the formats");

/* The prototype file: header | libraries | functions | type table | names.
 *
 * A library stands for the prototypes that its headers declare; `soname` may be a glob. Functions are sorted by name within each
 * library (strcmp), so that a reader looks them up by bisection without building anything. */
#define FFISAN_PROTOTYPES_MAGIC   "FFISANP" /* 8 bytes with its NUL */
#define FFISAN_PROTOTYPES_VERSION 1u
struct ffisan_prototypes {
    char magic[8];
    uint32_t version;
    uint32_t size;                     /* of the file */
    uint32_t library_count, libraries; /* how many; offset in the file */
    uint32_t function_count, functions;
    uint32_t types; /* offset of the struct ffisan_types; all text is in it */
    uint32_t reserved;
};
struct ffisan_prototype_library {
    uint32_t soname;       /* text: "libz.so.1", "libc.so.6"; a glob where versions share a header */
    uint32_t source;       /* text: where it is from, for the report: "zlib.h of zlib1g-dev 1:1.2.13" */
    uint32_t first, count; /* its functions */
};
struct ffisan_prototype {
    uint32_t name; /* text */
    uint32_t type; /* a FUNCTION */
};
_Static_assert(sizeof(struct ffisan_prototypes) == 40, "the prototype file is a format");

#endif
