/* SPDX-License-Identifier: Apache-2.0
 *
 * What a shared object gives to others by name: the functions of its .dynsym. Pure: reads an open ELF file, believes nothing in it.
 */
#ifndef FFISAN_CLI_EXPORTS_H
#define FFISAN_CLI_EXPORTS_H

#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pool;

struct export {
    const char *name; /* raw */
    uint64_t value;   /* as the file says it, without the load address */
    bool indirect;    /* IFUNC: at `value` is what chooses the function, which is somewhere else */
    bool old;         /* a version that is found by dlvsym and old programs alone, "memcpy@GLIBC_2.2.5" */
};

/* A function of another library whose address, for everybody, is a place in this program that jumps to it: what a program that is not
 * position-independent does with functions that it takes the address of (psABI 5.2, "Function Addresses"). */
struct import {
    const char *name; /* raw */
    uint64_t value;
    const char *soname; /* of the library whose version it wants; NULL: it wants none, and it may be any of `needed` */
};

struct exports {
    const char *soname;   /* raw; "": it has none */
    struct export *items; /* by value, then by name */
    size_t count;
    struct import *imports;
    size_t import_count;
    const char **needed; /* sonames */
    size_t needed_count;
};

void exports_read(struct exports *exports, struct pool *pool, Elf *elf);
/* The first of those at `value`, and how many; NULL: none. */
const struct export *exports_at(const struct exports *exports, uint64_t value, size_t *count);
/* NULL: nothing that jumps elsewhere. */
const struct import *exports_import_at(const struct exports *exports, uint64_t value);
/* NULL: it gives out no function of that name. */
const struct export *exports_named(const struct exports *exports, const char *name);

#endif
