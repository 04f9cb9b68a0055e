/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions of an extension with a mistake in it, and legal ones that look like them. A function's documentation is the rule that its call
 * breaks, or "". inside_guilty.py calls them all; planted.py compares.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdio.h>
#include <string.h>

#define UNUSED __attribute__((unused))

static PyObject *fresh_bytes(Py_ssize_t size) {
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, size);
    if (bytes)
        memset(PyBytes_AS_STRING(bytes), 'x', (size_t)size);
    return bytes;
}

/* Latin-1 and longer: its UTF-8 stands in a block of its own. */
static PyObject *fresh_text(void) {
    return PyUnicode_FromFormat("caf%c number %d", 0xe9, rand());
}

static PyObject *nothing(void) {
    Py_RETURN_NONE;
}

static volatile size_t sink;

/* ---- stale-interior: planted ----------------------------------------------------------------------------------------------- */

static PyObject *encoded(PyObject *self UNUSED, PyObject *text) {
    PyObject *bytes = PyUnicode_AsUTF8String(text);
    char *inside = PyBytes_AsString(bytes);
    Py_DECREF(bytes);
    return PyUnicode_FromString(inside);
}

static PyObject *by_macro(PyObject *self UNUSED, PyObject *none UNUSED) {
    PyObject *bytes = fresh_bytes(100);
    const char *inside = PyBytes_AS_STRING(bytes);
    Py_DECREF(bytes);
    return PyLong_FromSize_t(strlen(inside));
}

static PyObject *by_address(PyObject *self UNUSED, PyObject *none UNUSED) {
    PyObject *bytes = fresh_bytes(50);
    char copy[50], *inside;
    Py_ssize_t size;
    PyBytes_AsStringAndSize(bytes, &inside, &size);
    Py_DECREF(bytes);
    memcpy(copy, inside, (size_t)size);
    return PyBytes_FromStringAndSize(copy, size);
}

static PyObject *utf8_elsewhere(PyObject *self UNUSED, PyObject *none UNUSED) {
    PyObject *text = fresh_text();
    const char *inside = PyUnicode_AsUTF8(text);
    Py_DECREF(text);
    PyErr_SetString(PyExc_ValueError, inside);
    PyErr_Clear();
    return nothing();
}

static PyObject *resized_array(PyObject *self UNUSED, PyObject *none UNUSED) {
    PyObject *array = PyByteArray_FromStringAndSize("0123456789", 10);
    const char *inside = PyByteArray_AsString(array);
    PyByteArray_Resize(array, 5000);
    PyObject *result = PyUnicode_FromStringAndSize(inside, 10);
    Py_DECREF(array);
    return result;
}

static PyObject *built(PyObject *self UNUSED, PyObject *none UNUSED) {
    PyObject *bytes = fresh_bytes(30);
    const char *inside = PyBytes_AsString(bytes);
    Py_DECREF(bytes);
    return Py_BuildValue("(ids#)", 1, 2.5, inside, (Py_ssize_t)3);
}

static PyObject *formatted(PyObject *self UNUSED, PyObject *none UNUSED) {
    PyObject *bytes = fresh_bytes(40);
    const char *inside = PyBytes_AsString(bytes);
    Py_DECREF(bytes);
    PyErr_Format(PyExc_ValueError, "%d and %s", 3, inside);
    PyErr_Clear();
    return nothing();
}

static PyObject *printed(PyObject *self UNUSED, PyObject *none UNUSED) {
    char line[100];
    PyObject *bytes = fresh_bytes(40);
    const char *inside = PyBytes_AsString(bytes);
    Py_DECREF(bytes);
    snprintf(line, sizeof line, "%d %.2f %s", 3, 1.5, inside);
    return PyUnicode_FromString(line);
}

static PyObject *of_an_item(PyObject *self UNUSED, PyObject *list) {
    const char *inside = PyUnicode_AsUTF8(PyList_GetItem(list, 0));
    Py_INCREF(Py_None);
    PyList_SetItem(list, 0, Py_None);
    return PyUnicode_FromString(inside);
}

static PyObject *large(PyObject *self UNUSED, PyObject *none UNUSED) {
    PyObject *bytes = fresh_bytes(100000);
    const char *inside = PyBytes_AsString(bytes);
    Py_DECREF(bytes);
    return PyBytes_FromStringAndSize(inside + 5000, 10);
}

static PyObject *as_a_key(PyObject *self UNUSED, PyObject *none UNUSED) {
    PyObject *text = fresh_text(), *dict = PyDict_New();
    const char *inside = PyUnicode_AsUTF8(text);
    Py_DECREF(text);
    PyDict_SetItemString(dict, inside, Py_None);
    return dict;
}

static PyObject *of_a_view(PyObject *self UNUSED, PyObject *none UNUSED) {
    PyObject *bytes = fresh_bytes(60);
    Py_buffer view;
    PyObject_GetBuffer(bytes, &view, PyBUF_SIMPLE);
    const char *inside = view.buf;
    PyBuffer_Release(&view);
    Py_DECREF(bytes);
    return PyBytes_FromStringAndSize(inside, 10);
}

static PyObject *of_a_tuple(PyObject *self UNUSED, PyObject *none UNUSED) {
    PyObject *tuple = Py_BuildValue("(NN)", fresh_bytes(20), fresh_text());
    const char *first, *second;
    int good = PyArg_ParseTuple(tuple, "ys", &first, &second);
    Py_DECREF(tuple);
    return PyLong_FromSize_t(good ? strlen(second) : 0);
}

/* ---- stale-interior: legal ------------------------------------------------------------------------------------------------- */

static PyObject *used_in_time(PyObject *self UNUSED, PyObject *text) {
    PyObject *bytes = PyUnicode_AsUTF8String(text);
    PyObject *result = PyUnicode_FromString(PyBytes_AsString(bytes));
    Py_DECREF(bytes);
    return result;
}

static PyObject *copied(PyObject *self UNUSED, PyObject *none UNUSED) {
    PyObject *text = fresh_text();
    char *copy = strdup(PyUnicode_AsUTF8(text));
    Py_DECREF(text);
    PyObject *result = PyUnicode_FromString(copy);
    free(copy);
    return result;
}

static PyObject *another_owner(PyObject *self UNUSED, PyObject *list) {
    PyObject *text = PyUnicode_FromFormat("a text %d", 12345);
    PyList_Append(list, text);
    const char *inside = PyUnicode_AsUTF8(text);
    Py_DECREF(text);
    return PyUnicode_FromString(inside);
}

static PyObject *looked_at_only(PyObject *self UNUSED, PyObject *none UNUSED) {
    char line[60];
    PyObject *bytes = fresh_bytes(70);
    char *inside = PyBytes_AsString(bytes);
    Py_DECREF(bytes);
    snprintf(line, sizeof line, "%p %.0s %.*s", (void *)inside, inside, 0, inside);
    memcpy(line, inside, sink - sink);
    Py_XDECREF(PyLong_FromVoidPtr(inside));
    return PyBytes_FromStringAndSize(inside, 0);
}

static PyObject *same_place_again(PyObject *self UNUSED, PyObject *none UNUSED) {
    for (int i = 0; i < 100; i++) {
        PyObject *bytes = fresh_bytes(45);
        sink += strlen(PyBytes_AsString(bytes));
        Py_DECREF(bytes);
    }
    return nothing();
}

static PyObject *asked_again(PyObject *self UNUSED, PyObject *none UNUSED) {
    PyObject *array = PyByteArray_FromStringAndSize("0123456789", 10), *bytes = fresh_bytes(20);
    sink += strlen(PyByteArray_AsString(array)) + strlen(PyBytes_AsString(bytes));
    PyByteArray_Resize(array, 5000);
    _PyBytes_Resize(&bytes, 5000);
    PyObject *result = PyUnicode_FromStringAndSize(PyByteArray_AsString(array), 10);
    memset(PyBytes_AsString(bytes), 'y', 5000);
    Py_DECREF(array);
    Py_DECREF(bytes);
    return result;
}

static PyObject *after_a_callback(PyObject *self UNUSED, PyObject *args) {
    PyObject *callback;
    const char *inside;
    if (!PyArg_ParseTuple(args, "Os", &callback, &inside))
        return NULL;
    Py_XDECREF(PyObject_CallObject(callback, NULL));
    return PyUnicode_FromString(inside);
}

static PyObject *many(PyObject *self UNUSED, PyObject *none UNUSED) {
    for (int i = 0; i < 2000; i++) {
        PyObject *text = fresh_text();
        sink += strlen(PyUnicode_AsUTF8(text));
        Py_DECREF(text);
        Py_XDECREF(fresh_bytes(20000));
    }
    return nothing();
}

static char *last;

/* Led to for a moment, and never looked behind. */
static PyObject *remembered(PyObject *self UNUSED, PyObject *none UNUSED) {
    PyObject *text = fresh_text();
    last = (char *)PyUnicode_AsUTF8(text);
    sink += strlen(last);
    Py_DECREF(text);
    return nothing();
}

/* ---- buffer-not-released: planted ------------------------------------------------------------------------------------------ */

static PyObject *never_given_back(PyObject *self UNUSED, PyObject *exporter) {
    Py_buffer view;
    if (PyObject_GetBuffer(exporter, &view, PyBUF_SIMPLE) != 0)
        return NULL;
    return PyLong_FromSsize_t(view.len);
}

static PyObject *not_on_errors(PyObject *self UNUSED, PyObject *args) {
    Py_buffer view;
    if (!PyArg_ParseTuple(args, "y*", &view))
        return NULL;
    if (view.len > 1) {
        PyErr_SetString(PyExc_ValueError, "too long");
        return NULL;
    }
    PyBuffer_Release(&view);
    return nothing();
}

static PyObject *the_second_not(PyObject *self UNUSED, PyObject *args) {
    Py_buffer first, second;
    if (!PyArg_ParseTuple(args, "y*y*", &first, &second))
        return NULL;
    PyBuffer_Release(&first);
    return PyLong_FromSsize_t(second.len);
}

static PyObject *text_not(PyObject *self UNUSED, PyObject *args) {
    Py_buffer view;
    int number;
    if (!PyArg_ParseTuple(args, "is*:text_not", &number, &view))
        return NULL;
    return PyLong_FromSsize_t(view.len);
}

static PyObject *by_keyword_not(PyObject *self UNUSED, PyObject *args, PyObject *keywords) {
    static char *names[] = {"number", "data", NULL};
    Py_buffer view = {NULL};
    int number = 0;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "|iw*", names, &number, &view))
        return NULL;
    return PyLong_FromSsize_t(view.len);
}

#ifndef Py_LIMITED_API
static PyObject *by_parser_not(PyObject *self UNUSED, PyObject *const *args, Py_ssize_t count, PyObject *keywords) {
    static const char *const names[] = {"number", "data", NULL};
#if PY_VERSION_HEX >= 0x030c0000
    static _PyArg_Parser parser = {.keywords = names, .format = "iy*:by_parser_not"};
#else
    static _PyArg_Parser parser = {.format = "iy*:by_parser_not", .keywords = names};
#endif
    Py_buffer view = {NULL};
    int number = 0;
    if (!_PyArg_ParseStackAndKeywords(args, count, keywords, &parser, &number, &view))
        return NULL;
    return PyLong_FromSsize_t(view.len);
}
#endif

/* ---- buffer-not-released: legal -------------------------------------------------------------------------------------------- */

static PyObject *given_back(PyObject *self UNUSED, PyObject *args) {
    Py_buffer first, second, third = {NULL}, fourth = {NULL};
    if (!PyArg_ParseTuple(args, "y*z*|s*z*", &first, &second, &third, &fourth))
        return NULL;
    PyBuffer_Release(&third);
    PyBuffer_Release(&second);
    PyBuffer_Release(&first);
    PyBuffer_Release(&fourth);
    return nothing();
}

static Py_buffer kept;

/* Copied to memory that stays, and given back there later. */
static PyObject *moved(PyObject *self UNUSED, PyObject *exporter) {
    Py_buffer view;
    PyBuffer_Release(&kept);
    if (PyObject_GetBuffer(exporter, &view, PyBUF_SIMPLE) != 0)
        return NULL;
    kept = view;
    return nothing();
}

static Py_buffer *on_heap;

static PyObject *moved_to_heap(PyObject *self UNUSED, PyObject *exporter) {
    Py_buffer view;
    if (on_heap) {
        PyBuffer_Release(on_heap);
        PyMem_Free(on_heap);
        on_heap = NULL;
    }
    if (PyObject_GetBuffer(exporter, &view, PyBUF_SIMPLE) != 0)
        return NULL;
    on_heap = PyMem_Malloc(sizeof *on_heap);
    memcpy(on_heap, &view, sizeof view);
    return nothing();
}

static PyObject *copy_given_back(PyObject *self UNUSED, PyObject *exporter) {
    Py_buffer view, copy;
    if (PyObject_GetBuffer(exporter, &view, PyBUF_SIMPLE) != 0)
        return NULL;
    memcpy(&copy, &view, sizeof view);
    PyBuffer_Release(&copy);
    return nothing();
}

static PyObject *refused(PyObject *self UNUSED, PyObject *thing) {
    Py_buffer view;
    if (PyObject_GetBuffer(thing, &view, PyBUF_WRITABLE) != 0)
        PyErr_Clear();
    else
        PyBuffer_Release(&view);
    return nothing();
}

static PyObject *badly_called(PyObject *self UNUSED, PyObject *args) {
    Py_buffer view;
    int number;
    if (PyArg_ParseTuple(args, "y*i", &view, &number))
        PyBuffer_Release(&view);
    PyErr_Clear();
    return nothing();
}

/* A bytes object has no books of its own: its reference is all that there is to give back. */
static PyObject *by_reference(PyObject *self UNUSED, PyObject *bytes) {
    Py_buffer view;
    if (PyObject_GetBuffer(bytes, &view, PyBUF_SIMPLE) != 0)
        return NULL;
    Py_DECREF(view.obj);
    return nothing();
}

static PyObject *owner;

static PyObject *reference_kept(PyObject *self UNUSED, PyObject *bytes) {
    Py_buffer view;
    if (PyObject_GetBuffer(bytes, &view, PyBUF_SIMPLE) != 0)
        return NULL;
    Py_XDECREF(owner);
    owner = view.obj;
    return nothing();
}

static void *release_table[] = {(void *)PyBuffer_Release};

static PyObject *by_pointer(PyObject *self UNUSED, PyObject *exporter) {
    Py_buffer view;
    if (PyObject_GetBuffer(exporter, &view, PyBUF_SIMPLE) != 0)
        return NULL;
    ((void (*)(Py_buffer *))release_table[0])(&view);
    return nothing();
}

/* An exporter that hands on what another one exports. */
struct wrapper {
    PyObject_HEAD PyObject *base;
    Py_buffer view;
    int has_view;
};

static int wrapper_get(PyObject *self, Py_buffer *view, int flags) {
    return PyObject_GetBuffer(((struct wrapper *)self)->base, view, flags);
}

static int wrapper_init(PyObject *self, PyObject *args, PyObject *keywords UNUSED) {
    struct wrapper *wrapper = (struct wrapper *)self;
    Py_buffer view;
    PyObject *base;
    if (!PyArg_ParseTuple(args, "O", &base) || PyObject_GetBuffer(base, &view, PyBUF_SIMPLE) != 0)
        return -1;
    Py_INCREF(base);
    wrapper->base = base;
    wrapper->view = view;
    wrapper->has_view = 1;
    return 0;
}

static void wrapper_dealloc(PyObject *self) {
    struct wrapper *wrapper = (struct wrapper *)self;
    if (wrapper->has_view)
        PyBuffer_Release(&wrapper->view);
    Py_XDECREF(wrapper->base);
    PyTypeObject *type = Py_TYPE(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyType_Slot wrapper_slots[] = {
    {Py_tp_init, wrapper_init},
    {Py_tp_dealloc, wrapper_dealloc},
#if PY_VERSION_HEX >= 0x03090000
    {Py_bf_getbuffer, wrapper_get},
#endif
    {0, NULL},
};
static PyType_Spec wrapper_spec = {"guilty.Wrapper", sizeof(struct wrapper), 0, Py_TPFLAGS_DEFAULT, wrapper_slots};

/* ---- the module ------------------------------------------------------------------------------------------------------------ */

#define STALE "stale-interior"
#define TAKEN "buffer-not-released"
static PyMethodDef methods[] = {
    {"encoded", encoded, METH_O, STALE},
    {"by_macro", by_macro, METH_NOARGS, STALE},
    {"by_address", by_address, METH_NOARGS, STALE},
    {"utf8_elsewhere", utf8_elsewhere, METH_NOARGS, STALE},
    {"resized_array", resized_array, METH_NOARGS, STALE},
    {"built", built, METH_NOARGS, STALE},
    {"formatted", formatted, METH_NOARGS, STALE},
    {"printed", printed, METH_NOARGS, STALE},
    {"of_an_item", of_an_item, METH_O, STALE},
    {"large", large, METH_NOARGS, STALE},
    {"as_a_key", as_a_key, METH_NOARGS, STALE},
    {"of_a_view", of_a_view, METH_NOARGS, STALE},
    {"of_a_tuple", of_a_tuple, METH_NOARGS, STALE},
    {"used_in_time", used_in_time, METH_O, ""},
    {"copied", copied, METH_NOARGS, ""},
    {"another_owner", another_owner, METH_O, ""},
    {"looked_at_only", looked_at_only, METH_NOARGS, ""},
    {"same_place_again", same_place_again, METH_NOARGS, ""},
    {"asked_again", asked_again, METH_NOARGS, ""},
    {"after_a_callback", after_a_callback, METH_VARARGS, ""},
    {"many", many, METH_NOARGS, ""},
    {"remembered", remembered, METH_NOARGS, ""},
    {"never_given_back", never_given_back, METH_O, TAKEN},
    {"not_on_errors", not_on_errors, METH_VARARGS, TAKEN},
    {"the_second_not", the_second_not, METH_VARARGS, TAKEN},
    {"text_not", text_not, METH_VARARGS, TAKEN},
    {"by_keyword_not", (PyCFunction)(void (*)(void))by_keyword_not, METH_VARARGS | METH_KEYWORDS, TAKEN},
    {"by_parser_not", (PyCFunction)(void (*)(void))by_parser_not, METH_FASTCALL | METH_KEYWORDS, TAKEN},
    {"given_back", given_back, METH_VARARGS, ""},
    {"moved", moved, METH_O, ""},
    {"moved_to_heap", moved_to_heap, METH_O, ""},
    {"copy_given_back", copy_given_back, METH_O, ""},
    {"refused", refused, METH_O, ""},
    {"badly_called", badly_called, METH_VARARGS, ""},
    {"by_reference", by_reference, METH_O, ""},
    {"reference_kept", reference_kept, METH_O, ""},
    {"by_pointer", by_pointer, METH_O, ""},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "guilty", .m_size = -1, .m_methods = methods};

PyMODINIT_FUNC PyInit_guilty(void) {
    PyObject *made = PyModule_Create(&module), *type = PyType_FromSpec(&wrapper_spec);
    if (made && type)
        PyModule_AddObject(made, "Wrapper", type);
    return made;
}
