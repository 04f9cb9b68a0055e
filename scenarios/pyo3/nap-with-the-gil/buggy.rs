// SPDX-License-Identifier: Apache-2.0
use std::time::Duration;

use pyo3::prelude::*;

#[pyfunction]
fn nap(milliseconds: u64) {
    std::thread::sleep(Duration::from_millis(milliseconds));
}

#[pymodule]
fn greeting(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(nap, module)?)
}
