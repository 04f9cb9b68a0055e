/* SPDX-License-Identifier: Apache-2.0
 *
 * Compiled contracts: what the front end makes of headers (cli/contract/), the shim maps read-only and works by (shims/contract/), and the
 * judge asks for prototypes and for its messages. A table without pointers, like the type table that it holds; whoever reads one that
 * somebody else wrote opens it with contract_table_open (core/contract_table.h), which checks every index and all code once.
 *
 *     header | libraries | functions | symbols | terms | numbers | code | type table
 *
 * All text is in the type table's.
 *
 * A term is one word as it holds for one place of one function. The front end has done what needs a compiler: words on the fields of a struct
 * are terms of every function that has a pointer to that struct (or the struct itself) among its parameters, with `value` leading to the field; FFISAN_WHEN
 * is the `when` of each word in it; _N forms have become bytes; a function pointer's user data names its callback's place; UTF8 implies
 * CSTRING (one term, UTF8). Functions named by others are numbers of functions of the same table where they have an entry there, and always names.
 */
#ifndef FFISAN_CONTRACT_TABLE_H
#define FFISAN_CONTRACT_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "ffisan/prototype.h"

enum ffisan_word {
    FFISAN_WORD_NONE,
#define WORD(id, ...) FFISAN_WORD_##id,
#include "ffisan/words.def"
#undef WORD
    /* Made by the front end, not written by anybody: of a function with an OWNED or OUT_OWNED term whose release function is SIZED_BY arguments:
     * what this one gives out under their names. Same order; its codes are in `numbers`. */
    FFISAN_WORD_GIVES_SIZES,
    FFISAN_WORDS
};

#define FFISAN_CONTRACTS_MAGIC   "FFISANC" /* 8 bytes with its NUL */
#define FFISAN_CONTRACTS_VERSION 1u
#define FFISAN_CONTRACTS_SUFFIX  ".ffc"
struct ffisan_contracts {
    char magic[8];
    uint32_t version;
    uint32_t size;                     /* of the file */
    uint32_t library_count, libraries; /* how many; offset in the file, a multiple of 8 */
    uint32_t function_count, functions;
    uint32_t symbol_count, symbols;
    uint32_t term_count, terms;
    uint32_t number_count, numbers; /* uint32_t each */
    uint32_t code_size, code;       /* bytes */
    uint32_t types;                 /* offset of the struct ffisan_types */
    uint32_t reserved;
};

/* One name of one library: FFISAN_LIBRARY("a", "b") makes two that share their functions. */
struct ffisan_contract_library {
    uint32_t soname;       /* text: a glob */
    uint32_t source;       /* text: the contract's file, as a reader would look for it: "sqlite3.h" */
    uint32_t from, until;  /* text: versions; 0: no bound */
    uint32_t first, count; /* its functions, sorted by name (strcmp) */
    uint32_t first_symbol, symbol_count;
};

struct ffisan_contract_function {
    uint32_t name;         /* text: what the linker calls it */
    uint32_t type;         /* a FUNCTION */
    uint32_t first, count; /* its terms, in the order in which they were written; conditions are theirs */
    uint32_t line;         /* in the source; of its declaration */
    uint32_t family;       /* text; 0: none */
    uint32_t flags;        /* enum ffisan_contract_flag, or'ed */
    uint32_t reserved;
};
/* What a reader would else have to look for among the terms. */
enum ffisan_contract_flag {
    FFISAN_CONTRACT_STATEFUL = 1 << 0, /* it has terms that change or ask what belongs to whom, or threads; or others name it */
    FFISAN_CONTRACT_OUTCOME = 1 << 1,  /* something has to be done when it returns */
    FFISAN_CONTRACT_FAILS = 1 << 2,
};

/* A data symbol that holds an allocator's function (xmlFree). */
struct ffisan_contract_symbol {
    uint32_t name, family; /* text */
    uint32_t type;         /* of the variable */
    uint32_t line;
};

/* Places of terms: the index of a parameter, or one of these. The first variadic argument has the index behind the last parameter. */
#define FFISAN_TERM_RESULT   UINT32_MAX
#define FFISAN_TERM_FUNCTION (UINT32_MAX - 1)
#define FFISAN_TERM_LIBRARY  (UINT32_MAX - 2) /* as an owner: the library itself, for ever */

enum ffisan_term_flag {
    FFISAN_TERM_AFTER = 1 << 0,    /* `value`, `size` can only be known when the call has returned */
    FFISAN_TERM_OUTCOME = 1 << 1,  /* `when` looks at the outcome: it alone decides, whether the call failed or not */
    FFISAN_TERM_FIELD = 1 << 2,    /* it speaks of a field; `value` leads there */
    FFISAN_TERM_CALLBACK = 1 << 3, /* the value is a function pointer */
    /* RETAINED names the function itself: its next call (with the same keys) ends what the last one kept */
    FFISAN_TERM_REPLACES = 1 << 4,
    /* Nobody wrote it: pointers to an opaque struct are a HANDLE of that struct's name; GCC's attributes */
    FFISAN_TERM_IMPLIED = 1 << 5,
};

struct ffisan_contract_term {
    uint16_t word;  /* enum ffisan_word */
    uint16_t flags; /* enum ffisan_term_flag, or'ed */
    uint32_t place;
    uint32_t name; /* text: of the place: "buf", "strm->next_in"; 0: result, function */
    /* Code: the pointer, handle or callback that the word is about (what stands in *out of OUT_OWNED; the field); 0: the place's own. */
    uint32_t value;
    uint32_t when; /* code: not 0 means that the word holds; 0: always */
    uint32_t size; /* code: IN, OUT, INOUT: bytes; FAILS: the condition */
    /* BORROWED, RETAINED, INVALIDATES, SERIAL, CREATOR_THREAD: a place. NOTIFIED, UNTIL_DONE, USER_DATA: the place of the function
     * named. `other`: code for the value of it (a field's sibling: `owner` is then the parameter that leads to the struct), 0: the place's
     * own. FAILS: `other` is what to return. */
    uint32_t owner, other;
    /* Text: of a handle ("sqlite3", "fd"), of a family its name; of OWNED, OUT_OWNED, BORROWED, STATIC the kind of what comes back, 0:
     * plain memory. */
    uint32_t kind;
    /* In numbers. OWNED, OUT_OWNED, BORROWED, RETAINED: the functions named, two numbers each: text of the name, then its function in this
     * table (UINT32_MAX: it has no entry). FAILS: errno values. KEYED_BY, SIZED_BY, GIVES_SIZES: codes. `count`: numbers. */
    uint32_t first, count;
    uint32_t line, column; /* where it is written; of an implied one, where the declaration is */
    uint32_t type;         /* VARIANT: of the argument; handles, OWNED, BORROWED: of what the pointer leads to; 0: not known */
};
_Static_assert(sizeof(struct ffisan_contracts) == 72 && sizeof(struct ffisan_contract_library) == 32 &&
                   sizeof(struct ffisan_contract_function) == 32 && sizeof(struct ffisan_contract_symbol) == 16 &&
                   sizeof(struct ffisan_contract_term) == 56,
               "compiled contracts are a format");

/* Code: expressions as a stack machine's. Each is a row of instructions from its offset in `code` up to END, and leaves one value. Offset 0
 * holds an END and is no expression. Values are 64 bits; where C would have a narrower type the front end has put EXTEND_... behind.
 * Operands follow their instruction byte, unaligned, in the host's order. Jumps go forward only, so that all code ends. A load that cannot
 * be made, a division by zero and a value that is not there (RESULT before the return) make the whole expression unknown, and nothing is
 * concluded. */
#define FFISAN_CODE_DEPTH 32u /* values on the stack at most */
enum ffisan_code {
    FFISAN_CODE_END,
    FFISAN_CODE_NUMBER, /* 8 bytes: the value */
    /* 1 byte: index of the parameter, or that behind the last one: the first variadic argument. As it was passed, extended by its type */
    FFISAN_CODE_ARGUMENT,
    FFISAN_CODE_RESULT,
    FFISAN_CODE_LOAD,          /* 1 byte: size 1, 2, 4, 8; top of the stack is the address. Zero-extended */
    FFISAN_CODE_STRLEN,        /* top of the stack is the address */
    FFISAN_CODE_EXTEND_SIGNED, /* 1 byte: from so many bytes */
    FFISAN_CODE_EXTEND_UNSIGNED,
    FFISAN_CODE_NEGATE,
    FFISAN_CODE_INVERT,
    FFISAN_CODE_NOT, /* - ~ ! */
    FFISAN_CODE_ADD,
    FFISAN_CODE_SUBTRACT,
    FFISAN_CODE_MULTIPLY,
    FFISAN_CODE_DIVIDE_SIGNED,
    FFISAN_CODE_DIVIDE_UNSIGNED,
    FFISAN_CODE_REMAINDER_SIGNED,
    FFISAN_CODE_REMAINDER_UNSIGNED,
    FFISAN_CODE_SHIFT_LEFT,
    FFISAN_CODE_SHIFT_RIGHT_SIGNED,
    FFISAN_CODE_SHIFT_RIGHT_UNSIGNED,
    FFISAN_CODE_AND,
    FFISAN_CODE_OR,
    FFISAN_CODE_XOR, /* bitwise */
    FFISAN_CODE_EQUAL,
    FFISAN_CODE_UNEQUAL,
    FFISAN_CODE_LESS_SIGNED,
    FFISAN_CODE_LESS_UNSIGNED,
    FFISAN_CODE_LESS_EQUAL_SIGNED,
    FFISAN_CODE_LESS_EQUAL_UNSIGNED, /* > and >= swap */
    FFISAN_CODE_JUMP,                /* 2 bytes: how far, from behind the operand */
    FFISAN_CODE_JUMP_IF_ZERO,        /* 2 bytes: likewise; takes the top of the stack away */
    FFISAN_CODE_TRUE,                /* top of the stack becomes 0 or 1 */
    FFISAN_CODE_SWAP,                /* the two topmost */
    FFISAN_CODES
};

#endif
