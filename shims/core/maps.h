/* SPDX-License-Identifier: Apache-2.0
 *
 * The process's mappings, as the kernel lists them in /proc/self/maps; read without libc's streams, heap or locks.
 */
#ifndef FFISAN_CORE_MAPS_H
#define FFISAN_CORE_MAPS_H

#include "core/types.h"

/* What stands behind a mapping. */
enum map_backing {
    MAP_BACKING_NOTHING, /* anonymous, whatever its label */
    MAP_BACKING_HEAP,    /* likewise, between the first and the last brk(2) */
    MAP_BACKING_STACK,   /* the main thread's [stack] */
    MAP_BACKING_MEMORY,  /* a file that is only memory: memfd, shared anonymous, System V, /dev/shm, or one whose name is gone */
    MAP_BACKING_FILE,
    MAP_BACKING_DEVICE, /* a device, the kernel's own pages: reading may have effects */
};

struct map {
    uintptr_t start, end;
    bool readable, writable, shared;
    enum map_backing backing;
    const char *path; /* or a label, or nothing; not terminated, and only as long as the line is there */
    size_t path_length;
};

/* Room for the longest line: a path has 4096 bytes, each of them four characters at worst. */
#define MAPS_ROOM (32u << 10)

/* Calls `each` for every mapping, lowest address first. False: the list could not be read to its end. `room` is the caller's, of
 * MAPS_ROOM bytes (a mapping made here would be in the list, and gone when it is used). Needs a free descriptor for the time
 * being. The caller keeps errno. */
bool maps_each(char *room, void (*each)(const struct map *map, void *context), void *context);

/* One line of the list, without its newline. False: it is not one. For tests, too. */
bool map_parse(const char *line, size_t length, struct map *map);

#endif
