/* SPDX-License-Identifier: Apache-2.0
 *
 * What same.py uses, as one writes it with pybind11.
 */
#include <functional>
#include <string>
#include <thread>

#include <pybind11/functional.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

namespace py = pybind11;

struct Box {
    py::object value;
    py::list history;
    explicit Box(py::object value) : value(std::move(value)) {}
    void set(py::object next) {
        history.append(value);
        value = std::move(next);
    }
    std::string text() const { return py::str(value); }
};

static py::object apply(py::function function, py::args arguments, py::kwargs named) {
    return function(*arguments, **named);
}

static py::list rotate(py::list items) {
    py::object first = items[0];
    for (size_t i = 0; i + 1 < items.size(); i++)
        items[i] = items[i + 1];
    items[items.size() - 1] = first;
    return items;
}

static unsigned long checksum(py::buffer data) {
    py::buffer_info info = data.request();
    if (info.size < 4)
        throw py::value_error("too short");
    py::gil_scoped_release without;
    unsigned long sum = 0;
    for (py::ssize_t i = 0; i < info.size; i++)
        sum += 2UL * static_cast<unsigned char *>(info.ptr)[i];
    py::gil_scoped_acquire again;
    return sum;
}

static py::object get(py::dict mapping, py::object key, py::object otherwise) {
    try {
        return mapping.attr("__getitem__")(key);
    } catch (py::error_already_set &error) {
        if (!error.matches(PyExc_KeyError))
            throw;
        return otherwise;
    }
}

static void in_thread(py::function function) {
    py::gil_scoped_release without;
    std::thread([&] {
        py::gil_scoped_acquire with;
        function();
    }).join();
    py::gil_scoped_acquire with;
    function();
}

static std::function<int()> counter() {
    return [count = 0]() mutable { return ++count; };
}

static void fails(py::function callback) {
    try {
        throw py::value_error("as expected");
    } catch (py::value_error &) {
        callback();
        throw;
    }
}

PYBIND11_MODULE(in_pybind11, module) {
    py::class_<Box>(module, "Box")
        .def(py::init<py::object>(), py::arg("value") = py::none())
        .def_property(
            "value", [](Box &self) { return self.value; }, &Box::set)
        .def_readonly("history", &Box::history)
        .def("text", &Box::text)
        .def("__iter__", [](Box &self) { return py::iter(py::make_tuple(self.value) + py::tuple(self.history)); })
        .def("__len__", [](Box &self) { return self.history.size(); })
        .def("__getitem__", [](Box &self, size_t index) { return py::object(self.history[index]); })
        .def("__eq__", [](Box &self, Box &other) { return self.value.equal(other.value); })
        .def("__hash__", [](Box &self) { return py::hash(self.value); });
    module.def("total", [](const std::vector<long> &numbers) {
        long sum = 0;
        for (long number : numbers)
            sum += number;
        return sum;
    });
    module.def("apply", &apply);
    module.def("pair", [](py::object first, py::object second) { return py::make_tuple(first, second); });
    module.def("rotate", &rotate);
    module.def("checksum", &checksum);
    module.def("get", &get, py::arg("mapping"), py::arg("key"), py::arg("default") = py::none());
    module.def("in_thread", &in_thread);
    module.def("counter", &counter);
    module.def("fails", &fails);
}
