// SPDX-License-Identifier: Apache-2.0
use std::sync::atomic::{AtomicPtr, Ordering};

use pyo3::ffi;
use pyo3::prelude::*;

static LISTENER: AtomicPtr<ffi::PyObject> = AtomicPtr::new(std::ptr::null_mut());

#[pyfunction]
fn listen(function: Bound<'_, PyAny>) {
    LISTENER.store(function.as_ptr(), Ordering::SeqCst);
}

#[pyfunction]
fn tell(py: Python<'_>, text: &str) -> PyResult<()> {
    let listener = LISTENER.load(Ordering::SeqCst);
    let function = unsafe { Bound::from_borrowed_ptr_or_opt(py, listener) };
    function.map_or(Ok(()), |function| function.call1((text,)).map(|_| ()))
}

#[pymodule]
fn greeting(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(listen, module)?)?;
    module.add_function(wrap_pyfunction!(tell, module)?)
}
