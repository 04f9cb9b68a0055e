/* SPDX-License-Identifier: Apache-2.0
 *
 * Valgrind beside the shim, by client requests: a sequence of instructions that does nothing elsewhere and that its simulated processor
 * takes for a call (valgrind.h, memcheck.h; numbers of requests never change there). --soname-synonyms=somalloc=nouserintercepts keeps
 * it from replacing the shim's malloc along with libc's, so that both are at work.
 *
 * Memcheck tells nobody in the process what it finds, but counts it. When the count has changed at either end of a crossing, what is known
 * there is recorded, and a line in its own report says where (FFISAN_CHECKED_LINE): the judge then knows which of its findings, up to that
 * line and of this thread, were made in this foreign call.
 */
#include <stdarg.h>

#include "core/blocks.h"
#include "core/crossings.h"
#include "core/findings.h"
#include "core/memory.h"
#include "core/options.h"
#include "core/records.h"
#include "hooks/crash.h"
#include "hooks/hooks.h"
#include "hooks/with.h"

enum request {
    RUNNING_ON_VALGRIND = 0x1001,
    COUNT_ERRORS = 0x1201,
    PRINTF_VALIST_BY_REF = 0x1403,
    MAKE_MEM_NOACCESS = 0x4d430000, /* 'M', 'C' */
    MAKE_MEM_UNDEFINED,
    MAKE_MEM_DEFINED,
    DISCARD,
    CREATE_BLOCK = 0x4d43000a,
    DISABLE_ADDR_ERROR_REPORTING_IN_RANGE = 0x4d43000e,
};
#define BOOKS_LARGE ((uintptr_t)1 << 20)

static __thread uint32_t errors_seen;

/* valgrind.h, VALGRIND_DO_CLIENT_REQUEST_EXPR for amd64. */
static uint64_t ask_three(enum request request, uint64_t first, uint64_t second, uint64_t third) {
    uint64_t arguments[6] = {request, first, second, third}, answer = 0;
    __asm__ volatile("rolq $3, %%rdi; rolq $13, %%rdi; rolq $61, %%rdi; rolq $51, %%rdi; xchgq %%rbx, %%rbx"
                     : "=d"(answer)
                     : "a"(arguments), "0"(answer)
                     : "cc", "memory", "rdi");
    return answer;
}

static uint64_t ask(enum request request, uint64_t first, uint64_t second) {
    return ask_three(request, first, second, 0);
}

bool valgrind_runs(void) {
    return ask(RUNNING_ON_VALGRIND, 0, 0) != 0;
}

__attribute__((format(__printf__, 1, 2))) static void say(const char *format, ...) {
    va_list list;
    va_start(list, format);
    ask(PRINTF_VALIST_BY_REF, (uintptr_t)format, (uintptr_t)&list);
    va_end(list);
}

static struct ffisan_record_finding *record_moment(uintptr_t stack_pointer) {
    struct origin origin = ORIGIN_HERE();
    struct finding finding = {.rule = FFISAN_RULES, .origin = &origin};
    const struct crossing *crossing = crossing_innermost(stack_pointer);
    if (!crossing)
        return NULL;
    crash_add_boundary(&finding, stack_pointer);
    return finding_record_checked(&finding);
}

static RARE void tell(uintptr_t stack_pointer, bool known) {
    static bool telling;
    if (__atomic_exchange_n(&telling, true, __ATOMIC_ACQUIRE))
        return;
    struct inside inside = inside_enter();
    const struct ffisan_record_finding *record = known && !crash_under_way() ? record_moment(stack_pointer) : NULL;
    say(FFISAN_CHECKED_LINE "%lu\n", record ? (unsigned long)((uintptr_t)record - (uintptr_t)records_header()) : 0ul);
    inside_leave(inside);
    __atomic_store_n(&telling, false, __ATOMIC_RELEASE);
}

/* What was found before a call out of managed code began was found in no call; what before a callback, in the call that it came from. */
static void look(uintptr_t stack_pointer, bool in_call) {
    uint32_t errors = (uint32_t)ask(COUNT_ERRORS, 0, 0);
    if (LIKELY(errors == errors_seen))
        return;
    errors_seen = errors;
    tell(stack_pointer, in_call);
}

static void forbid(uintptr_t start, size_t size) {
    ask(MAKE_MEM_NOACCESS, start, size);
}

static void allow(uintptr_t start, size_t size) {
    ask(MAKE_MEM_DEFINED, start, size);
}

static uint64_t name(uintptr_t start, size_t size, const char *text) {
    return ask_three(CREATE_BLOCK, start, size, (uintptr_t)text);
}

static void unname(uint64_t number) {
    ask_three(DISCARD, 0, number, 0); /* memcheck.h: the number is the second argument */
}

/* Memcheck looks for leaks when all is over, in every page that can be read: also in books that span the address space and were never
 * written to, of which each page would become real. What of the shim still runs then may go on using them. */
static void hide(uintptr_t start, uintptr_t end, void *context) {
    (void)context;
    if (end - start < BOOKS_LARGE)
        return;
    ask(DISABLE_ADDR_ERROR_REPORTING_IN_RANGE, start, end - start);
    ask(MAKE_MEM_NOACCESS, start, end - start);
}

static void hide_books(void) {
    memory_each(hide, NULL);
}

void valgrind_start(void) {
    blocks_bare = true;
    block_minimum = 0;
    options.quarantine = FFISAN_QUARANTINE_NONE;
    with_memory = (struct with_memory){forbid, allow, name, unname, hide_books};
    crossings_on_edge(look);
}
