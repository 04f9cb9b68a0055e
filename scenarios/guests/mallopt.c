/* SPDX-License-Identifier: Apache-2.0
 *
 * Users of glibc's own interface to its allocator, and of what MALLOC_PERTURB_ writes.
 */
#include <malloc.h>

#include "guest.h"

int main(void) {
    unsigned char *volatile fresh = malloc(1000);
    if (getenv("MALLOC_PERTURB_"))
        printf("perturbed: %02x %02x\n", fresh[100], fresh[999]);
    free(fresh);
    MUST(mallopt(M_MMAP_THRESHOLD, 100000) == 1 && mallopt(M_TRIM_THRESHOLD, 50000) == 1 && mallopt(M_ARENA_MAX, 2) == 1);
    churn(1, 500);
    void *large = malloc(150000);
    struct mallinfo2 information = mallinfo2();
    MUST(information.hblks >= 1 && information.hblkhd >= 150000);
    free(large);
    MUST(mallinfo2().hblks == information.hblks - 1);
    char *blocks[1000];
    for (size_t i = 0; i < 1000; i++)
        blocks[i] = malloc(1000);
    MUST(mallinfo2().uordblks > 1000000);
    for (size_t i = 0; i < 1000; i++)
        free(blocks[i]);
    malloc_trim(0);
    mallopt(M_PERTURB, 0x5a);
    fresh = malloc(2000);
    printf("%02x\n", fresh[1999]);
    free(fresh);
    FILE *file = fopen("/dev/null", "w");
    MUST(file && malloc_info(0, file) == 0);
    fclose(file);
    return 0;
}
