/* SPDX-License-Identifier: Apache-2.0 */
#include "core/latch.h"

#include <sched.h>

#include "core/confined.h"
#include "core/thread.h"

#define SPINS       64u
#define YIELDS_MOST 200000u /* about as many microseconds at the least */

static bool try(struct latch *latch) {
    uintptr_t none = 0;
    return __atomic_compare_exchange_n(&latch->holder, &none, (uintptr_t)&self, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static RARE bool wait(struct latch *latch) {
    for (uint32_t i = 0; i < SPINS + YIELDS_MOST; i++) {
        if (try(latch))
            return true;
        if (i < SPINS || confined())
            __builtin_ia32_pause();
        else
            sched_yield();
    }
    __atomic_store_n(&latch->broken, true, __ATOMIC_RELEASE);
    return false;
}

bool latch_take(struct latch *latch) {
    if (UNLIKELY(__atomic_load_n(&latch->broken, __ATOMIC_RELAXED)))
        return false;
    return LIKELY(try(latch)) || wait(latch);
}

void latch_give(struct latch *latch) {
    __atomic_store_n(&latch->holder, 0, __ATOMIC_RELEASE);
}

bool latch_is_own(const struct latch *latch) {
    return latch->holder == (uintptr_t)&self;
}

bool latch_forked(struct latch *latch) {
    if (!latch->holder || latch_is_own(latch))
        return false;
    *latch = (struct latch){0};
    return true;
}
