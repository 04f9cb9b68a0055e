// SPDX-License-Identifier: Apache-2.0
use pyo3::ffi;
use pyo3::prelude::*;

#[pyfunction]
fn measure(guest: Bound<'_, PyAny>) -> PyResult<isize> {
    let name = guest.getattr("name")?;
    Ok(unsafe { ffi::PyObject_Length(name.into_ptr()) })
}

#[pymodule]
fn greeting(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(measure, module)?)
}
