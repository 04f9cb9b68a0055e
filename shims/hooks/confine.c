/* SPDX-License-Identifier: Apache-2.0
 *
 * The moment at which the program takes away its own system calls (core/confined.h). What the shim will want to know later is
 * asked just before.
 *
 * A filter is set by prctl(PR_SET_SECCOMP) or by seccomp(2). For the latter libc has no function: libseccomp and others call it
 * through syscall(). That one is not interposed: it passes everything on in registers, at a price that programs pay which have
 * nothing to do with this, and raw instructions would go past it all the same. But without privileges a filter needs no_new_privs
 * (seccomp(2)), which is set by prctl alone and by everybody who filters, libseccomp included unless it is told not to. So that
 * already counts. A program that sets it and never filters loses the search for leaks for it, and says so in the report.
 *
 * Not seen: a filter set past libc, or by a process with CAP_SYS_ADMIN that leaves out no_new_privs; one that another thread or
 * the program before exec has set; and what a child of vfork does, whose memory is its parent's.
 */
#include <linux/seccomp.h>
#include <stdarg.h>
#include <sys/prctl.h>

#include "core/confined.h"
#include "core/quarantine.h"
#include "core/records.h"
#include "core/thread.h"
#include "hooks/hooks.h"

#define ARGUMENTS 4 /* prctl(2) has no more, and glibc hands on as many, whatever it was called with */

static enum confinement asked_for(int option, unsigned long first) {
    if (option == PR_SET_NO_NEW_PRIVS)
        return first == 1 ? CONFINED_PERHAPS : CONFINED_NOT;
    if (option != PR_SET_SECCOMP)
        return CONFINED_NOT;
    return (int)first == SECCOMP_MODE_STRICT ? CONFINED_STRICT : CONFINED_SURELY;
}

static void confine_to(enum confinement confinement_) {
    __atomic_store_n(&confinement, (uint32_t)confinement_, __ATOMIC_SEQ_CST);
}

/* With system calls for the last time. A forked child that has no file of its own gets one, or it would never have any. */
static void prepare(void) {
    uintptr_t low, high;
    records_own();
    thread_id();
    thread_stack(&low, &high);
    clock_ns();
    quarantine_unguard();
    signals_step_aside();
}

static RARE int confine(enum confinement asked, int option, const unsigned long *arguments) {
    enum confinement before = confinement_now();
    bool prepares = before == CONFINED_NOT && !self.busy;
    if (before == CONFINED_NOT && !process_is_ours())
        return NEXT(prctl)(option, arguments[0], arguments[1], arguments[2], arguments[3]);
    struct inside inside = inside_enter();
    if (prepares)
        prepare();
    if (asked > before)
        confine_to(asked);
    inside_leave(inside);
    int result = NEXT(prctl)(option, arguments[0], arguments[1], arguments[2], arguments[3]);
    inside = inside_enter();
    if (result != 0) {
        confine_to(before);
        if (prepares)
            signals_step_back();
    } else if (prepares) {
        record_note(FFISAN_NOTE_CONFINED, "");
    }
    inside_leave(inside);
    return result;
}

EXPORT int prctl(int option, ...) {
    unsigned long arguments[ARGUMENTS];
    va_list list;
    va_start(list, option);
    for (unsigned i = 0; i < ARGUMENTS; i++)
        arguments[i] = va_arg(list, unsigned long);
    va_end(list);
    enum confinement asked = asked_for(option, arguments[0]);
    if (LIKELY(asked == CONFINED_NOT || __atomic_load_n(&hooks_off, __ATOMIC_RELAXED)))
        return NEXT(prctl)(option, arguments[0], arguments[1], arguments[2], arguments[3]);
    return confine(asked, option, arguments);
}
