# SPDX-License-Identifier: Apache-2.0
"""Holds the example report against the schema: check_schema.py SCHEMA PROGRAM. Status 77 (skip) without jsonschema."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

try:
    import jsonschema
except ImportError:
    sys.exit(77)


def without(report: dict[str, Any], *path: str | int) -> dict[str, Any]:
    """A copy of the report that lacks one field."""
    copy: dict[str, Any] = json.loads(json.dumps(report))
    parent: Any = copy
    for step in path[:-1]:
        parent = parent[step]
    del parent[path[-1]]
    return copy


def main(schema_path: str, program: str) -> None:
    schema = json.loads(Path(schema_path).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    report = json.loads(subprocess.run([program], check=True, capture_output=True).stdout)
    validator.validate(report)
    assert len(report["findings"]) > 1 and report["not_watched"], report
    # The schema would notice what is missing.
    for field in report:
        assert not validator.is_valid(without(report, field)), field
    for field in report["findings"][0]:
        assert not validator.is_valid(without(report, "findings", 0, field)), field
    for field in report["findings"][0]["stacks"][0]["frames"][0]:
        assert not validator.is_valid(without(report, "findings", 0, "stacks", 0, "frames", 0, field)), field


if __name__ == "__main__":
    main(*sys.argv[1:])
