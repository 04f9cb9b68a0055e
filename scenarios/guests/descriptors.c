/* SPDX-License-Identifier: Apache-2.0
 *
 * Nothing of the shim's stands in the table of descriptors: the first to be opened is 3. Then all are closed, and the planted bug
 * comes after that.
 */
#include <fcntl.h>

#include "guest.h"

int main(int argc, char **argv) {
    int first = open("/dev/null", O_RDONLY);
    printf("first %d\n", first);
    fflush(stdout);
    churn(1, 100);
    for (int i = 0; i < 4096; i++)
        close(i);
    churn(2, 100);
    maybe_double_free(argc, argv);
    return 42;
}
