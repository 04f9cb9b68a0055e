/* SPDX-License-Identifier: Apache-2.0 */
#undef NDEBUG
#include <assert.h>
#include <stdio.h>

static int percent_of(int part, int whole) {
    assert(whole != 0);
    return 100 * part / whole;
}

int main(void) {
    printf("%d\n", percent_of(1, 4));
    fflush(stdout);
    printf("%d\n", percent_of(0, 0));
    return 0;
}
