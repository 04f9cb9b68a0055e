/* SPDX-License-Identifier: Apache-2.0
 *
 * A program that embeds the interpreter: embedding legal|planted. It makes a thread state on one thread and uses it on another, ends the
 * interpreter and starts it again. Linked to the shared library, and to the archive, whose calls nobody sees: there only what the extension
 * in guarded.c calls is.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static const char *mode;

static void *works(void *state_) {
    PyThreadState *state = state_;
    PyEval_RestoreThread(state);
    intptr_t failed = PyRun_SimpleString("import guarded; guarded.quick(20); assert guarded.nested() == 32");
    if (strcmp(mode, "planted") == 0)
        failed += PyRun_SimpleString("import guarded; guarded.released()");
    PyEval_SaveThread();
    return (void *)failed;
}

/* An interpreter's life. */
static intptr_t live(void) {
    Py_InitializeEx(0);
    PyThreadState *first = PyThreadState_Get(), *second = PyThreadState_New(first->interp);
    intptr_t failed = PyRun_SimpleString("import guarded; guarded.quick(5)");
    pthread_t thread;
    void *answer = NULL;
    Py_BEGIN_ALLOW_THREADS
    pthread_create(&thread, NULL, works, second);
    pthread_join(thread, &answer);
    Py_END_ALLOW_THREADS
    PyThreadState_Clear(second);
    PyThreadState_Delete(second);
    failed += PyRun_SimpleString("guarded.quick(5)");
    Py_FinalizeEx();
    return failed + (intptr_t)answer;
}

int main(int count, char **arguments) {
    mode = count == 2 ? arguments[1] : "legal";
    intptr_t failed = live();
    failed += live();
    puts(failed ? "failed" : "ok");
    return failed != 0;
}
