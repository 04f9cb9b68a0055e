/* SPDX-License-Identifier: Apache-2.0
 *
 * Valgrind's XML (docs/internals/xml-output-protocol4.txt in its source). A process that was killed leaves it unfinished, and a forked one
 * writes into its parent's: so each <error> and each <clientmsg> is cut out and parsed by itself, and what is around them is not looked at.
 *
 * Of what memcheck says only what the rules are about is taken: use of undefined values is switched off by the launcher, and an access of memory
 * that never was anybody's is left to the crash that follows, unless the shim knows the memory.
 */
#include <ctype.h>
#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "checked.h"
#include "pool.h"

#define NAME      "Valgrind"
#define TEXT_MOST 512u
#define OWN       "libffisan.so"

struct chunk {
    struct checked_errors *errors;
    struct checked_error error; /* as it grows */
    struct checked_stack stacks[FFISAN_ROLES];
    unsigned role;
    char kind[64], what[TEXT_MOST], text[TEXT_MOST], object[TEXT_MOST];
    size_t used; /* of text: the element's own, so far */
    unsigned stacks_seen;
    uint64_t last;    /* inlined functions share their address */
    bool own, blamed; /* it was the shim's doing, by itself or by libc; and that is decided */
    bool reads_ahead; /* of Go's that may */
    bool message;
};

/* ---- what it says of the address ------------------------------------------------------------------------------------------- */

/* "10,048 bytes" */
static uint64_t grouped(const char *text) {
    uint64_t value = 0;
    for (; isdigit((unsigned char)*text) || *text == ','; text++)
        if (*text != ',')
            value = value * 10 + (uint64_t)(*text - '0');
    return value;
}

static void describe_block(struct checked_error *error, const char *text, const char *where) {
    const char *size = strstr(where, "block of size ");
    bool behind = strstr(where, " bytes after ") || strstr(where, " byte after "), before = strstr(where, " before ");
    uint64_t distance = grouped(where + strlen(" is "));
    bool freed = strstr(text, " free'd"), live = strstr(text, " alloc'd");
    if (!size || !(freed || live))
        return;
    error->has_block = true;
    error->size = grouped(size + strlen("block of size "));
    error->block = behind   ? error->address - distance - error->size
                   : before ? error->address + distance
                            : error->address - distance;
    error->place = freed ? FFISAN_PLACE_FREED_BLOCK : behind ? FFISAN_PLACE_BEHIND_BLOCK : FFISAN_PLACE_LIVE_BLOCK;
}

/* "Address 0x9d2b163 is 3 bytes inside a block of size 24 free'd"; the stack that follows is of that event. */
static void read_aside(struct chunk *chunk, const char *text) {
    struct checked_error *error = &chunk->error;
    const char *address = strstr(text, "Address 0x"), *where = strstr(text, " is ");
    chunk->role = FFISAN_ROLES;
    if (strstr(text, "was alloc'd at"))
        chunk->role = FFISAN_ROLE_ALLOCATED;
    if (!address || !where)
        return;
    error->address = strtoull(address + strlen("Address "), NULL, 16);
    const char *lent = strstr(text, FFISAN_LENT_NAME);
    if (lent) {
        error->lent = strtoull(lent + strlen(FFISAN_LENT_NAME), NULL, 10);
        return; /* what follows is where it was given its name */
    }
    describe_block(error, text, where);
    if (error->has_block)
        chunk->role = error->place == FFISAN_PLACE_FREED_BLOCK ? FFISAN_ROLE_FREED : FFISAN_ROLE_ALLOCATED;
}

static void read_what(struct chunk *chunk, const char *text) {
    const char *size = strstr(text, " of size ");
    if (!chunk->what[0])
        memcpy(chunk->what, text, strlen(text) + 1);
    if (size)
        chunk->error.access_size = grouped(size + strlen(" of size "));
}

/* ---- elements -------------------------------------------------------------------------------------------------------------- */

static void read_frame_address(struct chunk *chunk, uint64_t address) {
    if (chunk->role >= FFISAN_ROLES || address == chunk->last)
        return;
    struct checked_stack *stack = &chunk->stacks[chunk->role];
    chunk->last = address;
    if (stack->depth == CHECKED_FRAMES)
        return;
    stack->first_is_pc = true;
    stack->frames[stack->depth] = address + (stack->depth > 0); /* it shows the call, not what it returns to */
    stack->depth++;
}

static bool ends_in(const char *text, const char *end) {
    size_t length = strlen(text), rest = strlen(end);
    return length >= rest && strcmp(text + length - rest, end) == 0;
}

/* The innermost one that neither libc nor Valgrind has put there. */
static void blame(struct chunk *chunk, const char *object) {
    static const char *const between[] = {"/libc.so.", "/ld-linux", "/vgpreload_", "/libpthread.so."};
    for (size_t i = 0; i < sizeof(between) / sizeof(*between); i++)
        if (strstr(object, between[i]))
            return;
    chunk->blamed = true;
    chunk->own = ends_in(object, "/" OWN);
}

static void XMLCALL element_starts(void *context, const XML_Char *name, const XML_Char **attributes) {
    struct chunk *chunk = context;
    (void)attributes;
    chunk->used = 0;
    chunk->text[0] = '\0';
    if (strcmp(name, "stack") == 0) {
        chunk->last = 0;
        if (chunk->stacks_seen++ == 0)
            chunk->role = strncmp(chunk->kind, "Leak_", 5) == 0 ? FFISAN_ROLE_ALLOCATED : FFISAN_ROLE_DETECTED;
    }
}

static void read_number_of_leak(struct chunk *chunk, const char *name) {
    if (strcmp(name, "leakedbytes") == 0)
        chunk->error.size = grouped(chunk->text);
    else if (strcmp(name, "leakedblocks") == 0)
        chunk->error.count = grouped(chunk->text);
}

static void read_message(struct chunk *chunk) {
    const char *line = strstr(chunk->text, FFISAN_CHECKED_LINE);
    chunk->message = line != NULL;
    if (line)
        chunk->error.record = strtoull(line + strlen(FFISAN_CHECKED_LINE), NULL, 10);
}

/* The stack of an aside ends what the aside said. */
/* Go's own loops over strings read 16 or 32 bytes at once, past the end of a text of C's but never into another page (runtime/string.go,
 * findnull; internal/bytealg, *_amd64.s). Memcheck knows this of libc's functions alone. */
static bool reads_ahead(const char *function) {
    static const char *const loops[] = {"indexbytebody", "indexbody", "countbody", "memeqbody", "cmpbody"};
    for (size_t i = 0; i < sizeof(loops) / sizeof(*loops); i++)
        if (strcmp(function, loops[i]) == 0)
            return true;
    return false;
}

static void end_stack(struct chunk *chunk) {
    chunk->role = FFISAN_ROLES;
}

static void XMLCALL element_ends(void *context, const XML_Char *name) {
    struct chunk *chunk = context;
    const char *text = chunk->text;
    if (strcmp(name, "kind") == 0)
        memcpy(chunk->kind, text, strnlen(text, sizeof(chunk->kind) - 1));
    else if (strcmp(name, "tid") == 0)
        chunk->error.thread = (unsigned)grouped(text);
    else if (strcmp(name, "what") == 0)
        read_what(chunk, text);
    else if (strcmp(name, "auxwhat") == 0)
        read_aside(chunk, text);
    else if (strcmp(name, "text") == 0)
        read_message(chunk);
    else if (strcmp(name, "ip") == 0)
        read_frame_address(chunk, strtoull(text, NULL, 16));
    else if (strcmp(name, "fn") == 0 && chunk->stacks_seen == 1 && chunk->stacks[FFISAN_ROLE_DETECTED].depth == 1)
        chunk->reads_ahead = reads_ahead(text);
    else if (strcmp(name, "obj") == 0 && chunk->stacks_seen == 1 && !chunk->blamed)
        blame(chunk, text);
    else if (strcmp(name, "stack") == 0)
        end_stack(chunk);
    else
        read_number_of_leak(chunk, name);
    chunk->used = 0;
    chunk->text[0] = '\0';
}

static void XMLCALL characters(void *context, const XML_Char *text, int length) {
    struct chunk *chunk = context;
    for (int i = 0; i < length && chunk->used + 1 < sizeof(chunk->text); i++)
        chunk->text[chunk->used++] = text[i];
    chunk->text[chunk->used] = '\0';
}

/* ---- a whole error --------------------------------------------------------------------------------------------------------- */

static bool is_access(const struct chunk *chunk) {
    return strcmp(chunk->kind, "InvalidRead") == 0 || strcmp(chunk->kind, "InvalidWrite") == 0 ||
           (strcmp(chunk->kind, "SyscallParam") == 0 && strstr(chunk->what, "unaddressable"));
}

/* False: it is nothing that a rule is about. */
static bool judge(struct chunk *chunk) {
    struct checked_error *error = &chunk->error;
    bool freed = error->place == FFISAN_PLACE_FREED_BLOCK;
    if (is_access(chunk)) {
        bool write = strcmp(chunk->kind, "InvalidWrite") == 0;
        if (chunk->own || (chunk->reads_ahead && !write && !freed))
            return false;
        error->access = write ? ACCESS_WRITE : ACCESS_READ;
        error->rule = freed ? FFISAN_RULE_USE_AFTER_FREE : FFISAN_RULE_HEAP_OVERFLOW;
        error->only_known = !error->has_block;
    } else if (strcmp(chunk->kind, "InvalidFree") == 0) {
        error->rule = freed && error->block == error->address ? FFISAN_RULE_DOUBLE_FREE : FFISAN_RULE_INVALID_FREE;
    } else if (strcmp(chunk->kind, "MismatchedFree") == 0) {
        error->rule = FFISAN_RULE_MISMATCHED_DEALLOCATOR;
    } else if (strcmp(chunk->kind, "Leak_DefinitelyLost") == 0) {
        error->rule = FFISAN_RULE_LEAK;
    } else {
        return false;
    }
    return true;
}

static void keep_error(struct chunk *chunk) {
    struct checked_error *error = judge(chunk) ? checked_error_add(chunk->errors, NAME, chunk->error.pid) : NULL;
    if (!error)
        return;
    struct pool *pool = chunk->errors->pool;
    const char *checker = error->checker;
    *error = chunk->error;
    error->checker = checker;
    error->said = pool_clean(pool, chunk->what, POOL_CLEAN_ALL);
    for (unsigned role = 0; role < FFISAN_ROLES; role++) {
        if (!chunk->stacks[role].depth)
            continue;
        error->stacks[role] = pool_get(pool, sizeof(*error->stacks[role]));
        *error->stacks[role] = chunk->stacks[role];
    }
}

/* A line of ours: what this thread's errors since its last line belong to. */
static void keep_message(const struct chunk *chunk, size_t first) {
    for (size_t i = first; chunk->message && i < chunk->errors->count; i++) {
        struct checked_error *error = &chunk->errors->items[i];
        if (error->thread == chunk->error.thread && error->record == UINT64_MAX)
            error->record = chunk->error.record;
    }
}

static bool parse(struct chunk *chunk, const char *text, size_t size) {
    XML_Parser parser = XML_ParserCreate("UTF-8");
    if (!parser)
        return false;
    XML_SetUserData(parser, chunk);
    XML_SetElementHandler(parser, element_starts, element_ends);
    XML_SetCharacterDataHandler(parser, characters);
    bool sound = size < INT32_MAX && XML_Parse(parser, text, (int)size, 1) == XML_STATUS_OK;
    XML_ParserFree(parser);
    return sound;
}

static const char error_start[] = "<error>", error_end[] = "</error>", message_start[] = "<clientmsg>",
                  message_end[] = "</clientmsg>";

void valgrind_report_read(struct checked_errors *errors, const char *text, size_t size, int pid) {
    const char *end = text + size;
    size_t first = errors->count;
    while (text < end) {
        const char *error = memmem(text, (size_t)(end - text), error_start, strlen(error_start));
        size_t before = (size_t)((error ? error : end) - text);
        const char *message = memmem(text, before, message_start, strlen(message_start));
        const char *start = message ? message : error, *close = message ? message_end : error_end;
        const char *stop = start ? memmem(start, (size_t)(end - start), close, strlen(close)) : NULL;
        if (!stop)
            break;
        stop += strlen(close);
        struct chunk chunk = {.errors = errors, .role = FFISAN_ROLES, .error = {.pid = pid, .record = UINT64_MAX}};
        if (parse(&chunk, start, (size_t)(stop - start)) && message)
            keep_message(&chunk, first);
        else if (!message && chunk.kind[0])
            keep_error(&chunk);
        text = stop;
    }
    for (size_t i = first; i < errors->count; i++)
        if (errors->items[i].record == UINT64_MAX)
            errors->items[i].record = 0;
}
