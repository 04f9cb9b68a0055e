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

struct exports {
    const char *soname;   /* raw; "": it has none */
    struct export *items; /* by value, then by name */
    size_t count;
};

void exports_read(struct exports *exports, struct pool *pool, Elf *elf);
/* The first of those at `value`, and how many; NULL: none. */
const struct export *exports_at(const struct exports *exports, uint64_t value, size_t *count);
/* NULL: it gives out no function of that name. */
const struct export *exports_named(const struct exports *exports, const char *name);

#endif
