/* SPDX-License-Identifier: Apache-2.0
 *
 * A program that is not position-independent and takes the addresses of other libraries' functions: they are places in itself.
 */
#include <stdlib.h>
#include <zlib.h>

void *volatile taken[2];
int main(void) {
    taken[0] = (void *)qsort;
    taken[1] = (void *)crc32;
    return 0;
}
