"""The portal imports only what `make run` installs, whatever else stands in this environment."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import gates
from packaging.utils import canonicalize_name

OWN = sys.stdlib_module_names | {"incidentportal"}


def imported_by(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def test_the_portal_imports_only_what_running_installs() -> None:
    lock = (gates.ROOT / "requirements/run.txt").read_text(encoding="utf-8")
    installed = {canonicalize_name(name) for name in re.findall(r"(?m)^([\w.-]+)==", lock)}
    known = packages_distributions()

    foreign = {
        f"{path.relative_to(gates.ROOT)} imports {name}"
        for path in (gates.ROOT / "incidentportal").rglob("*.py")
        for name in set(imported_by(path)) - OWN
        if not {canonicalize_name(each) for each in known.get(name, [])} & installed
    }

    assert foreign == set()
