/* SPDX-License-Identifier: Apache-2.0
 *
 * An extension that calls the API in every way that is legal, and in some that are not: inside_guarded.py says which. Compiled for each interpreter,
 * with each kind of slot.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static PyObject *held; /* bytes of five */

static void *in_thread(void *(*body)(void *), void *argument) {
    pthread_t thread;
    void *answer = NULL;
    if (pthread_create(&thread, NULL, body, argument) == 0)
        pthread_join(thread, &answer);
    return answer;
}

/* Runs `body` on a thread of its own while this one has released the GIL. */
static PyObject *elsewhere(void *(*body)(void *), void *argument) {
    void *answer;
    Py_BEGIN_ALLOW_THREADS
    answer = in_thread(body, argument);
    Py_END_ALLOW_THREADS
    return PyLong_FromLong((long)(intptr_t)answer);
}

/* Something that every function of the API does with objects. */
static intptr_t use(void) {
    PyObject *list = PyList_New(0);
    for (int i = 0; i < 3; i++) {
        PyObject *item = PyLong_FromLong(i + 1000);
        PyList_Append(list, item);
        Py_DECREF(item);
    }
    intptr_t size = PyList_Size(list) + PyBytes_Size(held);
    Py_DECREF(list);
    return size;
}

/* ---- legal ---- */

static void *ensures(void *argument) {
    PyGILState_STATE outer = PyGILState_Ensure(), inner = PyGILState_Ensure();
    intptr_t size = use();
    PyGILState_Release(inner);
    size += use();
    Py_BEGIN_ALLOW_THREADS
    PyGILState_STATE again = PyGILState_Ensure();
    size += use();
    PyGILState_Release(again);
    PyMem_RawFree(PyMem_RawMalloc(8));
    Py_END_ALLOW_THREADS
    size += use();
    PyGILState_Release(outer);
    (void)argument;
    return (void *)size;
}

static PyObject *nested(PyObject *self, PyObject *none) {
    (void)self, (void)none;
    return elsewhere(ensures, NULL);
}

/* Calls at both edges of each release. */
static PyObject *quick(PyObject *self, PyObject *times) {
    (void)self;
    intptr_t sum = 0;
    for (long i = PyLong_AsLong(times); i > 0; i--) {
        sum += PyBytes_Size(held);
        Py_BEGIN_ALLOW_THREADS
        if (i % 64 == 0)
            usleep(10);
        Py_END_ALLOW_THREADS
        sum += PyBytes_Size(held);
    }
    return PyLong_FromLong((long)sum);
}

static void *with_a_state(void *state_) {
    PyThreadState *state = state_;
    PyEval_AcquireThread(state);
    intptr_t size = use();
    Py_BEGIN_ALLOW_THREADS
    usleep(10);
    Py_END_ALLOW_THREADS
    size += use();
    PyThreadState_Clear(state);
    PyThreadState_DeleteCurrent();
    return (void *)size;
}

/* A state that is made here and used on another thread. */
static PyObject *given_state(PyObject *self, PyObject *none) {
    (void)self, (void)none;
    return elsewhere(with_a_state, PyThreadState_New(PyThreadState_Get()->interp));
}

static void *makes_state(void *interpreter) {
    return with_a_state(PyThreadState_New(interpreter));
}

/* As pybind11's gil_scoped_acquire does it. */
static PyObject *own_state(PyObject *self, PyObject *none) {
    (void)self, (void)none;
    return elsewhere(makes_state, PyThreadState_Get()->interp);
}

/* Another interpreter: the code runs in it, here and on a thread; then this one again. */
static PyObject *subinterpreter(PyObject *self, PyObject *code) {
    (void)self;
    const char *text = PyUnicode_AsUTF8(code);
    PyThreadState *main_state = PyThreadState_Get(), *other = Py_NewInterpreter();
    if (!other) {
        PyThreadState_Swap(main_state);
        return PyErr_Format(PyExc_RuntimeError, "no interpreter");
    }
    int failed = PyRun_SimpleString(text);
    void *interpreter = other->interp, *size;
    Py_BEGIN_ALLOW_THREADS
    size = in_thread(makes_state, interpreter);
    Py_END_ALLOW_THREADS
    failed += PyRun_SimpleString(text);
    PyThreadState_Swap(main_state);
    Py_ssize_t before = PyBytes_Size(held);
    PyThreadState_Swap(other);
    Py_EndInterpreter(other);
    PyThreadState_Swap(main_state);
    return Py_BuildValue("iin", failed, (int)(intptr_t)size, before);
}

static int noted;
static int note(void *argument) {
    noted += argument == held && PyBytes_Size(held) == 5;
    return 0;
}

static void *without(void *argument) {
    void *memory = PyMem_RawCalloc(3, 5);
    memory = PyMem_RawRealloc(memory, 50);
    PyMem_RawFree(memory);
    PyThread_type_lock lock = PyThread_allocate_lock();
    PyThread_acquire_lock(lock, WAIT_LOCK);
    PyThread_release_lock(lock);
    PyThread_free_lock(lock);
    Py_tss_t key = Py_tss_NEEDS_INIT;
    PyThread_tss_create(&key);
    PyThread_tss_set(&key, &key);
    intptr_t good = PyThread_tss_get(&key) == &key && Py_IsInitialized() && PyGILState_Check() <= 1;
    PyThread_tss_delete(&key);
    good += PyGILState_GetThisThreadState() == NULL && Py_GetVersion() != NULL && PyThread_get_thread_ident() != 0;
    good += Py_AddPendingCall(note, argument) == 0;
    return (void *)good;
}

/* What may be called by anybody, at any time. */
static PyObject *unlocked(PyObject *self, PyObject *none) {
    (void)self, (void)none;
    return elsewhere(without, held);
}

static PyObject *pending(PyObject *self, PyObject *none) {
    (void)self, (void)none;
    return PyLong_FromLong(noted);
}

static void *forks(void *argument) {
    PyGILState_STATE state = PyGILState_Ensure();
    PyOS_BeforeFork();
    pid_t child = fork();
    if (child == 0) {
        PyOS_AfterFork_Child();
        intptr_t size = use();
        PyGILState_Release(PyGILState_Ensure());
        Py_BEGIN_ALLOW_THREADS
        Py_END_ALLOW_THREADS
        size += use();
        _exit((int)size);
    }
    PyOS_AfterFork_Parent();
    int status = -1;
    Py_BEGIN_ALLOW_THREADS
    waitpid(child, &status, 0);
    Py_END_ALLOW_THREADS
    PyGILState_Release(state);
    (void)argument;
    return (void *)(intptr_t)(WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

static PyObject *forked(PyObject *self, PyObject *none) {
    (void)self, (void)none;
    return elsewhere(forks, NULL);
}

static void interrupted(int number) {
    (void)number;
    PyErr_SetInterrupt();
}

static PyObject *signalled(PyObject *self, PyObject *none) {
    (void)self, (void)none;
    signal(SIGUSR1, interrupted);
    Py_BEGIN_ALLOW_THREADS
    raise(SIGUSR1);
    Py_END_ALLOW_THREADS
    return PyErr_CheckSignals() < 0 ? NULL : PyLong_FromLong(0);
}

/* Functions that are compared have one address. */
static PyObject *compared(PyObject *self, PyObject *none) {
    (void)self, (void)none;
    getattrofunc get = PyObject_GenericGetAttr;
    freefunc release = PyObject_Free;
    allocfunc make = PyType_GenericAlloc;
    return PyBool_FromLong(get == PyBaseObject_Type.tp_getattro && release == PyBaseObject_Type.tp_free &&
                           make == PyBaseObject_Type.tp_alloc);
}

static PyObject *callback;
static void *stays(void *argument) {
    for (;;) {
        PyGILState_STATE state = PyGILState_Ensure(); /* hangs, or ends the thread, when the interpreter ends */
        Py_XDECREF(PyObject_CallObject(callback, NULL));
        PyGILState_Release(state);
    }
    return argument;
}

/* A thread that goes on calling while the interpreter ends, and calls made when it has ended. */
static void at_exit(void) {
    PyMem_RawFree(PyMem_RawMalloc(10));
    PyBytes_Size(held);
}
static PyObject *stay(PyObject *self, PyObject *function) {
    (void)self;
    pthread_t thread;
    Py_INCREF(function);
    callback = function;
    Py_AtExit(at_exit);
    pthread_create(&thread, NULL, stays, NULL);
    pthread_detach(thread);
    Py_RETURN_NONE;
}
static __attribute__((destructor)) void behind_the_end(void) {
    if (callback)
        at_exit();
}

/* ---- not legal ---- */

static PyObject *released(PyObject *self, PyObject *none) {
    (void)self, (void)none;
    Py_ssize_t size;
    Py_BEGIN_ALLOW_THREADS
    size = PyBytes_Size(held);
    Py_END_ALLOW_THREADS
    return PyLong_FromSsize_t(size);
}

static void *never(void *bytes) {
    return (void *)(intptr_t)PyByteArray_Size(bytes);
}

/* A thread that Python never met, while this one holds the GIL; and while nobody does. */
static PyObject *unattached(PyObject *self, PyObject *bytes) {
    (void)self;
    return PyLong_FromLong((long)(intptr_t)in_thread(never, bytes));
}
static PyObject *unattached_alone(PyObject *self, PyObject *bytes) {
    (void)self;
    return elsewhere(never, bytes);
}

static void *detached(void *tuple) {
    PyGILState_Release(PyGILState_Ensure());
    return (void *)(intptr_t)PyTuple_Size(tuple);
}
static PyObject *detached_again(PyObject *self, PyObject *tuple) {
    (void)self;
    return elsewhere(detached, tuple);
}

/* By an address that was looked up. */
static PyObject *looked_up(PyObject *self, PyObject *dict) {
    (void)self;
    Py_ssize_t (*size_of)(PyObject *) = (Py_ssize_t(*)(PyObject *))dlsym(RTLD_DEFAULT, "PyDict_Size"), size;
    Py_BEGIN_ALLOW_THREADS
    size = size_of(dict);
    Py_END_ALLOW_THREADS
    return PyLong_FromSsize_t(size);
}

/* While another thread has the GIL: up to 3.11 that one's state is current. */
static pthread_barrier_t steps;
static void *late(void *list) {
    PyGILState_STATE state = PyGILState_Ensure();
    intptr_t size = PyList_Size(list);
    PyThreadState *own = PyEval_SaveThread();
    pthread_barrier_wait(&steps);
    pthread_barrier_wait(&steps); /* the other one has it now */
    size += PyList_Size(list);
    pthread_barrier_wait(&steps);
    PyEval_RestoreThread(own);
    PyGILState_Release(state);
    return (void *)size;
}
static PyObject *others(PyObject *self, PyObject *list) {
    (void)self;
    pthread_t thread;
    void *size = NULL;
    pthread_barrier_init(&steps, NULL, 2);
    pthread_create(&thread, NULL, late, list);
    Py_BEGIN_ALLOW_THREADS
    pthread_barrier_wait(&steps);
    Py_END_ALLOW_THREADS
    pthread_barrier_wait(&steps);
    pthread_barrier_wait(&steps);
    Py_BEGIN_ALLOW_THREADS
    pthread_join(thread, &size);
    Py_END_ALLOW_THREADS
    return PyLong_FromLong((long)(intptr_t)size);
}

#define METHOD(name, kind)                                                                                                       \
    { #name, name, kind, NULL }
static PyMethodDef methods[] = {METHOD(nested, METH_NOARGS),
                                METHOD(quick, METH_O),
                                METHOD(given_state, METH_NOARGS),
                                METHOD(own_state, METH_NOARGS),
                                METHOD(subinterpreter, METH_O),
                                METHOD(unlocked, METH_NOARGS),
                                METHOD(pending, METH_NOARGS),
                                METHOD(forked, METH_NOARGS),
                                METHOD(signalled, METH_NOARGS),
                                METHOD(compared, METH_NOARGS),
                                METHOD(stay, METH_O),
                                METHOD(released, METH_NOARGS),
                                METHOD(unattached, METH_O),
                                METHOD(unattached_alone, METH_O),
                                METHOD(detached_again, METH_O),
                                METHOD(looked_up, METH_O),
                                METHOD(others, METH_O),
                                {NULL, NULL, 0, NULL}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "guarded", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_guarded(void) {
    if (!held)
        held = PyBytes_FromString("bytes");
    return PyModule_Create(&definition);
}
