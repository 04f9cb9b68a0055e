/* SPDX-License-Identifier: Apache-2.0
 *
 * Copies standard input to standard output, and its complement to standard error, byte for byte.
 */
#include "guest.h"

static void put(int to, const unsigned char *bytes, size_t count) {
    while (count) {
        ssize_t done = write(to, bytes, count);
        MUST(done > 0);
        bytes += done;
        count -= (size_t)done;
    }
}

int main(void) {
    ssize_t got;
    do {
        unsigned char *buffer = malloc(30000);
        got = read(0, buffer, 30000);
        if (got > 0)
            put(1, buffer, (size_t)got);
        for (ssize_t i = 0; i < got; i++)
            buffer[i] = (unsigned char)~buffer[i];
        if (got > 0)
            put(2, buffer, (size_t)got);
        free(buffer);
    } while (got > 0);
    return 0;
}
