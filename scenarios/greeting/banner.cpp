/* SPDX-License-Identifier: Apache-2.0 */
#include "greeting.h"

#include <cstdio>
#include <cstring>

char *greeting_banner(const char *name) {
    const std::size_t size = std::strlen(name) + sizeof("*** hello,  ***");
    char *text = new char[size];
    std::snprintf(text, size, "*** hello, %s ***", name);
    return text;
}

void greeting_banner_free(char *text) {
    delete[] text;
}
