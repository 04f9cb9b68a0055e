/* SPDX-License-Identifier: Apache-2.0
 *
 * What looks like a mistake with threads, the GIL and the interpreter's end, and is none. CPython 3.8 to 3.13.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <fenv.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

static PyObject *nothing_at_all(void) {
    Py_RETURN_NONE;
}

/* ---- the GIL --------------------------------------------------------------------------------------------------------------- */

static PyObject *let_others(PyObject *self, PyObject *count) {
    (void)self;
    PyObject *list = PyList_New(0);
    for (long i = 0; i < PyLong_AsLong(count); i++) {
        Py_BEGIN_ALLOW_THREADS
        if (i % 100 == 0)
            usleep(100);
        Py_BLOCK_THREADS PyList_Append(list, Py_None);
        Py_UNBLOCK_THREADS Py_END_ALLOW_THREADS
        PyThreadState *state = PyEval_SaveThread();
        PyGILState_STATE gil = PyGILState_Ensure();
        PyList_Append(list, Py_True);
        PyGILState_Release(gil);
        PyEval_RestoreThread(state);
    }
    return list;
}

/* What may be called without the GIL. */
static PyObject *without(PyObject *self, PyObject *nothing) {
    (void)self, (void)nothing;
    bool held;
    Py_BEGIN_ALLOW_THREADS
    void *memory = PyMem_RawMalloc(100);
    memory = PyMem_RawRealloc(memory, 200);
    PyMem_RawFree(memory);
    wchar_t *text = Py_DecodeLocale("text", NULL);
    PyMem_RawFree(text);
    held = PyGILState_Check();
    held = held || !Py_IsInitialized() || !PyGILState_GetThisThreadState() || !Py_GetVersion();
    Py_END_ALLOW_THREADS
    return PyBool_FromLong(held);
}

/* It blocks for long, and lets the others run; or works for long, in Python. */
static PyObject *wait_for(PyObject *self, PyObject *callback) {
    (void)self;
    Py_BEGIN_ALLOW_THREADS
    usleep(150000);
    Py_END_ALLOW_THREADS
    return PyObject_CallObject(callback, NULL);
}

/* ---- threads --------------------------------------------------------------------------------------------------------------- */

static void *nested(void *function) {
    PyGILState_STATE first = PyGILState_Ensure(), second = PyGILState_Ensure();
    Py_XDECREF(PyObject_CallObject(function, NULL));
    PyGILState_Release(second);
    Py_BEGIN_ALLOW_THREADS
    PyGILState_STATE third = PyGILState_Ensure();
    Py_XDECREF(PyObject_CallObject(function, NULL));
    PyGILState_Release(third);
    Py_END_ALLOW_THREADS
    Py_XDECREF(PyObject_CallObject(function, NULL));
    PyGILState_Release(first);
    for (int i = 0; i < 100; i++) {
        PyGILState_STATE again = PyGILState_Ensure();
        Py_INCREF(function);
        Py_DECREF(function);
        PyGILState_Release(again);
    }
    return NULL;
}

/* A state of its own making, which PyGILState knows nothing of. */
static PyInterpreterState *interpreter;
static void *own_state(void *function) {
    PyThreadState *state = PyThreadState_New(interpreter);
    PyEval_AcquireThread(state);
    Py_XDECREF(PyObject_CallObject(function, NULL));
    PyThreadState *saved = PyEval_SaveThread();
    PyEval_RestoreThread(saved);
    Py_XDECREF(PyObject_CallObject(function, NULL));
    PyThreadState_Clear(state);
    PyEval_ReleaseThread(state);
    PyThreadState_Delete(state);
    return NULL;
}

/* The only reference to the text is on this thread's stack while the others run. */
static void *keeps_on_its_stack(void *function) {
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *volatile text = PyUnicode_FromFormat("text %d", 12345);
    Py_BEGIN_ALLOW_THREADS
    usleep(20000);
    Py_END_ALLOW_THREADS
    Py_XDECREF(PyObject_CallFunctionObjArgs(function, NULL));
    Py_DECREF(text);
    PyGILState_Release(state);
    return NULL;
}

static PyObject *in_threads(PyObject *self, PyObject *function) {
    (void)self;
    static void *(*const kinds[])(void *) = {nested, own_state, keeps_on_its_stack};
    pthread_t threads[6];
    interpreter = PyThreadState_Get()->interp;
    Py_BEGIN_ALLOW_THREADS
    for (int i = 0; i < 6; i++)
        pthread_create(&threads[i], NULL, kinds[i % 3], function);
    for (int i = 0; i < 6; i++)
        pthread_join(threads[i], NULL);
    Py_END_ALLOW_THREADS
    return nothing_at_all();
}

/* ---- interpreters ---------------------------------------------------------------------------------------------------------- */

static PyObject *in_another_interpreter(PyObject *self, PyObject *code) {
    (void)self;
    PyThreadState *mine = PyThreadState_Get(), *other = Py_NewInterpreter();
    if (!other) {
        PyThreadState_Swap(mine);
        return PyErr_Format(PyExc_RuntimeError, "there is no other interpreter");
    }
    int status = PyRun_SimpleString(PyBytes_AsString(code));
    PyThreadState_Swap(mine);
    PyObject *mine_again = PyList_New(0);
    Py_DECREF(mine_again);
    PyThreadState_Swap(other);
    Py_BEGIN_ALLOW_THREADS
    usleep(100);
    Py_END_ALLOW_THREADS
    Py_EndInterpreter(other);
    PyThreadState_Swap(mine);
    return PyLong_FromLong(status);
}

/* ---- what is changed and put back ------------------------------------------------------------------------------------------ */

static PyObject *round_up_for_a_while(PyObject *self, PyObject *nothing) {
    (void)self, (void)nothing;
    int before = fegetround();
    sigset_t all, mask;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &mask);
    fesetround(FE_UPWARD);
    volatile double third = 1.0;
    third /= 3;
    fesetround(before);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    return PyFloat_FromDouble(third);
}

/* ---- the end --------------------------------------------------------------------------------------------------------------- */

static PyObject *kept, *kept_for_the_end;

static PyObject *keep(PyObject *self, PyObject *thing) {
    (void)self;
    Py_INCREF(thing);
    kept = thing;
    kept_for_the_end = PyTuple_New(2);
    return nothing_at_all();
}

/* Runs when everything is gone but the memory; a reference is given up that is not the last one. */
static void at_exit(void) {
    if (kept && Py_REFCNT(kept) > 1)
        Py_DECREF(kept);
}

/* A static object of C++'s does this. */
__attribute__((destructor)) static void after_everything(void) {
    if (kept_for_the_end && Py_REFCNT(kept_for_the_end) > 1)
        Py_DECREF(kept_for_the_end);
}

/* It asks for the GIL when the interpreter ends, and never gets it. */
static void *late(void *function) {
    PyGILState_STATE state = PyGILState_Ensure();
    Py_INCREF(function);
    for (;;) {
        Py_BEGIN_ALLOW_THREADS
        usleep(1000);
        Py_END_ALLOW_THREADS
        Py_INCREF(function);
        Py_DECREF(function);
    }
    PyGILState_Release(state);
    return NULL;
}

static PyObject *stay(PyObject *self, PyObject *function) {
    (void)self;
    pthread_t thread;
    return pthread_create(&thread, NULL, late, function) ? PyErr_SetFromErrno(PyExc_OSError) : nothing_at_all();
}

static PyMethodDef methods[] = {
    {"let_others", let_others, METH_O, NULL},
    {"without", without, METH_NOARGS, NULL},
    {"wait_for", wait_for, METH_O, NULL},
    {"in_threads", in_threads, METH_O, NULL},
    {"in_another_interpreter", in_another_interpreter, METH_O, NULL},
    {"round_up_for_a_while", round_up_for_a_while, METH_NOARGS, NULL},
    {"keep", keep, METH_O, NULL},
    {"stay", stay, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "_threads", .m_size = -1, .m_methods = methods};

PyMODINIT_FUNC PyInit__threads(void) {
    Py_AtExit(at_exit);
    return PyModule_Create(&module);
}
