/* SPDX-License-Identifier: Apache-2.0
 *
 * What looks like a mistake with references, the insides of objects, buffers or exceptions, and is none. CPython 3.8 to 3.13.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#if PY_VERSION_HEX < 0x03090000
#define Py_SET_REFCNT(object, count) (Py_REFCNT(object) = (count))
#endif

/* ---- references ------------------------------------------------------------------------------------------------------------ */

/* The old item dies while the list still points to it: Cython assigns like this. */
static PyObject *replace(PyObject *self, PyObject *arguments) {
    (void)self;
    PyObject *list, *item;
    Py_ssize_t index;
    if (!PyArg_ParseTuple(arguments, "O!nO", &PyList_Type, &list, &index, &item))
        return NULL;
    Py_INCREF(item);
    Py_DECREF(PyList_GET_ITEM(list, index));
    PyList_SET_ITEM(list, index, item);
    Py_RETURN_NONE;
}

/* The list's reference becomes the caller's. */
static PyObject *take(PyObject *self, PyObject *list) {
    (void)self;
    PyObject *item = PyList_GET_ITEM(list, 0);
    PyList_SET_ITEM(list, 0, Py_None);
    Py_INCREF(Py_None);
    return item;
}

static PyObject *swap(PyObject *self, PyObject *list) {
    (void)self;
    PyObject *first = PyList_GET_ITEM(list, 0);
    PyList_SET_ITEM(list, 0, PyList_GET_ITEM(list, 1));
    PyList_SET_ITEM(list, 1, first);
    Py_INCREF(list);
    return list;
}

static PyObject *empty(PyObject *self, PyObject *list) {
    (void)self;
    return PyList_SetSlice(list, 0, PyList_GET_SIZE(list), NULL) < 0 ? NULL : Py_BuildValue("");
}

/* What the callback does may take references to the argument away. */
static PyObject *during(PyObject *self, PyObject *arguments) {
    (void)self;
    static PyObject *current; /* borrowed for as long as the call lasts */
    PyObject *thing, *callback;
    if (!PyArg_ParseTuple(arguments, "OO", &thing, &callback))
        return NULL;
    current = thing;
    PyObject *result = PyObject_CallFunctionObjArgs(callback, current, NULL);
    current = NULL;
    return result;
}

/* An argument that is given up again and again, after it was taken. */
static PyObject *juggle(PyObject *self, PyObject *thing) {
    (void)self;
    PyObject *more[100];
    for (int i = 0; i < 100; i++) {
        Py_INCREF(thing);
        more[i] = thing;
    }
    for (int i = 0; i < 100; i++)
        Py_DECREF(more[i]);
    Py_INCREF(thing);
    PyObject *tuple = PyTuple_New(1);
    PyTuple_SetItem(tuple, 0, thing);
    Py_DECREF(tuple);
    Py_INCREF(thing);
    return thing;
}

static PyObject *spread(PyObject *self, PyObject *arguments) {
    (void)self;
    PyObject *result = PyTuple_New(PyTuple_GET_SIZE(arguments));
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(arguments); i++) {
        Py_INCREF(PyTuple_GET_ITEM(arguments, i));
        PyTuple_SET_ITEM(result, i, PyTuple_GET_ITEM(arguments, i));
    }
    return result;
}

static PyObject *spread_fast(PyObject *self, PyObject *const *arguments, Py_ssize_t count, PyObject *names) {
    (void)self;
    Py_ssize_t all = count + (names ? PyTuple_GET_SIZE(names) : 0);
    PyObject *result = PyList_New(0);
    for (Py_ssize_t i = 0; i < all; i++)
        if (PyList_Append(result, arguments[i]) < 0)
            return NULL;
    return result;
}

/* Many objects of the types that keep some of theirs for later. */
static PyObject *churn(PyObject *self, PyObject *count) {
    (void)self;
    for (long i = 0; i < PyLong_AsLong(count); i++) {
        PyObject *made[] = {
            PyFloat_FromDouble((double)i), PyLong_FromLong(i + 100000), PyTuple_New(3), PyList_New(2), PyDict_New(),
            PyBytes_FromString("bytes")};
        for (size_t j = 0; j < sizeof(made) / sizeof(made[0]); j++)
            Py_DECREF(made[j]);
    }
    Py_RETURN_NONE;
}

/* Deep ones are taken apart bit by bit, some of it later. */
static PyObject *deep(PyObject *self, PyObject *depth) {
    (void)self;
    PyObject *inner = PyList_New(0);
    for (long i = 0; i < PyLong_AsLong(depth); i++) {
        PyObject *outer = i % 2 ? PyTuple_New(1) : PyList_New(1);
        if (i % 2)
            PyTuple_SET_ITEM(outer, 0, inner);
        else
            PyList_SET_ITEM(outer, 0, inner);
        inner = outer;
    }
    Py_DECREF(inner);
    Py_RETURN_NONE;
}

/* Kept for good by its text alone: numpy does so with docstrings. */
static const char *volatile kept_texts[100];
static size_t kept_text_count;
static PyObject *keep_text(PyObject *self, PyObject *text) {
    (void)self;
    if (kept_text_count == sizeof(kept_texts) / sizeof(kept_texts[0]))
        Py_RETURN_NONE;
    const char *inside = PyUnicode_Check(text) ? PyUnicode_AsUTF8(text) : PyBytes_AsString(text);
    if (!inside)
        return NULL;
    Py_INCREF(text);
    kept_texts[kept_text_count++] = inside;
    Py_RETURN_NONE;
}

/* Kept for good, one more with each call, and known to somebody each time. */
static PyObject *kept_list, *kept_dict, **kept_array;
static Py_ssize_t kept_count;
static PyObject *keep(PyObject *self, PyObject *thing) {
    (void)self;
    PyObject *name = PyUnicode_FromFormat("kept-%zd", kept_count);
    PyUnicode_InternInPlace(&name);
    if (!kept_list) {
        kept_list = PyList_New(0);
        kept_dict = PyDict_New();
    }
    PyList_Append(kept_list, thing);
    PyDict_SetItem(kept_dict, name, thing);
    kept_array = realloc(kept_array, (size_t)(kept_count + 1) * sizeof(*kept_array));
    kept_array[kept_count++] = name;
    Py_INCREF(thing);
    return thing;
}

/* One of the few made once, and given out again and again. */
static PyObject *constant(PyObject *self, PyObject *nothing) {
    (void)self, (void)nothing;
    static PyObject *made;
    if (!made)
        made = Py_BuildValue("(sii)", "constant", 1, 100000);
    Py_INCREF(made);
    return made;
}

static PyObject *refused(PyObject *self, PyObject *list) {
    (void)self;
    PyObject *item = PyUnicode_FromString("not taken");
    if (PyList_SetItem(list, 1000, item) < 0)
        PyErr_Clear();
    PyObject *module = PyModule_New("made_for_this");
    PyModule_AddObject(module, "item", PyLong_FromLong(123456));
    Py_DECREF(module);
    Py_RETURN_NONE;
}

static PyObject *is_alive(PyObject *self, PyObject *reference) {
    (void)self;
    PyObject *thing = PyObject_CallObject(reference, NULL);
    bool alive = thing != NULL && thing != Py_None;
    Py_XDECREF(thing);
    return PyBool_FromLong(alive);
}

/* ---- insides and buffers --------------------------------------------------------------------------------------------------- */

static PyObject *lengths(PyObject *self, PyObject *thing) {
    (void)self;
    size_t sum = 0;
    for (int i = 0; i < 100; i++) { /* each may lie where the last one lay */
        PyObject *text = PyObject_Str(thing), *bytes = PyBytes_FromFormat("%d and more of it", i);
        if (!text || !bytes)
            return NULL;
        sum += strlen(PyUnicode_AsUTF8(text)) + strlen(PyBytes_AsString(bytes));
        Py_DECREF(bytes);
        Py_DECREF(text);
    }
    return PyLong_FromSize_t(sum);
}

static Py_buffer held;
static PyObject *hold(PyObject *self, PyObject *data) {
    (void)self;
    return PyObject_GetBuffer(data, &held, PyBUF_SIMPLE) < 0 ? NULL : Py_BuildValue("");
}

static PyObject *let_go(PyObject *self, PyObject *nothing) {
    (void)self, (void)nothing;
    Py_ssize_t length = held.len;
    PyBuffer_Release(&held);
    return PyLong_FromSsize_t(length);
}

static PyObject *view(PyObject *self, PyObject *data) {
    (void)self;
    return PyMemoryView_FromObject(data);
}

static PyObject *sum(PyObject *self, PyObject *arguments) {
    (void)self;
    Py_buffer data, other = {0};
    long sum = 0;
    if (!PyArg_ParseTuple(arguments, "y*|z*", &data, &other))
        return NULL;
    for (Py_ssize_t i = 0; i < data.len; i++)
        sum += ((unsigned char *)data.buf)[i];
    PyBuffer_Release(&data);
    PyBuffer_Release(&other);
    return PyLong_FromLong(sum);
}

/* ---- exceptions ------------------------------------------------------------------------------------------------------------ */

/* Puts the exception aside, calls, and puts it back. */
static PyObject *fails_after_calling(PyObject *self, PyObject *callback) {
    (void)self;
    PyObject *type, *value, *traceback;
    PyErr_SetString(PyExc_ValueError, "as expected");
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    Py_XDECREF(PyObject_CallObject(callback, NULL));
    PyErr_Restore(type, value, traceback);
    return NULL;
}

static PyObject *look_up(PyObject *self, PyObject *thing) {
    (void)self;
    PyObject *found = PyObject_GetAttrString(thing, "no_such_attribute");
    if (found || !PyErr_ExceptionMatches(PyExc_AttributeError))
        return found;
    PyErr_Clear();
    PyObject *error = PyObject_CallFunction(PyExc_KeyError, "s", "no such");
    PyErr_SetObject(PyExc_KeyError, error);
    Py_DECREF(error);
    if (PyErr_Occurred() && PyErr_GivenExceptionMatches(PyErr_Occurred(), PyExc_LookupError))
        PyErr_Clear();
    Py_RETURN_NONE;
}

/* ---- a type ---------------------------------------------------------------------------------------------------------------- */

typedef struct {
    PyObject_HEAD PyObject *value, *weak;
    uintptr_t tagged; /* an object, with a bit in the lowest place that says so */
    Py_buffer view;
    const char *text; /* inside of `value` */
    long steps;
} Box;

#define FREE_BOXES 4
static Box *free_boxes[FREE_BOXES];
static int free_count;

static PyObject *box_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords) {
    (void)arguments, (void)keywords;
    Box *box = free_count ? free_boxes[--free_count] : PyObject_GC_New(Box, type);
    if (!box)
        return NULL;
    memset((char *)box + sizeof(PyObject), 0, sizeof(*box) - sizeof(PyObject));
    Py_SET_REFCNT((PyObject *)box, 1);
    PyObject_GC_Track((PyObject *)box);
    return (PyObject *)box;
}

static int box_init(Box *box, PyObject *arguments, PyObject *keywords) {
    (void)keywords;
    PyObject *value = Py_None;
    if (!PyArg_ParseTuple(arguments, "|O", &value))
        return -1;
    Py_INCREF(value);
    Py_XDECREF(box->value);
    box->value = value;
    box->text = PyUnicode_Check(value) ? PyUnicode_AsUTF8(value) : NULL;
    Py_INCREF(value);
    box->tagged = (uintptr_t)value | 1;
    return 0;
}

static int box_traverse(Box *box, visitproc visit, void *arg) {
    Py_VISIT(box->value);
    return 0;
}

static int box_clear(Box *box) {
    Py_CLEAR(box->value);
    return 0;
}

static void box_dealloc(Box *box) {
    PyObject_GC_UnTrack((PyObject *)box);
    if (box->weak)
        PyObject_ClearWeakRefs((PyObject *)box);
    Py_XDECREF(box->value);
    Py_XDECREF((PyObject *)(box->tagged & ~(uintptr_t)1));
    if (box->view.obj)
        PyBuffer_Release(&box->view);
    if (free_count < FREE_BOXES && Py_TYPE(box)->tp_free == PyObject_GC_Del)
        free_boxes[free_count++] = box;
    else
        Py_TYPE(box)->tp_free((PyObject *)box);
}

static PyObject *box_text(Box *box, void *closure) {
    (void)closure;
    return box->text ? PyUnicode_FromString(box->text) : Py_BuildValue("");
}

static int box_set_value(Box *box, PyObject *value, void *closure) {
    (void)closure;
    if (!value) {
        PyErr_SetString(PyExc_TypeError, "it cannot be deleted");
        return -1;
    }
    PyObject *old = box->value;
    Py_INCREF(value);
    box->value = value;
    box->text = NULL;
    Py_XDECREF(old);
    return 0;
}

static PyObject *box_value(Box *box, void *closure) {
    (void)closure;
    PyObject *value = box->value ? box->value : Py_None;
    Py_INCREF(value);
    return value;
}

static PyObject *box_look(Box *box, PyObject *data) {
    if (PyObject_GetBuffer(data, &box->view, PyBUF_SIMPLE) < 0)
        return NULL;
    Py_INCREF(box);
    return (PyObject *)box;
}

/* The end of an iteration is no exception. */
static PyObject *box_next(Box *box) {
    return box->steps < 3 ? PyLong_FromLong(box->steps++) : NULL;
}

static PyObject *box_self(PyObject *box) {
    Py_INCREF(box);
    return box;
}

static Py_hash_t box_hash(Box *box) {
    return box->value ? PyObject_Hash(box->value) : -2;
}

static int box_contains(Box *box, PyObject *thing) {
    return box->value ? PyObject_RichCompareBool(box->value, thing, Py_EQ) : 0;
}

static PyObject *box_add(PyObject *box, PyObject *other) {
    if (!PyLong_Check(other))
        Py_RETURN_NOTIMPLEMENTED;
    return box_self(box);
}

static PyMethodDef box_methods[] = {
    {"look", (PyCFunction)box_look, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};
static PyGetSetDef box_getters[] = {
    {"text", (getter)box_text, NULL, NULL, NULL},
    {"value", (getter)box_value, (setter)box_set_value, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
static PyNumberMethods box_number = {.nb_add = box_add, .nb_inplace_add = box_add};
static PySequenceMethods box_sequence = {.sq_contains = (objobjproc)box_contains};
static PyTypeObject box_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "_references.Box",
    .tp_basicsize = sizeof(Box),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_new = box_new,
    .tp_init = (initproc)box_init,
    .tp_dealloc = (destructor)box_dealloc,
    .tp_traverse = (traverseproc)box_traverse,
    .tp_clear = (inquiry)box_clear,
    .tp_weaklistoffset = offsetof(Box, weak),
    .tp_methods = box_methods,
    .tp_getset = box_getters,
    .tp_as_number = &box_number,
    .tp_as_sequence = &box_sequence,
    .tp_iter = box_self,
    .tp_iternext = (iternextfunc)box_next,
    .tp_hash = (hashfunc)box_hash,
};

/* ---- the module ------------------------------------------------------------------------------------------------------------ */

static PyMethodDef methods[] = {
    {"replace", replace, METH_VARARGS, NULL},
    {"take", take, METH_O, NULL},
    {"swap", swap, METH_O, NULL},
    {"empty", empty, METH_O, NULL},
    {"during", during, METH_VARARGS, NULL},
    {"juggle", juggle, METH_O, NULL},
    {"spread", spread, METH_VARARGS, NULL},
    {"spread_fast", (PyCFunction)(void (*)(void))spread_fast, METH_FASTCALL | METH_KEYWORDS, NULL},
    {"churn", churn, METH_O, NULL},
    {"deep", deep, METH_O, NULL},
    {"keep", keep, METH_O, NULL},
    {"keep_text", keep_text, METH_O, NULL},
    {"constant", constant, METH_NOARGS, NULL},
    {"refused", refused, METH_O, NULL},
    {"is_alive", is_alive, METH_O, NULL},
    {"lengths", lengths, METH_O, NULL},
    {"hold", hold, METH_O, NULL},
    {"let_go", let_go, METH_NOARGS, NULL},
    {"view", view, METH_O, NULL},
    {"sum", sum, METH_VARARGS, NULL},
    {"fails_after_calling", fails_after_calling, METH_O, NULL},
    {"look_up", look_up, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "_references", .m_size = -1, .m_methods = methods};

PyMODINIT_FUNC PyInit__references(void) {
    PyObject *made = PyType_Ready(&box_type) < 0 ? NULL : PyModule_Create(&module);
    if (!made)
        return NULL;
    Py_INCREF(&box_type);
    PyModule_AddObject(made, "Box", (PyObject *)&box_type);
    return made;
}
