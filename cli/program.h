/* SPDX-License-Identifier: Apache-2.0
 *
 * What a command really is: the file that execvp finds, the interpreters that its "#!" lines lead to, and whether the shim can
 * get into the process that comes of it. Nothing is run, and nothing is believed: the file may change until it is.
 */
#ifndef FFISAN_CLI_PROGRAM_H
#define FFISAN_CLI_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

struct pool;

enum program_kind {
    PROGRAM_DYNAMIC,        /* x86-64, started by glibc's loader: the shim gets in */
    PROGRAM_STATIC,         /* there is no loader that could preload anything */
    PROGRAM_STATIC_PIE,     /* the same, position-independent */
    PROGRAM_PRIVILEGED,     /* set-uid, set-gid or file capabilities: the loader ignores LD_PRELOAD (AT_SECURE) */
    PROGRAM_OTHER_LIBC,     /* another loader, such as musl's */
    PROGRAM_OTHER_MACHINE,  /* not x86-64, or 32-bit */
    PROGRAM_NOT_ELF,        /* something that binfmt_misc may know */
    PROGRAM_UNREADABLE,     /* may be run but not read: not known */
    PROGRAM_NOT_EXECUTABLE, /* found, and cannot be run */
    PROGRAM_NOT_FOUND,
};

struct program {
    enum program_kind kind;
    const char *path;    /* what was found for the name; the name itself when nothing was */
    const char *file;    /* the binary that runs in the end: `path`, unless that is a script */
    const char *missing; /* NOT_FOUND, NOT_EXECUTABLE of a script: its interpreter, else NULL */
    const char *loader;  /* PT_INTERP, or NULL */
    unsigned scripts;    /* "#!" lines between `path` and `file` */
    const char **needed;
    size_t needed_count; /* DT_NEEDED of `file` */
    bool has_asan;       /* built with AddressSanitizer */
    bool has_malloc;     /* brings a malloc of its own, which comes before the shim's */
    bool is_go, is_python;
};

/* All strings are in the pool. */
void program_examine(struct program *program, struct pool *pool, const char *name);

/* Why the shim does not get into it, as "statically linked: ..."; NULL: it does, as far as can be known beforehand. */
const char *program_obstacle(const struct program *program, struct pool *pool);

/* Where execvp finds `name`, or NULL; *denied: something of that name is there and cannot be run. */
const char *program_find(struct pool *pool, const char *name, bool *denied);

#endif
