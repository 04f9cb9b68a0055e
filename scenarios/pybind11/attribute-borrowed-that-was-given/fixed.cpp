/* SPDX-License-Identifier: Apache-2.0 */
#include <pybind11/pybind11.h>

namespace py = pybind11;

static std::string greet(py::object guest) {
    PyObject *found = PyObject_GetAttrString(guest.ptr(), "name");
    if (!found)
        throw py::error_already_set();
    auto name = py::reinterpret_steal<py::object>(found);
    return "hello, " + std::string(py::str(name));
}

PYBIND11_MODULE(greeting, module) {
    module.def("greet", &greet);
}
