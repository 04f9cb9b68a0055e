/* SPDX-License-Identifier: Apache-2.0 */
#include <pybind11/pybind11.h>

namespace py = pybind11;

static py::object greet(py::object guest, py::function say) {
    PyObject *found = PyObject_GetAttrString(guest.ptr(), "name");
    auto name = found ? py::reinterpret_steal<py::object>(found) : py::str("stranger");
    return say(name);
}

PYBIND11_MODULE(greeting, module) {
    module.def("greet", &greet);
}
