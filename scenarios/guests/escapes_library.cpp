/* SPDX-License-Identifier: Apache-2.0
 *
 * A library that throws and jumps, and one that catches.
 */
#include "escapes.h"

#include <csetjmp>

#include <pthread.h>
#include <unistd.h>

namespace {
thread_local jmp_buf *innermost;
} // namespace

int escapes_throw() {
    throw 42;
}

int escapes_catch(escapes_callback *inner) {
    try {
        if (inner)
            inner();
        else
            escapes_throw();
    } catch (int value) {
        return value == 42;
    }
    return 0;
}

int escapes_rethrow(escapes_callback *inner) {
    try {
        if (inner)
            inner();
        else
            escapes_throw();
    } catch (int) {
        throw;
    }
    return 0;
}

int escapes_guard(escapes_callback *inner) {
    jmp_buf buffer, *volatile before = innermost;
    innermost = &buffer;
    volatile int jumped = setjmp(buffer);
    if (!jumped && inner)
        inner();
    else if (!jumped)
        longjmp(buffer, 1);
    innermost = before;
    return jumped;
}

int escapes_jump() {
    longjmp(*innermost, 1);
}

int escapes_leave_thread() {
    pthread_exit(nullptr);
}

int escapes_wait() {
    for (;;)
        pause();
}

int escapes_plain() {
    return 7;
}
