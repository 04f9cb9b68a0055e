/* SPDX-License-Identifier: Apache-2.0 */
#include <nanobind/nanobind.h>

namespace nb = nanobind;

static void gather(nb::list greetings, int count) {
    for (int i = 0; i < count; i++)
        greetings.append("hello");
}

NB_MODULE(greeting, module) {
    module.def("gather", &gather);
}
