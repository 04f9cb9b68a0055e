/* SPDX-License-Identifier: Apache-2.0 */
#include "core/confined.h"

#include <time.h>

uint32_t confinement;

static uint64_t last_ns;

uint64_t clock_ns(void) {
    struct timespec now = {0};
    if (confined())
        return __atomic_load_n(&last_ns, __ATOMIC_RELAXED);
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    __atomic_store_n(&last_ns, ns, __ATOMIC_RELAXED);
    return ns;
}
