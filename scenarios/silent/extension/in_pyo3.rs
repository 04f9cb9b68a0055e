// SPDX-License-Identifier: Apache-2.0
// What same.py uses, as one writes it with PyO3. The crate calls it greeting (scenarios/pyo3).
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyKeyError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyDict, PyIterator, PyList, PyTuple};
use std::sync::atomic::{AtomicU64, Ordering};

#[pyclass]
struct Box {
    value: PyObject,
    #[pyo3(get)]
    history: Py<PyList>,
}

#[pymethods]
impl Box {
    #[new]
    #[pyo3(signature = (value=None))]
    fn new(py: Python<'_>, value: Option<PyObject>) -> Self {
        Box { value: value.unwrap_or_else(|| py.None()), history: PyList::empty(py).unbind() }
    }

    #[getter]
    fn value(&self, py: Python<'_>) -> PyObject {
        self.value.clone_ref(py)
    }

    #[setter]
    fn set_value(&mut self, py: Python<'_>, next: PyObject) -> PyResult<()> {
        let before = std::mem::replace(&mut self.value, next);
        self.history.bind(py).append(before)
    }

    fn text(&self, py: Python<'_>) -> PyResult<String> {
        Ok(self.value.bind(py).str()?.to_string())
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        let mut all = vec![self.value.clone_ref(py)];
        all.extend(self.history.bind(py).iter().map(Bound::unbind));
        PyList::new(py, all)?.try_iter()
    }

    fn __len__(&self, py: Python<'_>) -> usize {
        self.history.bind(py).len()
    }

    fn __getitem__<'py>(&self, py: Python<'py>, index: usize) -> PyResult<Bound<'py, PyAny>> {
        self.history.bind(py).get_item(index)
    }

    fn __eq__(&self, py: Python<'_>, other: PyRef<'_, Box>) -> PyResult<bool> {
        self.value.bind(py).eq(other.value.bind(py))
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        self.value.bind(py).hash()
    }
}

#[pyfunction]
fn total(numbers: &Bound<'_, PyAny>) -> PyResult<i64> {
    numbers.try_iter()?.map(|number| number?.extract::<i64>()).sum()
}

#[pyfunction]
#[pyo3(signature = (function, *arguments, **named))]
fn apply<'py>(
    function: &Bound<'py, PyAny>,
    arguments: &Bound<'py, PyTuple>,
    named: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    function.call(arguments, named)
}

#[pyfunction]
fn pair(first: PyObject, second: PyObject) -> (PyObject, PyObject) {
    (first, second)
}

#[pyfunction]
fn rotate<'py>(items: Bound<'py, PyList>) -> PyResult<Bound<'py, PyList>> {
    let first = items.get_item(0)?;
    for index in 1..items.len() {
        items.set_item(index - 1, items.get_item(index)?)?;
    }
    items.set_item(items.len() - 1, first)?;
    Ok(items)
}

#[pyfunction]
fn checksum(py: Python<'_>, data: PyBuffer<u8>) -> PyResult<u64> {
    let bytes = data.to_vec(py)?;
    if bytes.len() < 4 {
        return Err(PyValueError::new_err("too short"));
    }
    Ok(py.allow_threads(|| bytes.iter().map(|byte| 2 * u64::from(*byte)).sum()))
}

#[pyfunction]
#[pyo3(signature = (mapping, key, default=None))]
fn get(py: Python<'_>, mapping: Bound<'_, PyAny>, key: PyObject, default: Option<PyObject>) -> PyResult<PyObject> {
    match mapping.get_item(key) {
        Ok(found) => Ok(found.unbind()),
        Err(error) if error.is_instance_of::<PyKeyError>(py) => Ok(default.unwrap_or_else(|| py.None())),
        Err(error) => Err(error),
    }
}

#[pyfunction]
fn in_thread(py: Python<'_>, function: PyObject) -> PyResult<()> {
    py.allow_threads(|| {
        std::thread::scope(|scope| {
            scope.spawn(|| Python::with_gil(|py| function.call0(py).map(|_| ()))).join().unwrap()
        })
    })?;
    function.call0(py)?;
    py.allow_threads(move || drop(function)); // given up when the GIL is there again
    Ok(())
}

#[pyfunction]
fn counter(py: Python<'_>) -> PyResult<Bound<'_, PyCFunction>> {
    let count = AtomicU64::new(0);
    PyCFunction::new_closure(py, None, None, move |_arguments, _named| count.fetch_add(1, Ordering::SeqCst) + 1)
}

#[pyfunction]
fn fails(callback: Bound<'_, PyAny>) -> PyResult<()> {
    let error = PyValueError::new_err("as expected");
    callback.call0()?;
    Err(error)
}

#[pymodule]
fn greeting(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Box>()?;
    module.add_function(wrap_pyfunction!(total, module)?)?;
    module.add_function(wrap_pyfunction!(apply, module)?)?;
    module.add_function(wrap_pyfunction!(pair, module)?)?;
    module.add_function(wrap_pyfunction!(rotate, module)?)?;
    module.add_function(wrap_pyfunction!(checksum, module)?)?;
    module.add_function(wrap_pyfunction!(get, module)?)?;
    module.add_function(wrap_pyfunction!(in_thread, module)?)?;
    module.add_function(wrap_pyfunction!(counter, module)?)?;
    module.add_function(wrap_pyfunction!(fails, module)?)
}
