# SPDX-License-Identifier: Apache-2.0
"""What the standard library tests of its own callbacks."""

import importlib
import io
import unittest


def find_tests() -> unittest.TestSuite:
    for package in ("ctypes.test", "test.test_ctypes"):  # until 3.11; since 3.12
        try:
            modules = [
                importlib.import_module(f"{package}.{name}") for name in ("test_callbacks", "test_random_things", "test_funcptr")
            ]
        except ImportError:
            continue
        return unittest.TestSuite(unittest.defaultTestLoader.loadTestsFromModule(module) for module in modules)
    return unittest.TestSuite()


result = unittest.TextTestRunner(io.StringIO()).run(find_tests())
print(result.testsRun, "tests,", len(result.failures) + len(result.errors), "of them failed")
