/* SPDX-License-Identifier: Apache-2.0
 *
 * A small runtime that calls a library through libffi, and is called back by it. WAY says how an exception or a longjmp goes. Over the heads
 * of the runtime:
 *
 *   caught-outside      the library catches what another function of it throws, which the runtime had called in between
 *   rethrown-outside    the same, thrown once more where it was caught inside
 *   thrown-by-callback  the runtime's own code throws out of the callback
 *   jumped-outside      the library jumps out of the callback
 *   not-caught          nobody catches it, and the program ends
 *
 * And where nobody minds:
 *
 *   inside                        all within the library
 *   translated                    the runtime catches what comes out of its call
 *   cancelled exit-thread         the thread ends
 *   after                         what was left before is no call any more
 *   coroutine                     the runtime jumps to another stack
 */
#include "escapes.h"

#include <csetjmp>
#include <csignal>

#include <ffi.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "guest.h"

namespace {

int answers;

/* ---- the runtime ---- */

int call(int (*function)()) {
    ffi_cif cif;
    ffi_arg result = 0;
    MUST(ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 0, &ffi_type_sint, nullptr) == FFI_OK);
    ffi_call(&cif, FFI_FN(function), &result, nullptr);
    return static_cast<int>(result);
}

int call_with(int (*function)(escapes_callback *), escapes_callback *inner) {
    ffi_cif cif;
    ffi_type *types[] = {&ffi_type_pointer};
    void *values[] = {&inner};
    ffi_arg result = 0;
    MUST(ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 1, &ffi_type_sint, types) == FFI_OK);
    ffi_call(&cif, FFI_FN(function), &result, values);
    return static_cast<int>(result);
}

void handle(ffi_cif *, void *, void **, void *body) {
    reinterpret_cast<void (*)()>(body)();
}

struct Callback {
    ffi_cif cif;
    void *code = nullptr;
    ffi_closure *closure;

    explicit Callback(void (*body)()) : closure(static_cast<ffi_closure *>(ffi_closure_alloc(sizeof(ffi_closure), &code))) {
        MUST(closure && ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 0, &ffi_type_void, nullptr) == FFI_OK);
        MUST(ffi_prep_closure_loc(closure, &cif, handle, reinterpret_cast<void *>(body), code) == FFI_OK);
    }
    Callback(const Callback &) = delete;
    ~Callback() { ffi_closure_free(closure); }
    escapes_callback *function() { return reinterpret_cast<escapes_callback *>(code); }
};

/* ---- over its head ---- */

void lets_throw() {
    call(escapes_throw);
}

void lets_rethrow() {
    call_with(escapes_rethrow, nullptr);
}

void throws_itself() {
    throw 42;
}

void lets_jump() {
    call(escapes_jump);
}

void outside(int (*function)(escapes_callback *), void (*body)()) {
    Callback callback(body);
    for (int i = 0; i < 3; i++)
        answers += call_with(function, callback.function());
    MUST(answers == 3);
}

/* ---- where nobody minds ---- */

void translated() {
    for (int i = 0; i < 3; i++)
        try {
            call(escapes_throw);
        } catch (int value) {
            answers += value == 42;
        }
    MUST(answers == 3);
}

void is_quiet() {
    MUST(call_with(escapes_catch, nullptr) == 1);
    MUST(call_with(escapes_guard, nullptr) == 1);
}

void inside() {
    Callback callback(is_quiet);
    is_quiet();
    MUST(call_with(escapes_catch, callback.function()) == 0);
    MUST(call_with(escapes_guard, callback.function()) == 0);
}

void *wait_in_call(void *) {
    call(escapes_wait);
    return nullptr;
}

void leave_thread() {
    call(escapes_leave_thread);
}

void *leave_in_callback(void *callback) {
    call_with(escapes_catch, static_cast<Callback *>(callback)->function());
    return nullptr;
}

void thread_ends(bool cancelled) {
    Callback callback(leave_thread);
    pthread_t thread;
    void *result;
    MUST(pthread_create(&thread, nullptr, cancelled ? wait_in_call : leave_in_callback, &callback) == 0);
    if (cancelled)
        MUST(pthread_cancel(thread) == 0);
    MUST(pthread_join(thread, &result) == 0);
    MUST(result == (cancelled ? PTHREAD_CANCELED : nullptr));
}

/* A jump with no call open over stack that has held open ones, which were left by the end that the compiler did not see. */
ucontext_t back;

void after_switch() {
    volatile char room[4096];
    room[0] = room[4095] = 1;
    MUST(escapes_guard(nullptr) == 1 && escapes_catch(nullptr) == 1);
}

sigjmp_buf handled;

void jump_from_signal(int) {
    siglongjmp(handled, 1);
}

int raise_signal() {
    return raise(SIGUSR1);
}

void after() {
    signal(SIGUSR1, jump_from_signal);
    for (volatile int i = 0; i < 3; i = i + 1) {
        if (sigsetjmp(handled, 1) == 0)
            call(raise_signal);
        after_switch();
    }
}

/* Its stack lies below the one that made the call, as a thread's own does not have to. */
jmp_buf scheduler;
bool switched;

void work() {
    switched = true;
    longjmp(scheduler, 1);
}

int start_work() {
    if (setjmp(scheduler) == 0)
        setcontext(&back);
    return 5;
}

void coroutine() {
    size_t size = 256 << 10;
    void *stack = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    MUST(getcontext(&back) == 0);
    back.uc_stack.ss_sp = stack;
    back.uc_stack.ss_size = size;
    makecontext(&back, work, 0);
    MUST(call(start_work) == 5 && switched);
    munmap(stack, size);
}

} // namespace

int main(int argc, char **argv) {
    MUST(argc > 1);
    auto is = [way = argv[1]](const char *name) { return strcmp(way, name) == 0; };
    if (is("caught-outside"))
        outside(escapes_catch, lets_throw);
    else if (is("rethrown-outside"))
        outside(escapes_catch, lets_rethrow);
    else if (is("thrown-by-callback"))
        outside(escapes_catch, throws_itself);
    else if (is("jumped-outside"))
        outside(escapes_guard, lets_jump);
    else if (is("not-caught"))
        call(escapes_throw);
    else if (is("inside"))
        inside();
    else if (is("translated"))
        translated();
    else if (is("cancelled") || is("exit-thread"))
        thread_ends(is("cancelled"));
    else if (is("after"))
        after();
    else if (is("coroutine"))
        coroutine();
    else
        MUST(!"a way");
    MUST(call(escapes_plain) == 7);
    puts("went its way");
    return 0;
}
