// SPDX-License-Identifier: Apache-2.0
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyList;

#[pyfunction]
fn first(py: Python<'_>, names: Bound<'_, PyList>) -> PyResult<String> {
    let item = unsafe { ffi::PyList_GetItem(names.as_ptr(), 0) };
    let name = unsafe { Bound::from_owned_ptr_or_err(py, item)? };
    Ok(format!("hello, {name}"))
}

#[pymodule]
fn greeting(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(first, module)?)
}
