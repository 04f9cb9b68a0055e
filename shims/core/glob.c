/* SPDX-License-Identifier: Apache-2.0
 *
 * Matching of shell patterns. On a mismatch only the last '*' is tried again, one character further on: an earlier one could not
 * do better.
 */
#include "core/glob.h"

/* A set, whose '[' stands at `at`: answers what is behind its ']', NULL when it has none ('[' is then a character like any
 * other). */
static const char *match_set(const char *at, const char *end, char character, bool *matches) {
    bool inverted = ++at < end && (*at == '!' || *at == '^');
    const char *first = at += inverted;
    bool found = false;
    while (at < end && (*at != ']' || at == first)) {
        bool range = end - at > 2 && at[1] == '-' && at[2] != ']';
        char last = range ? at[2] : at[0];
        found |= at[0] <= character && character <= last;
        at += range ? 3 : 1;
    }
    *matches = found != inverted;
    return at < end ? at + 1 : NULL;
}

/* One element of the pattern (not '*') against one character: what is behind the element, NULL when they do not match. */
static const char *match_one(const char *at, const char *end, char character) {
    bool matches = false;
    const char *behind = *at == '[' ? match_set(at, end, character, &matches) : NULL;
    if (behind)
        return matches ? behind : NULL;
    if (*at == '?')
        return at + 1;
    if (*at == '\\' && at + 1 < end)
        at++;
    return *at == character ? at + 1 : NULL;
}

bool glob_match(const char *pattern, size_t length, const char *text) {
    const char *end = pattern + length;
    const char *behind_star = NULL, *resume = NULL;
    while (*text) {
        if (pattern < end && *pattern == '*') {
            behind_star = ++pattern;
            resume = text;
            continue;
        }
        const char *next = pattern < end ? match_one(pattern, end, *text) : NULL;
        if (next) {
            pattern = next;
            text++;
        } else if (behind_star) {
            pattern = behind_star;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (pattern < end && *pattern == '*')
        pattern++;
    return pattern == end;
}
