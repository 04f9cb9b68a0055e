/* SPDX-License-Identifier: Apache-2.0
 *
 * A library that calls watched_library.c, built in several ways: bound when used, at once, without a PLT.
 */
#include "watched.h"

#include <string.h>

int watched_version_old(void);
__asm__(".symver watched_version_old, watched_version@OLD");

static int (*const table[])(int, int) = {watched_add};

static int (*address(void))(int, int) {
    return watched_add;
}

static int by_slot(int a, int b) {
    return watched_add(a, b) + 100;
}

static int pick(void) {
    return watched_pick() + 100;
}

static int version(void) {
    return watched_version() + 100;
}

static int old_version(void) {
    return watched_version_old() + 100;
}

static size_t length(const char *text) {
    return strlen(text) + 100;
}

const struct watched_user watched_user = {table, address, by_slot, pick, version, old_version, length};
