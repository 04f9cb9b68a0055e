/* SPDX-License-Identifier: Apache-2.0 */
#include "near.h"

#include <string.h>

static size_t least(size_t a, size_t b, size_t c) {
    size_t smaller = a < b ? a : b;
    return smaller < c ? smaller : c;
}

size_t near_distance(const char *a, const char *b) {
    size_t length = strlen(b), row[NEAR_LONGEST + 1];
    if (strlen(a) > NEAR_LONGEST || length > NEAR_LONGEST)
        return NEAR_LONGEST;
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < length; j++) {
            size_t here = least(diagonal + (a[i] != b[j]), row[j] + 1, row[j + 1] + 1);
            diagonal = row[j + 1];
            row[j + 1] = here;
        }
    }
    return row[length];
}
