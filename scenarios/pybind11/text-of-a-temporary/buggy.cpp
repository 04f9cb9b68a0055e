/* SPDX-License-Identifier: Apache-2.0 */
#include <cstring>

#include <pybind11/pybind11.h>

namespace py = pybind11;

static size_t length(py::object thing) {
    const char *text = PyUnicode_AsUTF8(py::str(thing).ptr());
    return std::strlen(text);
}

PYBIND11_MODULE(greeting, module) {
    module.def("length", &length);
}
