// SPDX-License-Identifier: Apache-2.0
use pyo3::prelude::*;

#[pyfunction]
fn listen(py: Python<'_>, heard: Py<PyAny>) {
    py.allow_threads(|| {
        let announcer = std::thread::spawn(move || {
            // SAFETY: the caller waits for this thread, and has the GIL.
            let py = unsafe { Python::assume_gil_acquired() };
            heard.call_method1(py, "append", ("hello",)).unwrap();
        });
        announcer.join().unwrap();
    });
}

#[pymodule]
fn greeting(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(listen, module)?)
}
