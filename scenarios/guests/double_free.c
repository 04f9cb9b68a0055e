/* SPDX-License-Identifier: Apache-2.0
 *
 * The planted bug and nothing else; with "follow" before it, whether the variables of the shim came along.
 */
#include "guest.h"

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "follow") == 0)
        printf("%s %s\n", getenv("LD_PRELOAD") ? "preload" : "none", getenv("FFISAN_OPTIONS") ? "options" : "none");
    maybe_double_free(argc, argv);
    puts("here");
    return 4;
}
