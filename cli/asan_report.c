/* SPDX-License-Identifier: Apache-2.0
 *
 * AddressSanitizer's report, line by line (compiler-rt/lib/asan/asan_errors.cpp and asan_descriptions.cpp, LLVM 14; GCC's runtime is the
 * same). Frames are taken by their addresses: our own symbols are as good, and do not cost the dying process a thing.
 */
#include <stdlib.h>
#include <string.h>

#include "checked.h"
#include "pool.h"

#define NAME "AddressSanitizer"

/* What its words mean here. Everything that is not listed ends the process in words of its own. */
static const struct {
    const char *words;
    enum ffisan_rule rule;
    int signal;
} kinds[] = {
    {"heap-use-after-free", FFISAN_RULE_USE_AFTER_FREE, 0},
    {"heap-buffer-overflow", FFISAN_RULE_HEAP_OVERFLOW, 0},
    {"attempting double-free", FFISAN_RULE_DOUBLE_FREE, 0},
    {"attempting free on address which was not malloc", FFISAN_RULE_INVALID_FREE, 0},
    {"alloc-dealloc-mismatch", FFISAN_RULE_MISMATCHED_DEALLOCATOR, 0},
    {"new-delete-type-mismatch", FFISAN_RULE_WRONG_SIZE_DEALLOC, 0},
    {"SEGV", FFISAN_RULE_FOREIGN_CRASH, 11},
    {"stack-overflow", FFISAN_RULE_FOREIGN_CRASH, 11},
    {"BUS", FFISAN_RULE_FOREIGN_CRASH, 7},
    {"FPE", FFISAN_RULE_FOREIGN_CRASH, 8},
    {"ILL", FFISAN_RULE_FOREIGN_CRASH, 4},
    {"ABRT", FFISAN_RULE_FOREIGN_CRASH, 6},
};

struct reading {
    struct checked_errors *errors;
    struct checked_error *error; /* the last one; NULL: none yet, or it is over */
    unsigned role;               /* that the next frames have; FFISAN_ROLES: they are not of interest */
    int pid;
};

static bool starts(const char *text, const char *with) {
    return strncmp(text, with, strlen(with)) == 0;
}

/* The first number behind `mark`; `base` 16: with 0x in front. */
static bool number_behind(const char *line, const char *mark, int base, uint64_t *value) {
    const char *at = strstr(line, mark);
    if (!at)
        return false;
    at += strlen(mark);
    char *end;
    uint64_t number = strtoull(at, &end, base);
    if (end == at)
        return false;
    *value = number;
    return true;
}

static void read_address(struct checked_error *error, const char *line) {
    static const char *const marks[] = {" on address ", " on unknown address ", " on ", "-ed: ", ": "};
    for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
        const char *at = strstr(line, marks[i]);
        if (at && starts(at + strlen(marks[i]), "0x")) {
            error->address = strtoull(at + strlen(marks[i]), NULL, 16);
            return;
        }
    }
}

/* "alloc-dealloc-mismatch (malloc vs operator delete) on 0x..." */
static void read_families(struct checked_error *error, const char *words) {
    const char *made = strchr(words, '('), *freed = strstr(words, " vs ");
    if (!made || !freed)
        return;
    bool array = starts(made + 1, "operator new []") || starts(made + 1, "operator new[]");
    error->family = array ? FFISAN_FAMILY_NEW_ARRAY : starts(made + 1, "operator new") ? FFISAN_FAMILY_NEW : FFISAN_FAMILY_MALLOC;
    array = starts(freed + 4, "operator delete []") || starts(freed + 4, "operator delete[]");
    error->free_family = array                                  ? FFISAN_FAMILY_NEW_ARRAY
                         : starts(freed + 4, "operator delete") ? FFISAN_FAMILY_NEW
                                                                : FFISAN_FAMILY_MALLOC;
}

/* Up to where its words stop being the same each time. */
static const char *kind_words(struct pool *pool, const char *words) {
    size_t length = strcspn(words, " :\n");
    if (starts(words, "requested allocation size"))
        length = strlen("requested allocation size");
    return pool_clean(pool, words, length);
}

static void begin_error(struct reading *reading, const char *words) {
    struct checked_error *error = reading->error = checked_error_add(reading->errors, NAME, reading->pid);
    reading->role = FFISAN_ROLE_DETECTED;
    if (!error)
        return;
    error->rule = FFISAN_RULE_FOREIGN_CRASH;
    error->said = kind_words(reading->errors->pool, words);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        if (starts(words, kinds[i].words)) {
            error->rule = kinds[i].rule;
            error->signal = kinds[i].signal;
            break;
        }
    }
    if (starts(words, "stack-overflow"))
        error->place = FFISAN_PLACE_STACK_GUARD;
    if (error->rule == FFISAN_RULE_DOUBLE_FREE)
        error->place = FFISAN_PLACE_FREED_BLOCK;
    read_address(error, words);
    read_families(error, words);
}

/* "Direct leak of 48 byte(s) in 2 object(s) allocated from:" */
static void begin_leak(struct reading *reading, const char *line) {
    uint64_t bytes, blocks;
    reading->error = NULL;
    if (!number_behind(line, "leak of ", 10, &bytes) || !number_behind(line, " in ", 10, &blocks))
        return;
    reading->error = checked_error_add(reading->errors, NAME, reading->pid);
    reading->role = FFISAN_ROLE_ALLOCATED;
    if (!reading->error)
        return;
    reading->error->rule = FFISAN_RULE_LEAK;
    reading->error->said = "leak";
    reading->error->size = bytes;
    reading->error->count = blocks;
}

/* "READ of size 4 at 0x... thread T0" */
static void read_access(struct reading *reading, const char *line) {
    struct checked_error *error = reading->error;
    uint64_t thread;
    error->access = starts(line, "WRITE") ? ACCESS_WRITE : ACCESS_READ;
    number_behind(line, "of size ", 10, &error->access_size);
    if (number_behind(line, "thread T", 10, &thread))
        error->thread = (unsigned)thread;
    reading->role = FFISAN_ROLE_DETECTED;
}

/* "0x... is located 3 bytes inside of 24-byte region [0x...,0x...)" */
static void read_region(struct checked_error *error, const char *line) {
    uint64_t start, end;
    const char *region = strstr(line, "-byte region [");
    if (!region || !number_behind(region, "[", 16, &start) || !number_behind(region, ",", 16, &end) || end < start)
        return;
    error->has_block = true;
    error->block = start;
    error->size = end - start;
    if (error->place)
        return;
    bool freed = error->rule == FFISAN_RULE_USE_AFTER_FREE;
    bool behind = error->address >= end;
    error->place = freed ? FFISAN_PLACE_FREED_BLOCK : behind ? FFISAN_PLACE_BEHIND_BLOCK : FFISAN_PLACE_LIVE_BLOCK;
}

/* "    #3 0x7f63069ed40d in f a.c:5": the address is one less than where the call returns to, for every frame. */
static bool read_frame(struct reading *reading, const char *line) {
    const char *at = line + strspn(line, " ");
    uint64_t frame;
    if (at == line || *at != '#' || !number_behind(at, " ", 16, &frame) || !frame)
        return false;
    if (reading->error && reading->role < FFISAN_ROLES)
        checked_frame_add(reading->errors, reading->error, (enum ffisan_role)reading->role, frame + 1);
    return true;
}

static void read_heading(struct reading *reading, const char *line) {
    struct checked_error *error = reading->error;
    if (starts(line, "READ of size") || starts(line, "WRITE of size"))
        read_access(reading, line);
    else if (strstr(line, "caused by a READ"))
        error->access = ACCESS_READ;
    else if (strstr(line, "caused by a WRITE"))
        error->access = ACCESS_WRITE;
    else if (strstr(line, " is located "))
        read_region(error, line);
    else if (starts(line, "freed by thread"))
        reading->role = FFISAN_ROLE_FREED;
    else if (strstr(line, "allocated by thread"))
        reading->role = FFISAN_ROLE_ALLOCATED;
    else if (strstr(line, "size of the deallocated type:"))
        number_behind(line, "type:", 10, &error->given_size);
    else if (strstr(line, " created by ") || starts(line, "Address "))
        reading->role = FFISAN_ROLES;
}

static void read_line(struct reading *reading, const char *line) {
    const char *error = strstr(line, "ERROR: AddressSanitizer: ");
    if (error)
        begin_error(reading, error + strlen("ERROR: AddressSanitizer: "));
    else if (strstr(line, "ERROR: LeakSanitizer") || starts(line, "SUMMARY: "))
        reading->error = NULL;
    else if (starts(line, "Direct leak of "))
        begin_leak(reading, line);
    else if (starts(line, "Indirect leak of "))
        reading->error = NULL;
    else if (reading->error && !read_frame(reading, line))
        read_heading(reading, line);
}

void asan_report_read(struct checked_errors *errors, const char *text, size_t size, int pid) {
    struct reading reading = {.errors = errors, .role = FFISAN_ROLES, .pid = pid};
    char line[1024];
    for (const char *end = text + size; text < end;) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t length = (size_t)((newline ? newline : end) - text);
        size_t kept = length < sizeof(line) ? length : sizeof(line) - 1;
        memcpy(line, text, kept);
        line[kept] = '\0';
        read_line(&reading, line);
        text += length + 1;
    }
}
