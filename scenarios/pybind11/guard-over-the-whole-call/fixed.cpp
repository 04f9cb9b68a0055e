/* SPDX-License-Identifier: Apache-2.0 */
#include <pybind11/pybind11.h>

namespace py = pybind11;

static void gather(py::list greetings, int count) {
    for (int i = 0; i < count; i++)
        greetings.append("hello");
}

PYBIND11_MODULE(greeting, module) {
    module.def("gather", &gather);
}
