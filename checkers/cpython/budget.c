/* SPDX-License-Identifier: Apache-2.0
 *
 * The purse that all looks through the heap are paid from. Several threads may hold a GIL of their own: its words are atomic.
 */
#include "cpython/budget.h"

#include <string.h>
#include <time.h>

#include "core/options.h"
#include "core/records.h"
#include "core/types.h"

#define LEAST      300000000u /* ns that every process may spend */
#define BY_DEFAULT 2u         /* percent */
#define WITH_ALL   10u
#define WHATS      8u

static uint64_t began, spent; /* atomic */
static const char *noted[WHATS];

uint64_t budget_clock(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void budget_start(void) {
    __atomic_store_n(&began, budget_clock(), __ATOMIC_RELAXED);
    __atomic_store_n(&spent, 0, __ATOMIC_RELAXED);
    memset(noted, 0, sizeof noted);
}

static unsigned percent(void) {
    if (options.scan_budget)
        return options.scan_budget;
    return strstr(options.rules, "all") ? WITH_ALL : BY_DEFAULT;
}

static uint64_t allowed(void) {
    uint64_t share = (budget_clock() - __atomic_load_n(&began, __ATOMIC_RELAXED)) / 100 * percent();
    return share < LEAST ? LEAST : share;
}

/* Once for each `what`; the report says that the rest was left out. */
static RARE void left_out(const char *what) {
    for (unsigned i = 0; i < WHATS; i++) {
        const char *none = NULL;
        if (__atomic_compare_exchange_n(&noted[i], &none, what, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
            record_note(FFISAN_NOTE_SCAN_BUDGET, what);
            return;
        }
        if (strcmp(none, what) == 0)
            return;
    }
}

bool budget_allows(uint64_t ns, const char *what) {
    if (LIKELY(__atomic_load_n(&spent, __ATOMIC_RELAXED) + ns <= allowed()))
        return true;
    left_out(what);
    return false;
}

void budget_spend(uint64_t ns) {
    __atomic_fetch_add(&spent, ns, __ATOMIC_RELAXED);
}

uint64_t budget_spent(void) {
    return __atomic_load_n(&spent, __ATOMIC_RELAXED);
}

unsigned budget_used(void) {
    uint64_t used = __atomic_load_n(&spent, __ATOMIC_RELAXED) / (allowed() / 100);
    return used < 100 ? (unsigned)used : 100;
}
