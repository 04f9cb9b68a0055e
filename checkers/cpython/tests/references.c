/* SPDX-License-Identifier: Apache-2.0
 *
 * An extension for references.py: functions that treat references as they may, and functions whose names begin with "bad_", which do not.
 * Built for each interpreter on the machine, without FFISan's headers.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

#define UNUSED(name) PyObject *name __attribute__((unused))

/* ---- arguments ---- */

static PyObject *bad_one(UNUSED(self), PyObject *argument) {
    Py_DECREF(argument);
    Py_RETURN_NONE;
}
static PyObject *bad_tuple(UNUSED(self), PyObject *arguments) {
    Py_DECREF(PyTuple_GET_ITEM(arguments, 0));
    Py_RETURN_NONE;
}
static PyObject *bad_keywords(UNUSED(self), PyObject *arguments, PyObject *keywords) {
    static char *names[] = {"first", "second", NULL};
    PyObject *first, *second = NULL;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "O|O", names, &first, &second))
        return NULL;
    Py_DECREF(second ? second : first);
    Py_RETURN_NONE;
}
static PyObject *bad_fast(UNUSED(self), PyObject *const *arguments, Py_ssize_t count) {
    if (count > 1)
        Py_DECREF(arguments[1]);
    Py_RETURN_NONE;
}
static PyObject *bad_fast_keywords(UNUSED(self), PyObject *const *arguments, Py_ssize_t count, PyObject *names) {
    Py_ssize_t all = count + (names ? PyTuple_GET_SIZE(names) : 0);
    Py_DECREF(arguments[all - 1]);
    Py_RETURN_NONE;
}

/* ---- items ---- */

static PyObject *bad_list_item(UNUSED(self), PyObject *list) {
    Py_DECREF(PyList_GetItem(list, 0));
    Py_RETURN_NONE;
}
static PyObject *bad_tuple_item(UNUSED(self), PyObject *tuple) {
    Py_DECREF(PyTuple_GET_ITEM(tuple, 0));
    Py_RETURN_NONE;
}
static PyObject *bad_dict_item(UNUSED(self), PyObject *dict) {
    Py_DECREF(PyDict_GetItemString(dict, "key"));
    Py_RETURN_NONE;
}
static PyObject *bad_attribute(UNUSED(self), PyObject *object) {
    PyObject *value = PyObject_GetAttrString(object, "value");
    Py_XDECREF(value);
    Py_XDECREF(value);
    Py_RETURN_NONE;
}

/* ---- results ---- */

static PyObject *bad_return_argument(UNUSED(self), PyObject *argument) {
    return argument;
}
static PyObject *bad_return_item(UNUSED(self), PyObject *list) {
    return PyList_GET_ITEM(list, 0);
}
static PyObject *bad_return_dict_item(UNUSED(self), PyObject *dict) {
    return PyDict_GetItemString(dict, "key");
}
static PyObject *kept; /* owned */
static PyObject *keep(UNUSED(self), PyObject *object) {
    Py_INCREF(object);
    Py_XSETREF(kept, object);
    Py_RETURN_NONE;
}
static PyObject *bad_pack(UNUSED(self), PyObject *argument) {
    PyObject *tuple = PyTuple_New(1);
    if (tuple)
        PyTuple_SET_ITEM(tuple, 0, argument);
    return tuple;
}

static PyObject *bad_put_item(UNUSED(self), PyObject *const *arguments, Py_ssize_t count) {
    (void)count;
    Py_DECREF(PyList_GET_ITEM(arguments[0], 0));
    PyList_SET_ITEM(arguments[0], 0, arguments[1]);
    Py_RETURN_NONE;
}

/* ---- what is stolen ---- */

static PyObject *bad_set_list(UNUSED(self), PyObject *argument) {
    PyObject *list = PyList_New(1);
    if (list)
        PyList_SetItem(list, 0, argument);
    return list;
}
static PyObject *bad_set_tuple(UNUSED(self), PyObject *argument) {
    PyObject *tuple = PyTuple_New(1), *value = PyObject_GetAttrString(argument, "value");
    if (!tuple || !value)
        return NULL;
    PyTuple_SetItem(tuple, 0, value);
    Py_DECREF(value);
    return tuple;
}
static PyObject *bad_set_refused(UNUSED(self), PyObject *argument) {
    PyObject *list = PyList_New(1);
    Py_INCREF(argument);
    if (PyList_SetItem(list, 5, argument) < 0) {
        PyErr_Clear();
        Py_DECREF(argument);
    }
    return list;
}
static PyObject *bad_add_object(PyObject *module, PyObject *argument) {
    Py_INCREF(argument);
    if (PyModule_AddObject(module, "added", argument) < 0)
        return NULL;
    Py_DECREF(argument);
    Py_RETURN_NONE;
}

/* ---- what was made in the call ---- */

static PyObject *make(PyObject *kind) {
    const char *name = PyUnicode_AsUTF8(kind);
    if (!name)
        return NULL;
    switch (name[0]) {
    case 's':
        return PyUnicode_FromFormat("text-%d", 1000);
    case 'b':
        return PyBytes_FromFormat("bytes-%d", 1000);
    case 'l':
        return PyList_New(2);
    case 'd':
        return PyDict_New();
    case 't':
        return PyTuple_New(3);
    case 'f':
        return PyFloat_FromDouble(1234.5);
    default:
        return PyLong_FromLong(123456789);
    }
}
static PyObject *bad_list_made(UNUSED(self), PyObject *kind) {
    PyObject *list = PyList_New(1), *value = make(kind);
    if (PyList_SetItem(list, 5, value) < 0) {
        Py_DECREF(value);
        PyErr_Clear();
    }
    return list;
}
static PyObject *bad_tuple_made(UNUSED(self), PyObject *kind) {
    PyObject *tuple = PyTuple_New(0), *value = make(kind);
    if (PyTuple_SetItem(tuple, 5, value) < 0) {
        PyErr_Clear();
        Py_DECREF(value);
    }
    return tuple;
}
static PyObject *bad_add_made(PyObject *module, PyObject *kind) {
    PyObject *value = make(kind);
    if (PyModule_AddObject(module, "made", value) < 0)
        return NULL;
    Py_DECREF(value);
    Py_RETURN_NONE;
}
static PyObject *bad_twice_made(UNUSED(self), PyObject *kind) {
    PyObject *value = make(kind);
    Py_DECREF(value);
    Py_DECREF(value);
    Py_RETURN_NONE;
}
static PyObject *list_made(UNUSED(self), PyObject *kind) {
    PyObject *list = PyList_New(1), *value = make(kind);
    if (PyList_SetItem(list, 5, value) < 0)
        PyErr_Clear();
    value = make(kind);
    PyList_SetItem(list, 0, value);
    return list;
}
static PyObject *tuple_made(UNUSED(self), PyObject *kind) {
    PyObject *tuple = PyTuple_New(0), *value = make(kind);
    Py_INCREF(value);
    if (PyTuple_SetItem(tuple, 5, value) < 0)
        PyErr_Clear();
    Py_DECREF(value);
    return tuple;
}
static PyObject *add_made(PyObject *module, PyObject *kind) {
    PyObject *value = make(kind), *number = PyLong_FromLong(5);
    if (PyModule_AddObject(number, "made", value) < 0) {
        Py_DECREF(value);
        PyErr_Clear();
    }
    Py_DECREF(number);
    value = make(kind);
    if (PyModule_AddObject(module, "made", value) < 0)
        Py_DECREF(value);
    Py_RETURN_NONE;
}
/* What dies makes place for the next, at the same address more often than not. */
static PyObject *again_made(UNUSED(self), PyObject *kind) {
    for (int i = 0; i < 40; i++) {
        PyObject *value = make(kind);
        Py_XDECREF(value);
        value = make(kind);
        Py_XDECREF(value);
    }
    return make(kind);
}

/* ---- what is allowed ---- */

static PyObject *pass(UNUSED(self), UNUSED(argument)) {
    Py_RETURN_NONE;
}
static PyObject *same(UNUSED(self), PyObject *argument) {
    Py_INCREF(argument);
    return argument;
}
static PyObject *first(UNUSED(self), PyObject *arguments) {
    PyObject *item = PyTuple_GET_ITEM(arguments, 0);
    Py_INCREF(item);
    return item;
}
static PyObject *last_fast(UNUSED(self), PyObject *const *arguments, Py_ssize_t count) {
    PyObject *item = count ? arguments[count - 1] : Py_None;
    Py_INCREF(item);
    return item;
}
static PyObject *named(UNUSED(self), PyObject *const *arguments, Py_ssize_t count, PyObject *names) {
    Py_ssize_t all = count + (names ? PyTuple_GET_SIZE(names) : 0);
    return last_fast(NULL, arguments, all);
}
/* As Cython does it: given up first, filled anew then. */
static PyObject *replace_item(UNUSED(self), PyObject *list) {
    PyObject *fresh = PyLong_FromLong(123456789), *old = PyList_GET_ITEM(list, 0);
    Py_DECREF(old);
    PyList_SET_ITEM(list, 0, fresh);
    Py_RETURN_NONE;
}
/* The memory of what died is the new one's. */
static PyObject *replace_in_place(UNUSED(self), PyObject *list) {
    Py_DECREF(PyList_GET_ITEM(list, 0));
    PyList_SET_ITEM(list, 0, PyFloat_FromDouble(1.5));
    return PyFloat_FromDouble(2.5);
}
static PyObject *put_item(UNUSED(self), PyObject *const *arguments, Py_ssize_t count) {
    (void)count;
    Py_DECREF(PyList_GET_ITEM(arguments[0], 0));
    Py_INCREF(arguments[1]);
    PyList_SET_ITEM(arguments[0], 0, arguments[1]);
    Py_RETURN_NONE;
}
static PyObject *clear(UNUSED(self), PyObject *container) {
    return PyObject_CallMethod(container, "clear", NULL);
}
static PyObject *take_out(UNUSED(self), PyObject *const *arguments, Py_ssize_t count) {
    (void)count;
    if (PySequence_DelItem(arguments[0], 0) < 0)
        return NULL;
    Py_RETURN_NONE;
}
static PyObject *pop(UNUSED(self), PyObject *list) {
    PyObject *item = PyList_GET_ITEM(list, 0);
    Py_INCREF(item);
    if (PyList_SetSlice(list, 0, 1, NULL) < 0)
        Py_CLEAR(item);
    return item;
}
static PyObject *call(UNUSED(self), PyObject *const *arguments, Py_ssize_t count) {
    return PyObject_CallFunctionObjArgs(arguments[0], count > 1 ? arguments[1] : NULL, NULL);
}
/* A borrowed argument is kept while Python code runs that may drop all other references. */
static PyObject *call_and_look(UNUSED(self), PyObject *const *arguments, Py_ssize_t count) {
    PyObject *result = PyObject_CallFunctionObjArgs(arguments[0], NULL);
    Py_XDECREF(result);
    return result ? PyLong_FromSsize_t(count > 1 ? PyObject_Size(arguments[1]) : 0) : NULL;
}
static PyObject *pack(UNUSED(self), PyObject *argument) {
    PyObject *tuple = PyTuple_New(2);
    if (!tuple)
        return NULL;
    Py_INCREF(argument);
    PyTuple_SET_ITEM(tuple, 0, argument);
    Py_INCREF(argument);
    PyTuple_SetItem(tuple, 1, argument);
    return tuple;
}
static PyObject *refused(UNUSED(self), PyObject *argument) {
    PyObject *list = PyList_New(1);
    Py_INCREF(argument);
    PyList_SetItem(list, 5, argument);
    PyErr_Clear();
    return list;
}
static PyObject *add_object(PyObject *module, PyObject *argument) {
    Py_INCREF(argument);
    if (PyModule_AddObject(module, "added", argument) < 0) {
        Py_DECREF(argument);
        return NULL;
    }
    Py_RETURN_NONE;
}
static PyObject *forget(UNUSED(self), UNUSED(nothing)) {
    Py_CLEAR(kept);
    Py_RETURN_NONE;
}
static PyObject *fresh(UNUSED(self), PyObject *argument) {
    return PyList_Check(argument) ? PyList_GetSlice(argument, 0, 1) : PyObject_Str(argument);
}
static PyObject *small(UNUSED(self), UNUSED(nothing)) {
    return PyLong_FromLong(5);
}

/* ---- a type: holds one object, visible to the collector or not ---- */

struct holder {
    PyObject_HEAD PyObject *value;
};
static int holder_traverse(struct holder *self, visitproc visit, void *arg) {
    Py_VISIT(self->value);
    return 0;
}
static int holder_clear(struct holder *self) {
    Py_CLEAR(self->value);
    return 0;
}
static void holder_dealloc(struct holder *self) {
    PyObject_GC_UnTrack(self);
    Py_CLEAR(self->value);
    Py_TYPE(self)->tp_free((PyObject *)self);
}
static int holder_init(struct holder *self, PyObject *arguments, PyObject *keywords) {
    PyObject *value;
    (void)keywords;
    if (!PyArg_ParseTuple(arguments, "O", &value))
        return -1;
    Py_INCREF(value);
    Py_XSETREF(self->value, value);
    return 0;
}
static PyObject *holder_get(struct holder *self, void *closure) {
    (void)closure;
    Py_INCREF(self->value);
    return self->value;
}
static int holder_set(struct holder *self, PyObject *value, void *closure) {
    (void)closure;
    Py_DECREF(self->value); /* as Cython does it */
    Py_XINCREF(value);
    self->value = value;
    return 0;
}
static PyObject *holder_bad_get(struct holder *self, void *closure) {
    (void)closure;
    return self->value;
}
static int holder_bad_set(struct holder *self, PyObject *value, void *closure) {
    (void)closure;
    Py_XSETREF(self->value, value);
    return 0;
}
static PyObject *holder_bad_drop(struct holder *self, UNUSED(nothing)) {
    Py_DECREF(self->value);
    Py_RETURN_NONE;
}
static PyObject *holder_take(struct holder *self, UNUSED(nothing)) {
    PyObject *value = self->value;
    Py_INCREF(Py_None);
    self->value = Py_None;
    return value;
}
static PyObject *holder_bad_self(struct holder *self, UNUSED(nothing)) {
    Py_DECREF(self);
    Py_RETURN_NONE;
}
static PyObject *holder_enter(PyObject *self, UNUSED(nothing)) {
    Py_INCREF(self);
    return self;
}
static PyObject *holder_exit(struct holder *self, UNUSED(arguments)) {
    PyObject *none = Py_None;
    Py_INCREF(none);
    Py_XSETREF(self->value, none);
    Py_RETURN_FALSE;
}
static PyObject *holder_iadd(PyObject *self, UNUSED(other)) {
    Py_INCREF(self);
    return self;
}
static PyObject *holder_next(struct holder *self) {
    PyObject *value = self->value;
    if (value == Py_None)
        return NULL;
    Py_INCREF(Py_None);
    self->value = Py_None;
    return value;
}
static PyMethodDef holder_methods[] = {
    {"take", (PyCFunction)holder_take, METH_NOARGS, NULL},         {"bad_drop", (PyCFunction)holder_bad_drop, METH_NOARGS, NULL},
    {"bad_self", (PyCFunction)holder_bad_self, METH_NOARGS, NULL}, {"__enter__", holder_enter, METH_NOARGS, NULL},
    {"__exit__", (PyCFunction)holder_exit, METH_VARARGS, NULL},    {NULL, NULL, 0, NULL},
};
static PyGetSetDef holder_attributes[] = {
    {"value", (getter)holder_get, (setter)holder_set, NULL, NULL},
    {"bad", (getter)holder_bad_get, (setter)holder_bad_set, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
static PyNumberMethods holder_number = {.nb_inplace_add = holder_iadd};
static PyTypeObject Holder = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "referring.Holder",
    .tp_basicsize = sizeof(struct holder),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_new = PyType_GenericNew,
    .tp_init = (initproc)holder_init,
    .tp_dealloc = (destructor)holder_dealloc,
    .tp_traverse = (traverseproc)holder_traverse,
    .tp_clear = (inquiry)holder_clear,
    .tp_methods = holder_methods,
    .tp_getset = holder_attributes,
    .tp_as_number = &holder_number,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = (iternextfunc)holder_next,
};

/* Its traverse visits what it holds twice: nobody notices with an object that is not tracked itself. */
static int careless_traverse(struct holder *self, visitproc visit, void *arg) {
    if (self->value && !PyObject_IS_GC(self->value))
        Py_VISIT(self->value);
    Py_VISIT(self->value);
    return 0;
}
static PyTypeObject Careless = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "referring.Careless",
    .tp_basicsize = sizeof(struct holder),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_new = PyType_GenericNew,
    .tp_init = (initproc)holder_init,
    .tp_dealloc = (destructor)holder_dealloc,
    .tp_traverse = (traverseproc)careless_traverse,
    .tp_clear = (inquiry)holder_clear,
    .tp_getset = holder_attributes,
};

#define FAST(function) ((PyCFunction)(void (*)(void))(function))
static PyMethodDef methods[] = {
    {"bad_one", bad_one, METH_O, NULL},
    {"bad_tuple", bad_tuple, METH_VARARGS, NULL},
    {"bad_keywords", FAST(bad_keywords), METH_VARARGS | METH_KEYWORDS, NULL},
    {"bad_fast", FAST(bad_fast), METH_FASTCALL, NULL},
    {"bad_fast_keywords", FAST(bad_fast_keywords), METH_FASTCALL | METH_KEYWORDS, NULL},
    {"bad_list_item", bad_list_item, METH_O, NULL},
    {"bad_tuple_item", bad_tuple_item, METH_O, NULL},
    {"bad_dict_item", bad_dict_item, METH_O, NULL},
    {"bad_attribute", bad_attribute, METH_O, NULL},
    {"bad_return_argument", bad_return_argument, METH_O, NULL},
    {"bad_return_item", bad_return_item, METH_O, NULL},
    {"bad_return_dict_item", bad_return_dict_item, METH_O, NULL},
    {"bad_pack", bad_pack, METH_O, NULL},
    {"bad_set_list", bad_set_list, METH_O, NULL},
    {"bad_set_tuple", bad_set_tuple, METH_O, NULL},
    {"bad_set_refused", bad_set_refused, METH_O, NULL},
    {"bad_add_object", bad_add_object, METH_O, NULL},
    {"bad_list_made", bad_list_made, METH_O, NULL},
    {"bad_tuple_made", bad_tuple_made, METH_O, NULL},
    {"bad_add_made", bad_add_made, METH_O, NULL},
    {"bad_twice_made", bad_twice_made, METH_O, NULL},
    {"list_made", list_made, METH_O, NULL},
    {"tuple_made", tuple_made, METH_O, NULL},
    {"add_made", add_made, METH_O, NULL},
    {"again_made", again_made, METH_O, NULL},
    {"bad_put_item", FAST(bad_put_item), METH_FASTCALL, NULL},
    {"put_item", FAST(put_item), METH_FASTCALL, NULL},
    {"keep", keep, METH_O, NULL},
    {"pass_", pass, METH_O, NULL},
    {"same", same, METH_O, NULL},
    {"first", first, METH_VARARGS, NULL},
    {"last_fast", FAST(last_fast), METH_FASTCALL, NULL},
    {"named", FAST(named), METH_FASTCALL | METH_KEYWORDS, NULL},
    {"replace_item", replace_item, METH_O, NULL},
    {"replace_in_place", replace_in_place, METH_O, NULL},
    {"clear", clear, METH_O, NULL},
    {"take_out", FAST(take_out), METH_FASTCALL, NULL},
    {"pop", pop, METH_O, NULL},
    {"call", FAST(call), METH_FASTCALL, NULL},
    {"call_and_look", FAST(call_and_look), METH_FASTCALL, NULL},
    {"pack", pack, METH_O, NULL},
    {"refused", refused, METH_O, NULL},
    {"add_object", add_object, METH_O, NULL},
    {"forget", forget, METH_NOARGS, NULL},
    {"fresh", fresh, METH_O, NULL},
    {"small", small, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "referring",
    .m_size = -1,
    .m_methods = methods,
};

PyMODINIT_FUNC PyInit_referring(void) {
    PyObject *made = PyModule_Create(&module);
    if (!made || PyType_Ready(&Holder) < 0 || PyType_Ready(&Careless) < 0)
        return NULL;
    Py_INCREF(&Holder);
    PyModule_AddObject(made, "Holder", (PyObject *)&Holder);
    Py_INCREF(&Careless);
    PyModule_AddObject(made, "Careless", (PyObject *)&Careless);
    return made;
}
