/* SPDX-License-Identifier: Apache-2.0 */
#include <pybind11/pybind11.h>

namespace py = pybind11;

static std::string first(py::list names) {
    py::object name = py::reinterpret_steal<py::object>(PyList_GetItem(names.ptr(), 0));
    if (!name)
        throw py::error_already_set();
    return "hello, " + std::string(py::str(name));
}

PYBIND11_MODULE(greeting, module) {
    module.def("first", &first);
}
