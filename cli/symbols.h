/* SPDX-License-Identifier: Apache-2.0
 *
 * From addresses to functions and source lines, with elfutils. A module's file is opened when the first of its frames is asked
 * for, and only believed when its build-id is the one that the process had loaded: a frame without a name is better than a wrong
 * one. Separate debug info is found by build-id and debug link under /usr/lib/debug; over the network only when the user has set
 * DEBUGINFOD_URLS (elfutils' own rule).
 */
#ifndef FFISAN_CLI_SYMBOLS_H
#define FFISAN_CLI_SYMBOLS_H

#include <elfutils/libdw.h>
#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct symbols;
struct pool;
struct module;
struct frame;

/* With `names_only` neither source lines nor inlined frames are looked up, which needs no debug info to be read. */
struct symbols *symbols_new(bool names_only);
void symbols_free(struct symbols *symbols); /* NULL is fine */

/* Appends the frames at `address` (pool_append), innermost inlined first, at least one. A return address points behind its call,
 * and is looked up one byte before. `module` NULL: it lies in no module. Texts live as long as `symbols`. */
void symbols_frames(struct symbols *symbols, struct pool *pool, const struct module *module, uint64_t address,
                    bool is_return_address, struct frame **frames, size_t *count);

/* The module's file, open; NULL when it cannot be believed. Belongs to `symbols`. */
Elf *symbols_elf(struct symbols *symbols, const struct module *module);

/* The module's debug info, as far as it is on this machine: the network is never asked. `bias` is what its addresses lack to the
 * file's. NULL: there is none. Belongs to `symbols`. */
Dwarf *symbols_dwarf(struct symbols *symbols, const struct module *module, uint64_t *bias);

/* Files that were asked for and could not be believed. */
struct symbols_gap {
    const char *path, *why;
};
size_t symbols_gaps(const struct symbols *symbols, const struct symbols_gap **gaps);

#endif
