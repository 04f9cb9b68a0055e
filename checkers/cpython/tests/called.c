/* SPDX-License-Identifier: Apache-2.0
 *
 * An extension whose functions are called in every way that the interpreter has, and that compares some of them itself: inside_called.py says
 * what must come of it, with stubs in their place or without. At the end, what is to be found.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdlib.h>
#include <time.h>

/* ---- each convention ---- */

static PyObject *one(PyObject *self, PyObject *argument) {
    Py_INCREF(argument);
    return argument;
}
static PyObject *none(PyObject *self, PyObject *unused) {
    return PyLong_FromLong(42);
}
static PyObject *tuple(PyObject *self, PyObject *arguments) {
    return PyLong_FromSsize_t(PyTuple_GET_SIZE(arguments));
}
static PyObject *keywords(PyObject *self, PyObject *arguments, PyObject *names) {
    return PyLong_FromSsize_t(PyTuple_GET_SIZE(arguments) + (names ? PyDict_Size(names) : 0));
}
static PyObject *fast(PyObject *self, PyObject *const *arguments, Py_ssize_t count) {
    return PyLong_FromSsize_t(count);
}
static PyObject *fast_keywords(PyObject *self, PyObject *const *arguments, Py_ssize_t count, PyObject *names) {
    return PyLong_FromSsize_t(count + (names ? PyTuple_GET_SIZE(names) : 0));
}
static PyObject *call(PyObject *self, PyObject *function) {
    return PyObject_CallObject(function, NULL);
}

/* ---- a type, its base, which nobody makes ready but PyType_Ready, and one that is made from a specification ---- */

struct sample {
    PyObject_HEAD int size;
    PyObject *next;
};
static int additions;

static PyObject *add(PyObject *left, PyObject *right) {
    additions++;
    Py_RETURN_NOTIMPLEMENTED;
}
static PyObject *subtract(PyObject *left, PyObject *right) {
    return PyLong_FromLong(7);
}
PyObject *called_multiply(PyObject *left, PyObject *right);
PyObject *called_multiply(PyObject *left, PyObject *right) {
    return PyLong_FromLong(8);
}
static PyObject *size_of(PyObject *self, void *closure) {
    return PyLong_FromLong(((struct sample *)self)->size + (closure != NULL));
}
static int set_size(PyObject *self, PyObject *value, void *closure) {
    if (!value) {
        PyErr_SetString(PyExc_TypeError, "cannot be deleted");
        return -1;
    }
    ((struct sample *)self)->size = (int)PyLong_AsLong(value);
    return PyErr_Occurred() ? -1 : 0;
}
static int init(PyObject *self, PyObject *arguments, PyObject *names) {
    return PyArg_ParseTuple(arguments, "|i", &((struct sample *)self)->size) ? 0 : -1;
}
static Py_hash_t hash(PyObject *self) {
    return 5;
}
static PyObject *next(PyObject *self) {
    struct sample *sample = (struct sample *)self;
    return sample->size < 3 ? PyLong_FromLong(sample->size++) : NULL;
}
static PyObject *compare(PyObject *left, PyObject *right, int operation) {
    if (operation == Py_EQ)
        Py_RETURN_TRUE;
    Py_RETURN_NOTIMPLEMENTED;
}
static PyObject *reduce(PyObject *self, PyObject *unused) {
    return Py_BuildValue("O(i)", Py_TYPE(self), ((struct sample *)self)->size);
}
static PyObject *follow(PyObject *self, PyObject *other) {
    Py_XDECREF(((struct sample *)self)->next);
    Py_INCREF(other);
    ((struct sample *)self)->next = other;
    Py_RETURN_NONE;
}
static int traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(((struct sample *)self)->next);
    return 0;
}
/* Compares tp_dealloc: a chain of a hundred thousand ends the process if it does not find itself there. */
static void dealloc(PyObject *self) {
    PyObject_GC_UnTrack(self);
    Py_TRASHCAN_BEGIN(self, dealloc) Py_CLEAR(((struct sample *)self)->next);
    Py_TYPE(self)->tp_free(self);
    Py_TRASHCAN_END
}

static PyMethodDef sample_methods[] = {
    {"again", one, METH_O, "again($self, argument, /)\n--\n\nGives it back."},
    {"alias", one, METH_O, NULL},
    {"link", follow, METH_O, NULL},
    {"__reduce__", reduce, METH_NOARGS, NULL},
    {"make", (PyCFunction)(void (*)(void))keywords, METH_CLASS | METH_VARARGS | METH_KEYWORDS, NULL},
    {"plain", tuple, METH_STATIC | METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};
static PyGetSetDef sample_properties[] = {
    {"size", size_of, set_size, "its size", NULL},
    {"size_and_one", size_of, NULL, NULL, &additions},
    {NULL, NULL, NULL, NULL, NULL},
};
static PyNumberMethods numbers = {.nb_add = add, .nb_subtract = subtract, .nb_multiply = called_multiply};
static PyTypeObject base_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "called.Base",
    .tp_basicsize = sizeof(struct sample),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_methods = sample_methods,
    .tp_getset = sample_properties,
    .tp_as_number = &numbers,
    .tp_init = init,
    .tp_hash = hash,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = next,
    .tp_richcompare = compare,
    .tp_dealloc = dealloc,
    .tp_traverse = traverse,
};
static PyTypeObject sample_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "called.Sample",
    .tp_basicsize = sizeof(struct sample),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_base = &base_type,
};
/* The same nb_add in another type: a sum of the two calls it once (Objects/abstract.c, binary_op1). */
static PyTypeObject other_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "called.Other",
    .tp_basicsize = sizeof(struct sample),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_as_number = &(PyNumberMethods){.nb_add = add},
    .tp_dealloc = dealloc,
    .tp_traverse = traverse,
};

static PyMethodDef heap_methods[] = {{"again", one, METH_O, NULL}, {NULL, NULL, 0, NULL}};
static int heap_init(PyObject *self, PyObject *arguments, PyObject *names) {
    return init(self, arguments, names);
}
static PyType_Slot heap_slots[] = {{Py_tp_methods, heap_methods}, {Py_nb_subtract, subtract}, {Py_tp_init, heap_init}, {0, NULL}};
static PyType_Spec heap_spec = {"called.Heap", sizeof(struct sample), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, heap_slots};

/* ---- what it compares itself ---- */

static PyObject *compares(PyObject *self, PyObject *sample) {
    PyNumberMethods *methods = Py_TYPE(sample)->tp_as_number;
    int found =
        (methods->nb_add == add) + 2 * (methods->nb_multiply == called_multiply) + 4 * (Py_TYPE(sample)->tp_dealloc == dealloc);
    return PyLong_FromLong(found);
}
static PyObject *compared(PyObject *self, PyObject *function);
static PyObject *is_itself(PyObject *self, PyObject *function) {
    return PyBool_FromLong(PyCFunction_Check(function) && PyCFunction_GET_FUNCTION(function) == compared);
}
static PyObject *compared(PyObject *self, PyObject *function) {
    return is_itself(self, function);
}
static PyObject *added(PyObject *self, PyObject *unused) {
    return PyLong_FromLong(additions);
}
/* Both from memory that comes and goes. */
static PyObject *new_function(PyObject *self, PyObject *name) {
    PyMethodDef *definition = calloc(1, sizeof *definition);
    definition->ml_name = strdup(PyUnicode_AsUTF8(name));
    definition->ml_meth = none;
    definition->ml_flags = METH_NOARGS;
    return PyCFunction_New(definition, NULL);
}

/* ---- what is to be found ---- */

static PyObject *free_twice(PyObject *self, PyObject *unused) {
    char *volatile block = malloc(100);
    block[0] = 1;
    free(block);
    free(block);
    Py_RETURN_NONE;
}
static PyObject *leave_error(PyObject *self, PyObject *unused) {
    PyErr_SetString(PyExc_ValueError, "left");
    Py_RETURN_NONE;
}
static PyObject *fail_silently(PyObject *self, PyObject *unused) {
    return NULL;
}
static PyObject *call_with_error(PyObject *self, PyObject *function) {
    PyErr_SetString(PyExc_KeyError, "behind");
    PyObject *result = PyObject_CallObject(function, NULL);
    PyErr_Clear();
    return result;
}
static void nap(int ms) {
    nanosleep(&(struct timespec){0, ms * 1000000L}, NULL);
}
static PyObject *nap_here(PyObject *self, PyObject *unused) {
    nap(400);
    Py_RETURN_NONE;
}
static PyObject *nap_elsewhere(PyObject *self, PyObject *unused) {
    Py_BEGIN_ALLOW_THREADS
    nap(250);
    Py_END_ALLOW_THREADS
    Py_RETURN_NONE;
}
/* By the thread's own clock: waiting for a processor does not count. */
static int compute(int ms) {
    struct timespec now;
    long until = 0;
    do {
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
        until = until ? until : now.tv_sec * 1000 + now.tv_nsec / 1000000 + ms;
    } while (now.tv_sec * 1000 + now.tv_nsec / 1000000 < until);
    return ms;
}
static PyObject *compute_here(PyObject *self, PyObject *unused) {
    PyObject *result = PyLong_FromLong(1000000);
    compute(400);
    return result;
}
static PyObject *compute_last(PyObject *self, PyObject *unused) {
    return PyLong_FromLong(compute(400));
}
static PyObject *compute_elsewhere(PyObject *self, PyObject *unused) {
    Py_BEGIN_ALLOW_THREADS
    compute(250);
    Py_END_ALLOW_THREADS
    Py_RETURN_NONE;
}
/* Signals are looked at, the API is used, again and again. */
static PyObject *compute_politely(PyObject *self, PyObject *unused) {
    for (int i = 0; i < 25; i++) {
        compute(10);
        if (PyErr_CheckSignals() < 0)
            return NULL;
    }
    Py_RETURN_NONE;
}
/* As Cython does it: without the API. */
static PyObject *next_of(PyObject *self, PyObject *iterator) {
    return Py_TYPE(iterator)->tp_iternext(iterator);
}
static PyObject *saved_error(PyObject *self, PyObject *function) {
    PyObject *type, *value, *traceback;
    PyErr_SetString(PyExc_KeyError, "saved");
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *result = PyObject_CallObject(function, NULL);
    PyErr_Restore(type, value, traceback);
    PyErr_Clear();
    return result;
}

static PyMethodDef methods[] = {
    {"one", one, METH_O, "one($module, argument, /)\n--\n\nGives it back."},
    {"none", none, METH_NOARGS, NULL},
    {"tuple", tuple, METH_VARARGS, NULL},
    {"keywords", (PyCFunction)(void (*)(void))keywords, METH_VARARGS | METH_KEYWORDS, NULL},
    {"fast", (PyCFunction)(void (*)(void))fast, METH_FASTCALL, NULL},
    {"fast_keywords", (PyCFunction)(void (*)(void))fast_keywords, METH_FASTCALL | METH_KEYWORDS, NULL},
    {"call", call, METH_O, NULL},
    {"compares", compares, METH_O, NULL},
    {"compared", compared, METH_O, NULL},
    {"added", added, METH_NOARGS, NULL},
    {"new_function", new_function, METH_O, NULL},
    {"free_twice", free_twice, METH_NOARGS, NULL},
    {"leave_error", leave_error, METH_NOARGS, NULL},
    {"fail_silently", fail_silently, METH_NOARGS, NULL},
    {"call_with_error", call_with_error, METH_O, NULL},
    {"nap_here", nap_here, METH_NOARGS, NULL},
    {"nap_elsewhere", nap_elsewhere, METH_NOARGS, NULL},
    {"compute_here", compute_here, METH_NOARGS, NULL},
    {"compute_last", compute_last, METH_NOARGS, NULL},
    {"compute_elsewhere", compute_elsewhere, METH_NOARGS, NULL},
    {"compute_politely", compute_politely, METH_NOARGS, NULL},
    {"next_of", next_of, METH_O, NULL},
    {"saved_error", saved_error, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static int start(PyObject *module) {
    base_type.tp_new = sample_type.tp_new = other_type.tp_new = PyType_GenericNew;
    if (PyType_Ready(&sample_type) || PyType_Ready(&base_type) || PyType_Ready(&other_type))
        return -1;
    PyObject *heap = PyType_FromSpec(&heap_spec);
    Py_INCREF(&base_type);
    Py_INCREF(&sample_type);
    Py_INCREF(&other_type);
    return !heap || PyModule_AddObject(module, "Base", (PyObject *)&base_type) ||
                   PyModule_AddObject(module, "Sample", (PyObject *)&sample_type) ||
                   PyModule_AddObject(module, "Other", (PyObject *)&other_type) || PyModule_AddObject(module, "Heap", heap)
               ? -1
               : 0;
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, start}, {0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "called", .m_methods = methods, .m_slots = slots};

PyMODINIT_FUNC PyInit_called(void) {
    return PyModuleDef_Init(&module);
}
