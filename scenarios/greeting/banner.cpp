/* SPDX-License-Identifier: Apache-2.0 */
#include "greeting.h"

#include <cstdio>
#include <cstring>
#include <stdexcept>

char *greeting_banner(const char *name) {
    const std::size_t size = std::strlen(name) + sizeof("*** hello,  ***");
    char *text = new char[size];
    std::snprintf(text, size, "*** hello, %s ***", name);
    return text;
}

char *greeting_banner_in(const char *name, int width) {
    if (static_cast<int>(std::strlen(name)) > width)
        throw std::length_error("the name is wider than the banner");
    return greeting_banner(name);
}

void greeting_banner_free(char *text) {
    delete[] text;
}
