/* SPDX-License-Identifier: Apache-2.0
 *
 * What a gate costs: a call of a function that does nearly nothing, in nanoseconds (the best of several runs): plain, through a gate of
 * each kind with empty hooks, and with crossings kept.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/crossings.h"
#include "core/modules.h"
#include "gate_subjects.h"
#include "hooks/gates.h"

enum { ROUNDS = 9, CALLS = 4000000 };

int hooks_off;
static volatile int64_t sink;

static void enter(const struct gate *gate, const struct origin *origin, struct gate_registers *registers) {
    (void)gate;
    (void)origin;
    (void)registers;
}

static void leave(const struct gate *gate, uintptr_t cfa, uint64_t result[2]) {
    (void)gate;
    (void)cfa;
    (void)result;
}

static void cross(const struct gate *gate, const struct origin *origin, struct gate_registers *registers) {
    (void)registers;
    crossing_enter(origin, gate_function(gate), NULL, NULL, place_here());
}

static void come_back(const struct gate *gate, uintptr_t cfa, uint64_t result[2]) {
    (void)gate;
    (void)result;
    crossing_leave(cfa);
}

static int64_t stand_in(int64_t value) {
    return ((int64_t(*)(int64_t))gate_real())(value);
}

static const char *const names[] = {"subject_plain", NULL};
static const uintptr_t replacements[] = {(uintptr_t)stand_in};
static const struct gate_hooks enter_only = {enter, NULL}, through = {enter, leave}, crossing = {cross, come_back};

#define KINDS 4
static unsigned kind;
#define WANTS(n)                                                                                                                 \
    static bool wants_##n(const char *name, const struct module *caller, const struct module *definer) {                         \
        (void)name;                                                                                                              \
        (void)caller;                                                                                                            \
        (void)definer;                                                                                                           \
        return kind == (n);                                                                                                      \
    }
WANTS(0)
WANTS(1)
WANTS(2)
WANTS(3)
static const struct gate_plan plans[KINDS] = {{.names = names, .wants = wants_0, .hooks = &enter_only},
                                              {.names = names, .wants = wants_1, .hooks = &through},
                                              {.names = names, .wants = wants_2, .hooks = &crossing},
                                              {.names = names, .wants = wants_3, .replacements = replacements}};
static const char *const texts[KINDS] = {"enter-only", "call-through", "call-through, crossings", "replaced"};

static double nanoseconds(int64_t (*function)(int64_t)) {
    int64_t (*volatile call)(int64_t) = function;
    double best = 1e9;
    for (int round = 0; round < ROUNDS; round++) {
        struct timespec start, end;
        clock_gettime(CLOCK_MONOTONIC, &start);
        for (int i = 0; i < CALLS; i++)
            sink = call(i);
        clock_gettime(CLOCK_MONOTONIC, &end);
        double took = ((double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec)) / CALLS;
        best = took < best ? took : best;
    }
    return best;
}

/* From a frame of which more has to be copied. */
static int64_t (*volatile from_afar)(int64_t);
static __attribute__((noinline)) int64_t large_frame(int64_t value) {
    volatile char room[400];
    room[value & 63] = 1;
    return from_afar(value) + room[value & 63];
}

static void patch_nothing(struct module *module) {
    (void)module;
}

static void tell_nobody(bool unloaded) {
    (void)unloaded;
}

int main(void) {
    for (unsigned i = 0; i < KINDS; i++)
        gates_register(&plans[i]);
    modules_refresh(true, patch_nothing, tell_nobody);
    printf("%-24s %6.1f\n", "plain", nanoseconds(subject_plain));
    for (kind = 0; kind < KINDS; kind++)
        printf("%-24s %6.1f\n", texts[kind],
               nanoseconds((int64_t(*)(int64_t))gates_stand_in(names[0], (uintptr_t)subject_plain, NULL, GATE_CALLED)));
    kind = 1;
    from_afar = (int64_t(*)(int64_t))gates_stand_in(names[0], (uintptr_t)subject_plain, NULL, GATE_CALLED);
    printf("%-24s %6.1f\n", "call-through, 400 bytes", nanoseconds(large_frame));
    return 0;
}
