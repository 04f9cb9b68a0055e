/* SPDX-License-Identifier: Apache-2.0 */
#include "rust_names.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "pool.h"

#define HASH_LENGTH 19u /* "::h" and 16 digits */

static const struct {
    const char *escape;
    char character;
} escapes[] = {{"$SP$", '@'}, {"$BP$", '*'}, {"$RF$", '&'}, {"$LT$", '<'},
               {"$GT$", '>'}, {"$LP$", '('}, {"$RP$", ')'}, {"$C$", ','}};
#define ESCAPES (sizeof(escapes) / sizeof(escapes[0]))

static size_t length_without_hash(const char *name) {
    size_t length = strlen(name);
    const char *hash = length > HASH_LENGTH ? name + length - HASH_LENGTH : NULL;
    bool is_hash = hash && strncmp(hash, "::h", 3) == 0 && strspn(hash + 3, "0123456789abcdef") == HASH_LENGTH - 3;
    return is_hash ? length - HASH_LENGTH : 0;
}

/* "$u7b$": a character by its number, of ASCII; others stay as they are. */
static size_t numbered(const char *at, char *to) {
    char *end = NULL;
    unsigned long number = strncmp(at, "$u", 2) == 0 ? strtoul(at + 2, &end, 16) : 0;
    if (!end || *end != '$' || number < ' ' || number > '~')
        return 0;
    *to = (char)number;
    return (size_t)(end + 1 - at);
}

/* How long the escape at `at` is, and what it stands for; 0: there is none. */
static size_t escaped(const char *at, char *to) {
    for (size_t i = 0; i < ESCAPES; i++) {
        size_t length = strlen(escapes[i].escape);
        if (strncmp(at, escapes[i].escape, length) == 0) {
            *to = escapes[i].character;
            return length;
        }
    }
    return numbered(at, to);
}

/* An identifier cannot begin with '$': then it has '_' in front. */
static bool is_filler(const char *name, const char *at) {
    return at[0] == '_' && at[1] == '$' && (at == name || at[-1] == ':');
}

const char *rust_name(struct pool *pool, const char *demangled) {
    size_t length = length_without_hash(demangled);
    if (!length)
        return NULL;
    char *name = pool_get(pool, length + 1), *to = name;
    for (const char *at = demangled; at < demangled + length;) {
        size_t taken = is_filler(demangled, at) ? 1 : escaped(at, to);
        if (taken) {
            to += !is_filler(demangled, at);
            at += taken;
        } else if (strncmp(at, "..", 2) == 0) {
            *to++ = ':';
            *to++ = ':';
            at += 2;
        } else {
            *to++ = *at++;
        }
    }
    return name;
}
