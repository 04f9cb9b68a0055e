/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions as headers declare them, read by libclang.
 */
#ifndef FFISAN_PROTOTYPES_HEADERS_H
#define FFISAN_PROTOTYPES_HEADERS_H

#include <stdbool.h>
#include <stddef.h>

#include "type_maker.h"

/* A function that somebody declares and the library gives out. */
struct function {
    uint32_t name;      /* text: what the linker calls it, which is what dlsym is asked for */
    uint32_t type;      /* FUNCTION */
    const char *header; /* "sys/stat.h" */
};

struct header_reader {
    struct type_maker *maker;
    bool (*wanted)(const char *name, void *context);
    void *context;
    const char *const *public_headers; /* all that somebody may include: what is declared elsewhere is the including one's */
    size_t public_count;
    void (*read_file)(const char *path, void *context); /* told of every file that is read; may be told twice */
    struct function *functions;                         /* malloc'd */
    size_t count, room;
};

/* Reads a file of nothing but #include "…" of these headers, with these compiler flags. NULL: done; else what the compiler says is
 * wrong, malloc'd. Functions that are known already stay as they are. */
char *headers_read(struct header_reader *reader, const char *const *headers, size_t header_count, const char *const *flags,
                   size_t flag_count);
void headers_function_add(struct header_reader *reader, struct function function);
/* One library's headers are done: structs of the same name are others from now on. */
void headers_done(struct header_reader *reader);

#endif
