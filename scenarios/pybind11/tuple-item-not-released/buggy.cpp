/* SPDX-License-Identifier: Apache-2.0 */
#include <pybind11/pybind11.h>

namespace py = pybind11;

static py::object pair(py::object guest) {
    PyObject *result = PyTuple_New(2);
    py::str hello("hello");
    py::object name = guest.attr("name");
    PyTuple_SetItem(result, 0, hello.release().ptr());
    PyTuple_SetItem(result, 1, name.ptr());
    return py::reinterpret_steal<py::object>(result);
}

PYBIND11_MODULE(greeting, module) {
    module.def("pair", &pair);
}
