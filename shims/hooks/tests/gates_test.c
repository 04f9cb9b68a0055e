/* SPDX-License-Identifier: Apache-2.0
 *
 * Gates of each kind, called as a slot would call them: what a call takes and gives is the same as without the gate, and the hooks see
 * it. The functions behind them are in a library of their own (gate_subjects.c).
 */
#include "hooks/gates.h"

#include <dlfcn.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "abi/switch.h"
#include "core/confined.h"
#include "core/modules.h"
#include "core/thread.h"
#include "gate_subjects.h"
#include "hooks/hooks.h"

#define PAGE 4096u

int hooks_off;
int main(void);

static struct {
    int entered, left;
    uintptr_t function, cfa, ra, caller;
    uint64_t integer[6], result[2], on_stack;
    double vector[8];
    uint32_t busy;
} seen;

/* As much damage as a hook can do. */
static void spoil(void) {
    errno = 99;
    __asm__ volatile("pcmpeqd %%xmm0, %%xmm0\n movaps %%xmm0, %%xmm1\n movaps %%xmm0, %%xmm2\n movaps %%xmm0, %%xmm3\n"
                     "movaps %%xmm0, %%xmm4\n movaps %%xmm0, %%xmm5\n movaps %%xmm0, %%xmm6\n movaps %%xmm0, %%xmm7\n"
                     "movq $-1, %%rax\n movq %%rax, %%r10\n movq %%rax, %%rdx\n movq %%rax, %%r9"
                     :
                     :
                     : "rax", "rdx", "r9", "r10", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7");
}

static UNCHECKED_READS void note_enter(const struct gate *gate, const struct origin *origin, struct gate_registers *registers) {
    if (gate_function(gate) == (uintptr_t)subject_jumps) {
        spoil();
        return;
    }
    seen.entered++;
    seen.function = gate_function(gate);
    seen.caller = gates_caller(origin);
    seen.cfa = origin->cfa;
    seen.ra = origin->ra;
    seen.busy = self.busy;
    memcpy(seen.integer, registers->integer, sizeof seen.integer);
    for (int i = 0; i < 8; i++)
        seen.vector[i] = registers->vector[i][0];
    seen.on_stack = *(const uint64_t *)origin->cfa;
    spoil();
}

static void note_leave(const struct gate *gate, uintptr_t cfa, uint64_t result[2]) {
    if (gate_function(gate) == (uintptr_t)subject_jumps)
        return;
    seen.left++;
    assert_int_equal(gate_function(gate), seen.function);
    assert_int_equal(cfa, seen.cfa);
    memcpy(seen.result, result, sizeof seen.result);
    spoil();
}

static int64_t ours(int64_t value) {
    int64_t (*real)(int64_t) = (int64_t(*)(int64_t))gate_real();
    return real(value * 100);
}

static const char *const names[] = {
    "subject_integers", "subject_doubles", "subject_many",  "subject_variadic",     "subject_large", "subject_makes_large",
    "subject_pair",     "subject_two",     "subject_long",  "subject_long_complex", "subject_chain", "subject_complex",
    "subject_errno",    "subject_plain",   "plugin_answer", "subject_huge",         "subject_jumps", NULL};
static const struct gate_hooks through = {note_enter, note_leave}, enter_only = {note_enter, NULL};
static const uintptr_t replacements[] = {[13] = (uintptr_t)ours};

/* One plan at a time is in force. */
static enum kind { CALL_THROUGH, ENTER_ONLY, REPLACED } kind;
static bool want_through(const char *name, const struct module *caller, const struct module *definer) {
    (void)name;
    (void)caller;
    assert_non_null(definer);
    return kind == CALL_THROUGH;
}
static bool want_enter_only(const char *name, const struct module *caller, const struct module *definer) {
    (void)name;
    (void)caller;
    (void)definer;
    return kind == ENTER_ONLY;
}
static bool want_replaced(const char *name, const struct module *caller, const struct module *definer) {
    (void)caller;
    (void)definer;
    return kind == REPLACED && strcmp(name, "subject_plain") == 0;
}
static const struct gate_plan plans[] = {
    {.names = names, .wants = want_through, .hooks = &through},
    {.names = names, .wants = want_enter_only, .hooks = &enter_only},
    {.names = names, .wants = want_replaced, .replacements = replacements},
};

/* What a slot that leads to the function would hold. */
#define GATE(function) ((__typeof__(&(function)))gates_stand_in(#function, (uintptr_t) & (function), NULL, GATE_CALLED))

static int set_up(void **state) {
    (void)state;
    memset(&seen, 0, sizeof seen);
    errno = 0;
    return 0;
}

static int through_gates(void **state) {
    kind = CALL_THROUGH;
    return set_up(state);
}

static int enter_gates(void **state) {
    kind = ENTER_ONLY;
    return set_up(state);
}

static int replaced_gates(void **state) {
    kind = REPLACED;
    return set_up(state);
}

static void check_seen(uintptr_t function) {
    assert_int_equal(seen.entered, 1);
    assert_int_equal(seen.left, kind == CALL_THROUGH);
    assert_int_equal(seen.function, function);
    assert_int_equal(seen.busy, 1);
    assert_int_equal(self.busy, 0);
    memset(&seen, 0, sizeof seen);
}

static void integers_arrive(void **state) {
    (void)state;
    assert_int_equal(GATE(subject_integers)(1, 2, 3, 4, 5, 6, 7, 8, 9), 285);
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(seen.integer[i], i + 1);
    assert_int_equal(seen.on_stack, 7);
    check_seen((uintptr_t)subject_integers);
}

static void doubles_arrive(void **state) {
    (void)state;
    assert_true(GATE(subject_doubles)(1, 2, 3, 4, 5, 6, 7, 8, 9) == 285);
    for (int i = 0; i < 8; i++)
        assert_true(seen.vector[i] == i + 1);
    check_seen((uintptr_t)subject_doubles);
}

static void many_arguments_arrive(void **state) {
    (void)state;
    assert_int_equal(GATE(subject_many)(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22), 3795);
    check_seen((uintptr_t)subject_many);
}

static void variadic_calls_arrive(void **state) {
    (void)state;
    assert_true(GATE(subject_variadic)(3, 1, 2.5, 3) == 6.5);
    check_seen((uintptr_t)subject_variadic);
    assert_true(GATE(subject_variadic)(20, 1, 1.5, 1, 1.5, 1, 1.5, 1, 1.5, 1, 1.5, 1, 1.5, 1, 1.5, 1, 1.5, 1, 1.5, 1, 1.5) == 25);
    check_seen((uintptr_t)subject_variadic);
    assert_true(GATE(subject_variadic)(0) == 0);
    check_seen((uintptr_t)subject_variadic);
}

static void structs_pass_by_value(void **state) {
    (void)state;
    struct large large = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}};
    assert_int_equal(GATE(subject_large)(large, 2), 1300);
    check_seen((uintptr_t)subject_large);
    struct huge huge;
    for (int i = 0; i < 200; i++)
        huge.words[i] = i;
    for (int i = 0; i < 2; i++) { /* when nothing is known of the caller, and when it is */
        assert_int_equal(GATE(subject_huge)(huge, 2), 39800);
        check_seen((uintptr_t)subject_huge);
    }
    struct large made = GATE(subject_makes_large)(40);
    assert_int_equal(made.words[11], 51);
    check_seen((uintptr_t)subject_makes_large);
}

static void results_come_back(void **state) {
    (void)state;
    struct pair pair = GATE(subject_pair)(4, 1.5);
    assert_int_equal(pair.first, 8);
    assert_true(pair.second == 4.5);
    check_seen((uintptr_t)subject_pair);
    struct two two = GATE(subject_two)(4, -7);
    assert_int_equal(two.first, -7);
    assert_int_equal(two.second, 4);
    if (kind == CALL_THROUGH) {
        assert_int_equal(seen.result[0], -7);
        assert_int_equal(seen.result[1], 4);
    }
    check_seen((uintptr_t)subject_two);
    assert_true(GATE(subject_complex)(1 + 2 * I) == 2 + 4 * I);
    check_seen((uintptr_t)subject_complex);
}

static void x87_results_come_back(void **state) {
    (void)state;
    assert_true(GATE(subject_long)(2.5L) == 3.5L);
    check_seen((uintptr_t)subject_long);
    assert_true(GATE(subject_long_complex)(1.0L + 2.0L * I) == 2.0L + 2.0L * I);
    check_seen((uintptr_t)subject_long_complex);
}

static void the_static_chain_arrives(void **state) {
    (void)state;
    uintptr_t (*gate)(void) = GATE(subject_chain), answer;
    __asm__ volatile("movq $4711, %%r10\n call *%1"
                     : "=a"(answer)
                     : "r"(gate)
                     : "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory", "cc");
    assert_int_equal(answer, 4711);
    check_seen((uintptr_t)subject_chain);
}

static void errno_is_the_functions_own(void **state) {
    (void)state;
    errno = 5;
    assert_int_equal(GATE(subject_errno)(7), 5);
    assert_int_equal(errno, 7);
    check_seen((uintptr_t)subject_errno);
}

/* That it returns into the gate is nobody's business. */
static void who_is_jumped_to_was_called_by_the_gates_caller(void **state) {
    (void)state;
    assert_int_equal(GATE(subject_jumps)((int64_t(*)(int64_t))GATE(subject_plain), 4), 5);
    assert_ptr_equal(module_at(seen.caller - 1), module_at((uintptr_t)main));
    assert_false(gates_between(&(struct origin){.ra = seen.caller}));
    assert_true(kind != CALL_THROUGH || gates_between(&(struct origin){.ra = seen.ra}));
    check_seen((uintptr_t)subject_plain);
}

static void a_gate_is_one_for_all(void **state) {
    (void)state;
    uintptr_t gate = (uintptr_t)GATE(subject_plain);
    assert_int_not_equal(gate, (uintptr_t)subject_plain);
    assert_int_equal(gates_stand_in("subject_plain", (uintptr_t)subject_plain, NULL, GATE_LOOKED_UP), gate);
    assert_int_equal(gates_behind(gate), (uintptr_t)subject_plain);
    assert_int_equal(gates_behind((uintptr_t)subject_plain), (uintptr_t)subject_plain);
    assert_int_equal(gates_stand_in("subject_plain", gate, NULL, GATE_CALLED), gate);
}

static void who_brings_too_much_goes_straight_on(void **state) {
    (void)state;
    uintptr_t gate = (uintptr_t)GATE(subject_plain), real = (uintptr_t)subject_plain;
    assert_int_equal(gates_with_room(gate, STACK_MOST), gate);
    assert_int_equal(gates_with_room(gate, STACK_MOST + 8), kind == CALL_THROUGH ? real : gate);
    assert_int_equal(gates_with_room(real, STACK_MOST + 8), real);
}

static void who_is_at_work_is_not_watched(void **state) {
    (void)state;
    self.busy++;
    int64_t inside = GATE(subject_plain)(1);
    self.busy--;
    assert_int_equal(inside, 2);
    hooks_off = 1;
    int64_t off = GATE(subject_plain)(1);
    hooks_off = 0;
    assert_int_equal(off, 2);
    assert_int_equal(seen.entered, 0);
}

static void replacements_know_whom_they_stand_for(void **state) {
    (void)state;
    assert_int_equal(GATE(subject_plain)(2), 201);
}

/* Calls the function at rdi, which takes 41; nobody can know how large its frame is. */
int64_t bare_call(int64_t (*function)(int64_t));
__asm__(".text\n.type bare_call, @function\nbare_call: subq $8, %rsp\nmovq %rdi, %rax\nmovl $41, %edi\ncall *%rax\n"
        "addq $8, %rsp\nret\n.size bare_call, . - bare_call");

/* On a stack that ends where the first argument on the stack would begin, or a little behind it. */
static struct {
    int64_t (*gate)(int64_t value);
    int64_t answer;
} at_the_end;

static void call_at_the_end(void *bare) {
    at_the_end.answer = bare ? bare_call(at_the_end.gate) : at_the_end.gate(41);
}

static void a_stack_may_end_behind_the_arguments(void **state) {
    (void)state;
    char *stack = mmap(NULL, 17 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(stack, MAP_FAILED);
    assert_int_equal(mprotect(stack, 16 * PAGE, PROT_READ | PROT_WRITE), 0);
    at_the_end.gate = GATE(subject_plain);
    for (unsigned rest = 0; rest <= 320; rest += 16) {
        abi_call_on_stack(stack + 16 * PAGE - rest / 32 * 16, call_at_the_end, rest % 32 ? stack : NULL);
        assert_int_equal(at_the_end.answer, 42);
        assert_true(seen.cfa > (uintptr_t)stack && seen.cfa <= (uintptr_t)stack + 16 * PAGE);
        check_seen((uintptr_t)subject_plain);
    }
    munmap(stack, 17 * PAGE);
}

/* A confined process cannot be asked whether the next page is there: the call goes on unseen. */
static void a_confined_process_is_not_asked(void **state) {
    (void)state;
    char *stack = mmap(NULL, 17 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(stack, MAP_FAILED);
    assert_int_equal(mprotect(stack, 16 * PAGE, PROT_READ | PROT_WRITE), 0);
    at_the_end.gate = GATE(subject_plain);
    confinement = CONFINED_SURELY;
    at_the_end.answer = 0;
    abi_call_on_stack(stack + 16 * PAGE, call_at_the_end, stack);
    int64_t answer = at_the_end.answer;
    int entered = seen.entered;
    abi_call_on_stack(stack + 16 * PAGE - 512, call_at_the_end, stack);
    confinement = CONFINED_NOT;
    assert_int_equal(answer, 42);
    assert_int_equal(entered, 0);
    assert_int_equal(at_the_end.answer, 42);
    check_seen((uintptr_t)subject_plain);
    munmap(stack, 17 * PAGE);
}

static void data_and_what_is_nobodys_have_no_gate(void **state) {
    (void)state;
    static int data;
    assert_int_equal(gates_stand_in("subject_plain", (uintptr_t)&data, NULL, GATE_CALLED), (uintptr_t)&data);
    assert_int_equal(gates_stand_in("subject_none", (uintptr_t)subject_plain, NULL, GATE_CALLED), (uintptr_t)subject_plain);
    assert_int_equal(gates_stand_in("subject_plain", 64, NULL, GATE_CALLED), 64);
    assert_true(gates_name("subject_plain"));
    assert_false(gates_name("subject_none"));
    assert_false(gates_name(""));
}

static void patch_nothing(struct module *module) {
    (void)module;
}

static void tell_nobody(bool unloaded) {
    (void)unloaded;
}

static void *open_plugin(int number) {
    char path[4096];
    snprintf(path, sizeof path, "%s/libgate_plugin%d.so", PLUGINS, number);
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    assert_non_null(handle);
    modules_refresh(false, patch_nothing, tell_nobody);
    return handle;
}

/* The loader puts the second where the first has been. */
static void what_comes_to_the_same_address_has_another_gate(void **state) {
    (void)state;
    void *first = open_plugin(1);
    uintptr_t address = (uintptr_t)dlsym(first, "plugin_answer");
    uintptr_t gate = gates_stand_in("plugin_answer", address, NULL, GATE_LOOKED_UP);
    assert_int_not_equal(gate, address);
    assert_int_equal(((int (*)(void))gate)(), 1);
    dlclose(first);
    void *second = open_plugin(2);
    bool same_place = (uintptr_t)dlsym(second, "plugin_answer") == address;
    uintptr_t other = gates_stand_in("plugin_answer", (uintptr_t)dlsym(second, "plugin_answer"), NULL, GATE_LOOKED_UP);
    int answer = ((int (*)(void))other)();
    dlclose(second);
    assert_int_equal(answer, 2);
    assert_int_not_equal(other, gate);
    if (!same_place)
        skip();
}

#define IN(kind, test) cmocka_unit_test_setup(test, kind##_gates)

int main(void) {
    for (unsigned i = 0; i < sizeof plans / sizeof *plans; i++)
        gates_register(&plans[i]);
    modules_refresh(true, patch_nothing, tell_nobody);
    const struct CMUnitTest call_through[] = {
        IN(through, integers_arrive),
        IN(through, doubles_arrive),
        IN(through, many_arguments_arrive),
        IN(through, variadic_calls_arrive),
        IN(through, structs_pass_by_value),
        IN(through, results_come_back),
        IN(through, x87_results_come_back),
        IN(through, the_static_chain_arrives),
        IN(through, errno_is_the_functions_own),
        IN(through, who_is_jumped_to_was_called_by_the_gates_caller),
        IN(through, a_gate_is_one_for_all),
        IN(through, who_brings_too_much_goes_straight_on),
        IN(through, who_is_at_work_is_not_watched),
        IN(through, a_stack_may_end_behind_the_arguments),
        IN(through, a_confined_process_is_not_asked),
        IN(through, what_comes_to_the_same_address_has_another_gate),
        IN(through, data_and_what_is_nobodys_have_no_gate),
    };
    const struct CMUnitTest enter[] = {
        IN(enter, integers_arrive),
        IN(enter, doubles_arrive),
        IN(enter, many_arguments_arrive),
        IN(enter, variadic_calls_arrive),
        IN(enter, structs_pass_by_value),
        IN(enter, results_come_back),
        IN(enter, x87_results_come_back),
        IN(enter, the_static_chain_arrives),
        IN(enter, errno_is_the_functions_own),
        IN(enter, who_is_jumped_to_was_called_by_the_gates_caller),
        IN(enter, a_gate_is_one_for_all),
        IN(enter, who_brings_too_much_goes_straight_on),
        IN(enter, who_is_at_work_is_not_watched),
        IN(enter, a_stack_may_end_behind_the_arguments),
    };
    const struct CMUnitTest replaced[] = {
        IN(replaced, replacements_know_whom_they_stand_for),
        IN(replaced, a_gate_is_one_for_all),
        IN(replaced, who_brings_too_much_goes_straight_on),
        IN(replaced, who_is_at_work_is_not_watched),
    };
    return cmocka_run_group_tests(call_through, NULL, NULL) + cmocka_run_group_tests(enter, NULL, NULL) +
           cmocka_run_group_tests(replaced, NULL, NULL);
}
