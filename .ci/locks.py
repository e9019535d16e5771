"""Lock gate: requirements/*.txt agree with pyproject.toml and with each other; no network needed.

`python .ci/locks.py [FOLDER]`.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

Pins = dict[str, tuple[str, int]]
"""Version and number of hashes, by name."""


def main(root: Path) -> int:
    """Print what disagrees; 1 where something does."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = {"run": project["project"]["dependencies"], **project["dependency-groups"]}
    locks = {name: _pins(root / "requirements" / f"{name}.txt") for name in wanted}
    found = [
        *(line for name in wanted for line in _unmet(name, wanted[name], locks[name])),
        *_disagreements(locks),
    ]
    print("\n".join(found) or "The locks agree with pyproject.toml.")
    if found:
        print("`make lock` makes them anew.")
    return 1 if found else 0


def _pins(path: Path) -> Pins:
    entries = re.split(r"\n(?=[a-z0-9])", path.read_text(encoding="utf-8"))
    heads = [(re.match(r"([\w.-]+)==([^\s;]+)", entry), entry) for entry in entries]
    return {
        canonicalize_name(head[1]): (head[2], entry.count("--hash=sha256:"))
        for head, entry in heads
        if head
    }


def _unmet(lock: str, wanted: list[str], pins: Pins) -> Iterator[str]:
    for requirement in (each for line in wanted for each in _with_extras(Requirement(line))):
        version, _ = pins.get(canonicalize_name(requirement.name), (None, 0))
        if version is None:
            yield f"requirements/{lock}.txt: {requirement.name} is missing"
        elif not requirement.specifier.contains(version, prereleases=True):
            yield f"requirements/{lock}.txt: {requirement.name} {version} is not {requirement}"


def _with_extras(requirement: Requirement) -> Iterator[Requirement]:
    """The requirement itself, and what its extras ask for here, as the installed one says."""
    yield requirement
    for extra in requirement.extras:
        for line in metadata.requires(requirement.name) or []:
            needed = Requirement(line)
            marker = needed.marker
            if marker and marker.evaluate({"extra": extra}) > marker.evaluate({"extra": ""}):
                yield needed


def _disagreements(locks: dict[str, Pins]) -> Iterator[str]:
    first: dict[str, tuple[str, str]] = {}
    for lock, pins in locks.items():
        for name, (version, hashes) in pins.items():
            other, known = first.setdefault(name, (lock, version))
            if known != version:
                yield f"requirements/{lock}.txt: {name} {version}, but {known} in {other}.txt"
            if not hashes:
                yield f"requirements/{lock}.txt: {name} has no hash"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()))
