/* SPDX-License-Identifier: Apache-2.0
 *
 * A contract as the compiler has read it: who says what, where. The nouns:
 *
 *   word        one FFISAN_... with its arguments, as written; in the block of a WHEN or VARIANT, or in none
 *   place       what words stand behind: a parameter, a function (with its result), a field, a data symbol
 *   group       what follows one FFISAN_LIBRARY
 *   expression  an argument that is C: its text, what macros make of it, and the tree that clang made
 *
 * It is read in three passes over one translation unit, the contract and lines behind it that are in no file (declarations.c,
 * expressions.c); then the words become terms (terms.c), and terms a table (table.c). All memory is the pool's.
 */
#ifndef FFISAN_CLI_CONTRACT_CONTRACT_H
#define FFISAN_CLI_CONTRACT_CONTRACT_H

#include <clang-c/Index.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clang_types.h"
#include "ffisan/contract_table.h"
#include "pool.h"

/* Where something is written. */
struct position {
    const char *file; /* NULL: nowhere */
    unsigned line, column;
    size_t offset;
};

struct expression;

struct word {
    enum ffisan_word id;
    struct position at;
    const char **arguments;          /* as written */
    struct expression **expressions; /* for each argument; NULL where it is none */
    size_t count;
    const struct word *block; /* the WHEN or VARIANT around it; NULL: none */
    bool implied;             /* from an attribute of GCC's */
    size_t counted_by;        /* implied: the parameter, from 1, with the number of elements; 0: none */
    bool library_named;       /* see words.h: `library` is the owner */
};

struct words {
    struct word **items;
    size_t count;
};

struct parameter {
    const char *name; /* "": it has none */
    CXType type;
    struct words words;
};

struct group {
    struct word *library, *versions; /* versions: NULL */
    struct position at;
};

struct function {
    const char *name, *linkage; /* in the source; for the linker */
    CXCursor cursor;            /* the declaration that has the words, else the first one */
    CXType type;
    struct position at;
    struct parameter *parameters;
    size_t parameter_count;
    struct words words;
    size_t group;
    bool belongs; /* to the table; else it is known as a name only */
    bool variadic;
    uint32_t type_index;
};

struct field {
    const char *name;
    CXType type;
    uint64_t bit_offset;
    unsigned bit_width; /* 0: no bit-field */
    struct words words;
};

struct record {
    CXCursor cursor; /* its definition */
    const char *name;
    struct field *fields;
    size_t field_count;
    bool spoken_of; /* a field, or a field of a struct in it, has words */
};

struct symbol {
    const char *name;
    CXType type;
    struct position at;
    struct words words;
    size_t group;
};

struct expression {
    const struct word *word;
    size_t argument;
    struct position at;
    const char *raw, *text;          /* as written; without macros */
    const struct function *function; /* whose parameters it sees; or */
    const struct record *record;     /* whose fields */
    bool is_type;                    /* VARIANT's: the name of one */
    CXCursor tree;                   /* null: it has an error */
    CXType type;
    const char *source; /* the file's text that tree's extents count in */
};

struct contract {
    struct pool *pool;
    const char *path;
    const char *text; /* of the file */
    size_t size;
    struct group *groups;
    size_t group_count;
    struct function **functions;
    size_t function_count;
    struct record **records;
    size_t record_count;
    struct symbol **symbols;
    size_t symbol_count;
    struct expression **expressions;
    size_t expression_count;
    struct record_typedef *typedefs;
    size_t typedef_count;
    CXIndex index;
    CXTranslationUnit unit;
};

/* typedef struct sqlite3 sqlite3; typedef struct gzFile_s *gzFile: what readers call the struct. */
struct record_typedef {
    CXCursor record; /* canonical */
    const char *name;
    bool of_pointer;
};

struct function *contract_function(const struct contract *contract, const char *name); /* NULL: not declared */
const struct record *contract_record(const struct contract *contract, CXType type);    /* NULL: none, or not defined */
/* Index of the parameter of that name; parameter_count: none. */
size_t function_parameter(const struct function *function, const char *name);
/* The name of a struct's kind of handle: of its first typedef, else its tag. */
const char *contract_kind(const struct contract *contract, CXType type);
bool contract_is_handle(CXType type); /* a pointer to an opaque struct */
size_t record_field(const struct record *record, const char *name);

#endif
