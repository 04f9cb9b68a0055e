/* SPDX-License-Identifier: Apache-2.0
 *
 * Shell patterns, for names of executables and libraries: '*' is any text, '/' included; '?' is one character; '[a-z]' and
 * '[!a-z]' one of a set; '\' takes the next character as it is. fnmatch(3) would do, but it looks at the locale and may allocate.
 */
#ifndef FFISAN_CORE_GLOB_H
#define FFISAN_CORE_GLOB_H

#include "core/types.h"

/* Whether the whole of `text` matches the first `length` bytes of `pattern`. Pure; quadratic at worst. */
bool glob_match(const char *pattern, size_t length, const char *text);

#endif
