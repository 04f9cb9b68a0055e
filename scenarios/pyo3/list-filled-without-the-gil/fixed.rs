// SPDX-License-Identifier: Apache-2.0
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyList;

struct Pointer(*mut ffi::PyObject);
// SAFETY: the list outlives the closure.
unsafe impl Send for Pointer {}
unsafe impl Sync for Pointer {}

#[pyfunction]
fn gather(py: Python<'_>, greetings: Bound<'_, PyList>, count: usize) {
    let list = Pointer(greetings.as_ptr());
    let hello = Pointer(py.None().as_ptr());
    for _ in 0..count {
        py.allow_threads(std::thread::yield_now);
        unsafe { ffi::PyList_Append(list.0, hello.0) };
    }
}

#[pymodule]
fn greeting(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(gather, module)?)
}
