/* SPDX-License-Identifier: Apache-2.0
 *
 * The parser of /proc/self/maps (proc_pid_maps(5)):
 *
 *     7f1c2a400000-7f1c2a428000 r--p 00000000 fe:00 1234   /usr/lib/x86_64-linux-gnu/libc.so.6
 *
 * The kernel gives out whole lines, and looks up the next one by address: changes made between two reads neither repeat nor hide
 * what stays.
 */
#include "core/maps.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct text {
    const char *at, *end;
};

static unsigned digit_of(char c) {
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;
}

static bool take_hex(struct text *text, uintptr_t *number) {
    const char *first = text->at;
    *number = 0;
    for (; text->at < text->end && digit_of(*text->at) < 16; text->at++)
        *number = *number << 4 | digit_of(*text->at);
    return text->at > first;
}

static bool take_char(struct text *text, char wanted) {
    if (text->at == text->end || *text->at != wanted)
        return false;
    text->at++;
    return true;
}

static void skip_field(struct text *text) {
    while (text->at < text->end && *text->at != ' ')
        text->at++;
    while (text->at < text->end && *text->at == ' ')
        text->at++;
}

static bool begins(struct text text, const char *with) {
    size_t length = strlen(with);
    return (size_t)(text.end - text.at) >= length && memcmp(text.at, with, length) == 0;
}

static bool ends(struct text text, const char *with) {
    size_t length = strlen(with);
    return (size_t)(text.end - text.at) >= length && memcmp(text.end - length, with, length) == 0;
}

static enum map_backing backing_of_path(struct text name) {
    static const char *const memory[] = {"/memfd:", "/dev/shm/", "/dev/zero", "/SYSV", "/anon_hugepage", "/dev/hugepages/"};
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++)
        if (begins(name, memory[i]))
            return MAP_BACKING_MEMORY;
    if (begins(name, "/dev/"))
        return MAP_BACKING_DEVICE;
    return ends(name, " (deleted)") ? MAP_BACKING_MEMORY : MAP_BACKING_FILE;
}

static enum map_backing backing_of(struct text name) {
    if (name.at == name.end || begins(name, "[anon") || begins(name, "[stack:"))
        return MAP_BACKING_NOTHING;
    if (begins(name, "[heap]"))
        return MAP_BACKING_HEAP;
    if (begins(name, "[stack]"))
        return MAP_BACKING_STACK;
    return begins(name, "/") ? backing_of_path(name) : MAP_BACKING_DEVICE; /* [vvar], anon_inode:[io_uring], socket:[1] */
}

bool map_parse(const char *line, size_t length, struct map *map) {
    struct text text = {line, line + length};
    if (!take_hex(&text, &map->start) || !take_char(&text, '-') || !take_hex(&text, &map->end) || !take_char(&text, ' '))
        return false;
    if (text.end - text.at < 4 || map->start >= map->end)
        return false;
    map->readable = text.at[0] == 'r' || text.at[1] == 'w'; /* the hardware knows no writable page that cannot be read */
    map->writable = text.at[1] == 'w';
    map->shared = text.at[3] == 's';
    for (unsigned field = 0; field < 4; field++) /* permissions, offset, device, inode */
        skip_field(&text);
    map->backing = backing_of(text);
    map->path = text.at;
    map->path_length = (size_t)(text.end - text.at);
    return true;
}

struct reader {
    void (*each)(const struct map *map, void *context);
    void *context;
    char *room;
    size_t used;
};

/* Hands on the whole lines that are there; what is left of the last one stays at the beginning. */
static bool hand_on(struct reader *reader) {
    char *line = reader->room, *end = reader->room + reader->used, *stop;
    for (; (stop = memchr(line, '\n', (size_t)(end - line))); line = stop + 1) {
        struct map map;
        if (!map_parse(line, (size_t)(stop - line), &map))
            return false;
        reader->each(&map, reader->context);
    }
    reader->used = (size_t)(end - line);
    memmove(reader->room, line, reader->used);
    return reader->used < MAPS_ROOM;
}

static bool read_lines(struct reader *reader, long file) {
    for (;;) {
        long got = syscall(SYS_read, file, reader->room + reader->used, MAPS_ROOM - reader->used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got == 0 && reader->used == 0;
        reader->used += (size_t)got;
        if (!hand_on(reader))
            return false;
    }
}

bool maps_each(char *room, void (*each)(const struct map *map, void *context), void *context) {
    long file = syscall(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC, 0);
    if (file < 0)
        return false;
    struct reader reader = {.each = each, .context = context};
    reader.room = room;
    bool whole = read_lines(&reader, file);
    syscall(SYS_close, file);
    return whole;
}
