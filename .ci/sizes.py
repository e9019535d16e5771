"""Size gate: Python files, functions and templates stay small enough to read in one go.

`python .ci/sizes.py [FOLDER]`. An exception says why: `# size: <reason>` on a file's first line or
on the function's `def` line; `{# size: <reason> #}` on a template's first line.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

FILE_CAP = 400
FUNCTION_CAP = 40
TEMPLATE_CAP = 99
SKIPPED = {"migrations", "var", "build", "node_modules", "__pycache__"}
OUR_HIDDEN = {".ci"}
EXCUSE = "# size: "


def main(root: Path) -> int:
    """Print what is too long; 1 where something is."""
    found = [problem for path in sorted(_files(root)) for problem in _problems(path, root)]
    print("\n".join(found) or "Every file, function and template is small enough.")
    return 1 if found else 0


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_dir():
            hidden = path.name.startswith(".") and path.name not in OUR_HIDDEN
            if not hidden and path.name not in SKIPPED:
                yield from _files(path)
        elif path.suffix == ".py" or (path.suffix == ".html" and "templates" in path.parts):
            yield path


def _problems(path: Path, root: Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    cap = FILE_CAP if path.suffix == ".py" else TEMPLATE_CAP
    if len(lines) > cap and EXCUSE not in lines[0]:
        yield f"{path.relative_to(root)}: {len(lines)} lines, {cap} are allowed"
    if path.suffix != ".py":
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_CAP and EXCUSE not in lines[node.lineno - 1]:
                where = f"{path.relative_to(root)}:{node.lineno}"
                yield f"{where}: {node.name} has {length} lines, {FUNCTION_CAP} are allowed"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()))
