/* SPDX-License-Identifier: Apache-2.0 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <curl/curl.h>

typedef struct {
    PyObject_HEAD CURL *handle;
    PyObject *fields;
} Request;

static PyObject *request_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords) {
    (void)arguments, (void)keywords;
    Request *self = (Request *)type->tp_alloc(type, 0);
    if (self != NULL)
        self->handle = curl_easy_init();
    return (PyObject *)self;
}

static void request_dealloc(Request *self) {
    PyTypeObject *type = Py_TYPE(self);
    curl_easy_cleanup(self->handle);
    Py_XDECREF(self->fields);
    type->tp_free((PyObject *)self);
    Py_DECREF(type);
}

static PyObject *request_post(Request *self, PyObject *fields) {
    char *text;
    Py_ssize_t length;
    if (PyBytes_AsStringAndSize(fields, &text, &length) < 0)
        return NULL;
    curl_easy_setopt(self->handle, CURLOPT_POSTFIELDSIZE, (long)length);
    curl_easy_setopt(self->handle, CURLOPT_POSTFIELDS, text);
    Py_INCREF(fields);
    Py_XSETREF(self->fields, fields);
    Py_RETURN_NONE;
}

static PyObject *request_send(Request *self, PyObject *address) {
    curl_easy_setopt(self->handle, CURLOPT_URL, PyUnicode_AsUTF8(address));
    return PyLong_FromLong(curl_easy_perform(self->handle));
}

static PyMethodDef methods[] = {
    {"post", (PyCFunction)request_post, METH_O, "post(fields)"},
    {"send", (PyCFunction)request_send, METH_O, "send(address)"},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_new, request_new},
    {Py_tp_dealloc, request_dealloc},
    {Py_tp_methods, methods},
    {0, NULL},
};

static PyType_Spec spec = {"greeting.Request", sizeof(Request), 0, Py_TPFLAGS_DEFAULT, slots};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "greeting",
    .m_doc = "Greetings by mail.",
    .m_size = -1,
};

PyMODINIT_FUNC PyInit_greeting(void) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    PyObject *made = PyModule_Create(&module);
    PyObject *type = PyType_FromSpec(&spec);
    if (made == NULL || type == NULL || PyModule_AddObject(made, "Request", type) < 0)
        return NULL;
    return made;
}
