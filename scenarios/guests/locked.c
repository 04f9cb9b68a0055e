/* SPDX-License-Identifier: Apache-2.0
 *
 * Locks all its memory, present and future: whatever is mapped becomes resident at once.
 */
#include <sys/mman.h>
#include <sys/resource.h>

#include "guest.h"

int main(int argc, char **argv) {
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    setrlimit(RLIMIT_MEMLOCK, &limit);
    churn(1, 1000);
    int status = mlockall(MCL_CURRENT | MCL_FUTURE);
    for (unsigned i = 0; i < 20; i++)
        churn(i, 1000);
    maybe_double_free(argc, argv);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%d, %s\n", status, usage.ru_maxrss < 200 << 10 ? "modest" : "huge");
    return 0;
}
