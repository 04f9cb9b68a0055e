# SPDX-License-Identifier: Apache-2.0
"""`ffisan run` under contracts, with the shim itself: what the tutorial promises, and where contracts come from.

CONTRACTS is the folder of the pages, GREETING the tutorial's library, GREETING_STRIPPED the same without
debug info.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import unittest
from typing import Any

from harness import LauncherTest

TUTORIAL = (pathlib.Path(os.environ["CONTRACTS"]) / "TUTORIAL.md").read_text()
GREETING = os.environ["GREETING"]
STRIPPED = os.environ["GREETING_STRIPPED"]
CONTRACTS = [block for block in re.findall(r"```c\n(.*?)```", TUTORIAL, re.DOTALL) if "FFISAN_LIBRARY" in block]
PROGRAM = re.findall(r"```python\n(.*?)```", TUTORIAL, re.DOTALL)[0]


class ContractRun(LauncherTest):
    def setUp(self) -> None:
        super().setUp()
        self.environment["XDG_CACHE_HOME"] = str(self.place / "cache")
        (self.place / "app.py").write_text(PROGRAM)
        self.contract = self.place / "greeting.h"

    def findings(self, text: str, *options: str, library: str = GREETING) -> list[dict[str, Any]]:
        self.contract.write_text(text)
        self.run_reported("--contract", str(self.contract), *options, "--", "/usr/bin/python3", "app.py", library)
        return list(json.loads(self.json.read_text())["findings"])

    def rules(self, text: str, *options: str) -> set[str]:
        return {finding["rule"] for finding in self.findings(text, *options)}

    def test_each_step_of_the_tutorial_finds_what_it_says(self) -> None:
        declared, owned, whole = CONTRACTS
        self.assertFalse(self.rules(declared) & {"use-after-close", "buffer-too-small"})
        self.assertEqual(self.rules(owned) & {"use-after-close", "buffer-too-small"}, {"use-after-close"})
        self.assertEqual(self.rules(whole) & {"use-after-close", "buffer-too-small"}, {"use-after-close", "buffer-too-small"})

    def test_a_contract_says_what_a_function_is(self) -> None:
        """No header that ships declares it, and the library has no debug info."""
        wrong = CONTRACTS[0].replace("void greeting_free(struct greeting *greeting)", "void greeting_free(double greeting)")
        wrong = wrong.replace("libgreeting.so", pathlib.Path(STRIPPED).name)
        found = [finding for finding in self.findings(wrong, library=STRIPPED) if finding["rule"] == "signature-mismatch"]
        self.assertEqual([finding["function"] for finding in found], ["greeting_free"])
        self.assertIn("is double", found[0]["message"])

    def assert_not_started(self, contract: str, *sentences: str, **variables: str) -> None:
        result = self.ffisan("run", "--contract", contract, "--", "touch", "started", **variables)
        said = result.stderr.decode()
        self.assertEqual(result.returncode, 125, said)
        self.assertFalse((self.place / "started").exists())
        for sentence in sentences:
            self.assertIn(sentence, said)

    def test_a_wrong_contract_stops_the_run_before_it_starts(self) -> None:
        self.contract.write_text(CONTRACTS[1].replace("OWNED(greeting_free)", "OWNED(greeting_fre)"))
        self.assert_not_started(
            "greeting.h", "greeting.h:6:62: error: nothing declares", "greeting.h has errors; the command was not started"
        )

    def test_a_name_that_no_contract_has_stops_the_run(self) -> None:
        self.assert_not_started("zlob", "did you mean 'zlib'?")
        self.assert_not_started("nowhere.h", "there is no contract nowhere.h")

    def test_that_no_contract_is_installed_is_said(self) -> None:
        none = {"FFISAN_CONTRACTS": str(self.place / "nowhere")}
        self.assertIn(b"not watched: the contracts that ship", self.ffisan("run", "--", "true", **none).stderr)
        self.assertNotIn(b"contracts", self.ffisan("run", "--no-default-contracts", "--", "true", **none).stderr)

    def test_a_damaged_table_stops_the_run(self) -> None:
        (self.place / "doc.ffc").write_bytes(b"FFISANC\0" + bytes(200))
        self.assert_not_started("doc.ffc", "doc.ffc: it was compiled by another version of FFISan")
        (self.place / "doc.ffc").write_bytes(b"x" * 200)
        self.assert_not_started("doc.ffc", "doc.ffc: it is no compiled contract, or a damaged one")

    def test_without_libclang_only_compiled_contracts_can_be_used(self) -> None:
        self.contract.write_text(CONTRACTS[2])
        none = {"FFISAN_LIBCLANG": str(self.place / "nowhere.so")}
        self.assert_not_started("greeting.h", "Install it", "ffisan contract check -o", **none)
        self.assertEqual(self.ffisan("contract", "check", "--quiet", "-o", "greeting.ffc", "greeting.h").returncode, 0)
        self.assertEqual(self.ffisan("run", "--quiet", "--contract", "greeting.ffc", "--", "true", **none).returncode, 0)

    def test_what_was_compiled_is_kept_until_a_file_of_it_changes(self) -> None:
        none = {"FFISAN_LIBCLANG": str(self.place / "nowhere.so")}
        self.contract.write_text(CONTRACTS[1])
        command = ["run", "--quiet", "--contract", "greeting.h", "--", "true"]
        self.assertEqual(self.ffisan(*command).returncode, 0)
        self.assertEqual(self.ffisan(*command, **none).returncode, 0)
        self.assertEqual((self.place / "cache" / "ffisan").stat().st_mode & 0o777, 0o700)
        self.contract.write_text(CONTRACTS[2])
        self.assertEqual(self.ffisan(*command, **none).returncode, 125)

    def test_a_cache_that_cannot_be_used_is_no_error(self) -> None:
        self.contract.write_text(CONTRACTS[1])
        (self.place / "file").write_text("")
        result = self.ffisan("run", "--quiet", "--contract", "greeting.h", "--", "true", XDG_CACHE_HOME=str(self.place / "file"))
        self.assertEqual((result.returncode, result.stderr), (0, b""))

    def test_a_path_with_a_comma_is_fine(self) -> None:
        (self.place / "a,b").mkdir()
        (self.place / "a,b" / "greeting.h").write_text(CONTRACTS[1])
        self.assertEqual(self.ffisan("run", "--quiet", "--contract", "a,b/greeting.h", "--", "true").returncode, 0)

    def test_kept_records_know_their_contracts(self) -> None:
        kept = self.place / "kept"
        self.findings(CONTRACTS[2], "--keep", str(kept), "--no-default-contracts")
        paths = (kept / "contracts").read_text().splitlines()
        self.assertEqual([pathlib.Path(path).parent for path in paths], [kept])
        self.assertEqual(self.ffisan("contract", "show", paths[0], "greeting_new").returncode, 0)


if __name__ == "__main__":
    unittest.main()
