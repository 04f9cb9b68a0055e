/* SPDX-License-Identifier: Apache-2.0
 *
 * foreign-unwind: a longjmp or an exception that leaves a foreign call, or a callback, over the heads of who made it. Nothing is stopped or
 * changed: it is seen where it starts (longjmp, _Unwind_RaiseException), and of an exception also where it ends.
 *
 *   longjmp    leads to where the stack was at setjmp, which stands in the jump buffer
 *   exception  caught: __cxa_begin_catch is called from a frame further out than the call;
 *              not caught: _Unwind_RaiseException comes back, which is the end of most programs
 *
 * Silent when who made the call catches what leaves it, as bindings do that translate exceptions; on threads that are cancelled or exit,
 * whose unwinding is forced and goes neither way; where the stack is not the thread's own (coroutines jump between stacks); and where it is
 * not certain that the exception could have got as far as the call. A call that native code makes of its own, and that somebody watches, is
 * no foreign call in this sense: C++ programs throw through C libraries as they like.
 */
#include <string.h>

#include "contract/registered.h"
#include "core/crossings.h"
#include "core/findings.h"
#include "core/modules.h"
#include "core/options.h"
#include "core/stack.h"
#include "core/thread.h"
#include "core/unwind.h"
#include "ffisan/record.h"
#include "hooks/gates.h"
#include "hooks/hooks.h"

#define FRAMES_MOST 256u

/* A crossing as it was while it was open. */
struct left {
    uintptr_t cfa, ra, function;
    bool up;
};

/* The exception under way on this thread: the last one that was thrown while a foreign call was open. */
static _Thread_local struct thrown {
    uintptr_t exception; /* 0: none */
    struct origin origin;
    struct left left;
    site_id site;
    uint32_t line;
} thrown __attribute__((tls_model("initial-exec")));

/* ---- what is left ---------------------------------------------------------------------------------------------------------- */

static bool is_foreign(const struct crossing *crossing) {
    const struct module *caller = module_at(crossing->ra);
    return crossing->call || crossing->callback || !caller || (caller->kind & MODULE_RUNTIME);
}

static bool take_foreign(const struct crossing *crossing, void *context) {
    struct left *left = context;
    if (!is_foreign(crossing))
        return true;
    *left = (struct left){crossing->cfa, crossing->ra, crossing->function, crossing->callback != NULL};
    return false;
}

/* The innermost foreign call or callback around here. */
static bool find_left(uintptr_t stack_pointer, struct left *left) {
    *left = (struct left){0};
    if (rule_on(FFISAN_RULE_FOREIGN_UNWIND) && self.boundary && self.boundary->open_count)
        crossings_each(stack_pointer, take_foreign, left);
    return left->cfa != 0;
}

/* Who called catches: what happens between the two is the caller's own affair. Around a callback there is somebody else's code. */
static bool is_callers_own(const struct left *left, uintptr_t catcher) {
    const struct module *module = module_at(catcher);
    return !left->up && module && module == module_at(left->ra);
}

static void report(const struct origin *origin, const struct left *left, const char *way) {
    struct ffisan_record_call call = {.item = {FFISAN_ITEM_CALL, sizeof call},
                                      .role = FFISAN_ROLE_DETECTED,
                                      .generation = modules_generation(),
                                      .function = left->function,
                                      .flags = left->up ? FFISAN_CALL_UP : 0u};
    struct finding_call about = {.call = &call};
    struct finding finding = {
        .rule = FFISAN_RULE_FOREIGN_UNWIND, .function = way, .origin = origin, .calls = &about, .call_count = 1};
    if (!origin) {
        finding.sites[FFISAN_ROLE_DETECTED] = thrown.site;
        finding.lines[FFISAN_ROLE_DETECTED] = thrown.line;
    }
    finding_report(&finding);
}

/* ---- longjmp --------------------------------------------------------------------------------------------------------------- */

/* glibc keeps them mangled (sysdeps/unix/sysv/linux/x86_64/pointer_guard.h), at these places of the buffer (sysdeps/x86_64/jmpbuf-offsets.h).
 */
#define SAVED_STACK_POINTER 6
#define SAVED_INSTRUCTION   7

static uintptr_t demangled(uintptr_t value) {
    __asm__("rorq $17, %0\n\txorq %%fs:0x30, %0" : "+r"(value) : : "cc");
    return value;
}

static bool on_own_stack(uintptr_t here, uintptr_t there) {
    uintptr_t low, high;
    return thread_stack(&low, &high) && here >= low && here < high && there >= low && there < high;
}

static void jumps(const struct gate *gate, const struct origin *origin, struct gate_registers *registers) {
    struct left left;
    if (!self.boundary)
        return;
    const uintptr_t *buffer = (const uintptr_t *)registers->integer[0];
    uintptr_t target = demangled(buffer[SAVED_STACK_POINTER]);
    bool own = on_own_stack(origin->cfa, target);
    if (own)
        registered_left(target);
    else
        registered_doubt();
    if (!own || !find_left(origin->cfa, &left) || target < left.cfa)
        return;
    if (!is_callers_own(&left, demangled(buffer[SAVED_INSTRUCTION])))
        report(origin, &left, gate_name(gate));
    crossing_leave(target);
}

/* ---- exceptions ------------------------------------------------------------------------------------------------------------ */

static void throws(const struct gate *gate, const struct origin *origin, struct gate_registers *registers) {
    (void)gate;
    thrown.exception = 0;
    registered_doubt();
    if (!find_left(origin->cfa, &thrown.left))
        return;
    thrown.exception = registers->integer[0];
    thrown.origin = *origin;
    thrown.site = stack_site(origin, 0);
    thrown.line = managed_places.line ? managed_places.line(crossing_place()) : 0;
}

/* Whether the unwinder can have come as far as the call. */
static bool reaches(const struct origin *origin, uintptr_t cfa) {
    struct unwind unwind;
    unwind_from_origin(&unwind, origin);
    for (unsigned i = 0; i < FRAMES_MOST; i++) {
        if (unwind.sp >= cfa)
            return true;
        if (!unwind_step(&unwind))
            return false;
    }
    return false;
}

/* _Unwind_RaiseException has come back: there is nobody to catch it. */
static void is_not_caught(const struct gate *gate, uintptr_t cfa, uint64_t result[2]) {
    (void)result;
    if (thrown.exception && thrown.origin.cfa == cfa && reaches(&thrown.origin, thrown.left.cfa))
        report(&thrown.origin, &thrown.left, gate_name(gate));
    thrown.exception = 0;
}

static void is_caught(const struct gate *gate, const struct origin *origin, struct gate_registers *registers) {
    if (!thrown.exception || thrown.exception != registers->integer[0])
        return;
    thrown.exception = 0;
    if (origin->cfa < thrown.left.cfa)
        return;
    if (!is_callers_own(&thrown.left, origin->ra))
        report(NULL, &thrown.left, gate_name(gate));
    crossing_leave(origin->cfa);
}

/* ---- ways of which nothing is said ----------------------------------------------------------------------------------------- */

/* What is under way is left, or goes on on another stack, perhaps another thread's. */
static void departs(const struct gate *gate, const struct origin *origin, struct gate_registers *registers) {
    (void)gate;
    (void)origin;
    (void)registers;
    registered_doubt();
}

/* That thread's handlers run before it is known to have left anything. */
static void cancels(const struct gate *gate, const struct origin *origin, struct gate_registers *registers) {
    (void)gate;
    (void)origin;
    (void)registers;
    registered_doubt_all();
}

/* ---- plans ----------------------------------------------------------------------------------------------------------------- */

/* Another one may keep its buffers otherwise. */
static bool is_libcs(const char *name, const struct module *caller, const struct module *definer) {
    (void)name;
    (void)caller;
    const char *file = module_name(definer);
    return strncmp(file, "libc.so", 7) == 0 || strncmp(file, "libc-2.", 7) == 0 || strncmp(file, "libpthread", 10) == 0;
}

static const char *const jump_names[] = {"longjmp", "_longjmp", "siglongjmp", "__longjmp_chk", NULL};
static const char *const throw_names[] = {"_Unwind_RaiseException", "_Unwind_Resume_or_Rethrow", NULL};
static const char *const catch_names[] = {"__cxa_begin_catch", NULL};
static const char *const depart_names[] = {"pthread_exit", "thrd_exit", "swapcontext", "setcontext", NULL};
static const char *const cancel_names[] = {"pthread_cancel", NULL};
static const struct gate_hooks depart_hooks = {departs, NULL}, cancel_hooks = {cancels, NULL};
static const struct gate_hooks jump_hooks = {jumps, NULL}, throw_hooks = {throws, is_not_caught}, catch_hooks = {is_caught, NULL};
static const struct gate_plan plans[] = {{.names = jump_names, .wants = is_libcs, .hooks = &jump_hooks},
                                         {.names = throw_names, .hooks = &throw_hooks},
                                         {.names = catch_names, .hooks = &catch_hooks}};
static const struct gate_plan contract_plans[] = {{.names = depart_names, .wants = is_libcs, .hooks = &depart_hooks},
                                                  {.names = cancel_names, .wants = is_libcs, .hooks = &cancel_hooks}};

void escapes_start(void) {
    bool contracts = options.contracts[0];
    for (unsigned i = 0; (contracts || rule_on(FFISAN_RULE_FOREIGN_UNWIND)) && i < sizeof plans / sizeof *plans; i++)
        gates_register(&plans[i]);
    for (unsigned i = 0; contracts && i < sizeof contract_plans / sizeof *contract_plans; i++)
        gates_register(&contract_plans[i]);
}
