/* SPDX-License-Identifier: Apache-2.0 */
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

namespace nb = nanobind;

static std::string first(nb::list names) {
    nb::object name = nb::borrow(PyList_GetItem(names.ptr(), 0));
    return std::string("hello, ") + nb::str(name).c_str();
}

NB_MODULE(greeting, module) {
    module.def("first", &first);
}
