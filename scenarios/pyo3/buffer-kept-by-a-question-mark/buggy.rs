// SPDX-License-Identifier: Apache-2.0
use std::mem::MaybeUninit;

use pyo3::exceptions::PyValueError;
use pyo3::ffi;
use pyo3::prelude::*;

fn sum(bytes: &[u8]) -> PyResult<u64> {
    if bytes.len() < 4 {
        return Err(PyValueError::new_err("four bytes are the least"));
    }
    Ok(bytes.iter().fold(0u64, |sum, byte| (sum * 31 + u64::from(*byte)) & 0xffff_ffff))
}

#[pyfunction]
fn checksum(py: Python<'_>, data: Bound<'_, PyAny>) -> PyResult<u64> {
    let mut view = MaybeUninit::<ffi::Py_buffer>::uninit();
    if unsafe { ffi::PyObject_GetBuffer(data.as_ptr(), view.as_mut_ptr(), ffi::PyBUF_SIMPLE) } != 0 {
        return Err(PyErr::fetch(py));
    }
    let view = unsafe { view.assume_init_mut() };
    let bytes = unsafe { std::slice::from_raw_parts(view.buf.cast::<u8>(), view.len as usize) };
    let sum = sum(bytes)?;
    unsafe { ffi::PyBuffer_Release(view) };
    Ok(sum)
}

#[pymodule]
fn greeting(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(checksum, module)?)
}
