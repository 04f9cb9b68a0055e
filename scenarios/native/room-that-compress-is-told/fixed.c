/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static unsigned long pack(unsigned char *room, size_t size, const char *text) {
    unsigned long packed = size;
    int status = compress(room, &packed, (const unsigned char *)text, strlen(text) + 1);
    return status == Z_OK ? packed : 0;
}

int main(void) {
    size_t size = 40;
    unsigned char *room = malloc(size);
    printf("%lu\n", pack(room, size, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
    free(room);
    return 0;
}
