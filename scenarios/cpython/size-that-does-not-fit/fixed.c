/* SPDX-License-Identifier: Apache-2.0 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

typedef struct {
    PyObject_HEAD PyObject *size;
} Hall;

static int hall_init(Hall *self, PyObject *arguments, PyObject *keywords) {
    (void)keywords;
    PyObject *size;
    if (!PyArg_ParseTuple(arguments, "O", &size))
        return -1;
    Py_INCREF(size);
    Py_XSETREF(self->size, size);
    return 0;
}

static void hall_dealloc(Hall *self) {
    PyTypeObject *type = Py_TYPE(self);
    Py_XDECREF(self->size);
    type->tp_free((PyObject *)self);
    Py_DECREF(type);
}

static PyObject *hall_is_large(Hall *self, void *closure) {
    (void)closure;
    long size = PyLong_AsLong(self->size);
    if (size == -1 && PyErr_Occurred())
        return NULL;
    return PyBool_FromLong(size > 100);
}

static PyGetSetDef getters[] = {
    {"is_large", (getter)hall_is_large, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_init, hall_init},
    {Py_tp_dealloc, hall_dealloc},
    {Py_tp_getset, getters},
    {0, NULL},
};

static PyType_Spec spec = {"greeting.Hall", sizeof(Hall), 0, Py_TPFLAGS_DEFAULT, slots};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "greeting",
    .m_doc = "Greetings in a hall.",
    .m_size = -1,
};

PyMODINIT_FUNC PyInit_greeting(void) {
    PyObject *made = PyModule_Create(&module);
    PyObject *type = PyType_FromSpec(&spec);
    if (made == NULL || type == NULL || PyModule_AddObject(made, "Hall", type) < 0)
        return NULL;
    return made;
}
