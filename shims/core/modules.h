/* SPDX-License-Identifier: Apache-2.0
 *
 * The loaded ELF objects of the main namespace, as the shim last saw them. Readers take no lock and may be in a signal handler;
 * the one writer (modules_refresh, under the loader's own lock) publishes a new sorted snapshot and leaves the old one in place.
 * A module's struct lives for ever: after dlclose it is only marked gone.
 */
#ifndef FFISAN_CORE_MODULES_H
#define FFISAN_CORE_MODULES_H

#include <link.h>

#include "core/types.h"

/* What is known about a module by what it is; more than one may hold. */
enum module_kind {
    MODULE_EXECUTABLE = 1 << 0,
    MODULE_SHIM = 1 << 1,
    MODULE_LIBC = 1 << 2,      /* libc, libpthread, the dynamic linker, the C++ runtime: never whom a block belongs to */
    MODULE_RUNTIME = 1 << 3,   /* an interpreter or virtual machine: what it never frees is its own affair */
    MODULE_PERMANENT = 1 << 4, /* loaded at start: never unloaded */
    MODULE_OPERATORS = 1 << 5, /* exports C++ operator new: its own malloc calls may stand for somebody's `new` */
    MODULE_LOADER = 1 << 6,
    MODULE_BYPASSES = 1 << 7, /* perhaps opened with RTLD_DEEPBIND: what it needs itself may come before what the program has */
    MODULE_OFFSETS = 1 << 8,  /* leads from block to block by offsets, which a search for pointers cannot follow */
};

struct module {
    uintptr_t start, end; /* from the first to the last loaded segment */
    uintptr_t bias;
    const ElfW(Phdr) *headers; /* in the module's memory */
    uint16_t header_count;
    uint16_t kind;       /* enum module_kind, or'ed */
    uint32_t id;         /* unique in the process, from 1; also what records call it */
    row_id row;          /* 0: has none */
    uint32_t born, gone; /* generations; gone 0: loaded */
    bool unpatched;      /* its slots have to be looked at */
    uint32_t round;      /* the last look that found it loaded */
    const ElfW(Dyn) *dynamic;
    uintptr_t eh_frame_header; /* address of .eh_frame_hdr, 0: none */
    size_t eh_frame_header_size;
    uint8_t build_id[20];
    uint32_t build_id_size;
    char path[];
};

/* The module that holds `address` now, or NULL. Lock-free, about 20 ns. */
const struct module *module_at(uintptr_t address);
/* Like it, but NULL for a module that might be unmapped while it is being read: between a call of dlclose and the refresh after
 * it, only modules that are never unloaded are answered. */
const struct module *module_pinned_at(uintptr_t address);
/* By id, also those gone. NULL: no such id. */
const struct module *module_by_id(uint32_t id);
const struct module *module_of_row(row_id row);
/* Whether a file of this name is an interpreter or a virtual machine. */
bool module_is_runtime(const char *name);
/* The last part of the path. */
const char *module_name(const struct module *module);
/* What the linker calls it (DT_SONAME); NULL: nothing, or it is gone. */
const char *module_soname(const struct module *module);
/* Number of the current state of the list. */
uint32_t modules_generation(void);
/* Calls `each` for every loaded module, lowest address first. */
void modules_each(void (*each)(const struct module *module, void *context), void *context);
/* Asks the loader what is loaded now. `patch` is called for each module that is new, or may have been relocated afresh, while the
 * loader's lock is held (the module cannot go away); `changed` once when the list is another, or may have been in between.
 * `start`: the first look, before any dlopen. False when another thread is at it: ask again later. */
typedef void modules_patch(struct module *module);
bool modules_refresh(bool start, modules_patch *patch, void (*changed)(bool unloaded));
/* dlclose is about to be called: until the next refresh modules may go at any moment. */
void modules_closing(void);
/* In a forked child. */
void modules_forked(void);
/* Writes every loaded module to the record file, which is a new one. */
void modules_record(void);
/* The address of the symbol that `module` itself defines under this name in its default version, resolved (IFUNC too), or 0.
 * Reads the module's dynamic section; takes no lock, allocates nothing. */
uintptr_t module_symbol(const struct module *module, const char *name);
/* Whether code of the module stands at the address. */
bool module_is_code(const struct module *module, uintptr_t address);
/* Calls `each` for every name under which `module` exports the function at `address`, until it answers false. Looks at all of its
 * symbols: for rare paths. */
void module_names(const struct module *module, uintptr_t address, bool (*each)(const char *name, void *context), void *context);
/* Calls `each` for every function that `module` exports, until it answers false, which is then the answer. */
bool module_exports(const struct module *module, bool (*each)(const char *name, void *context), void *context);
/* As module_symbol, for a reference that asks for a certain version; NULL: the default one. */
uintptr_t module_symbol_version(const struct module *module, const char *name, const char *version);

#endif
