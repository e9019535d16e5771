"""The gates before the tests. `tests/project/test_gates.py` feeds each of them a bad sample."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PYTHON = sys.executable

PRODUCTION = {
    "SECRET_KEY": "-".join(["nobody", "signs", "anything", "with", "this", *map(str, range(20))]),
    "FIELD_ENCRYPTION_KEYS": "b25seSBmb3IgdGhlIGdhdGVzLCBuZXZlciBmb3IgdXM=",
    "ALLOWED_HOSTS": "portal.example.com",
    "ROOTLY_API_URL": "https://api.rootly.com/v1",
    "ROOTLY_API_TOKEN": "x",
    "DATABASE_URL": "sqlite://:memory:",
}
OF_THE_MACHINE = ("PATH", "HOME", "LANG", "TMPDIR")


def production() -> dict[str, str]:
    """A production environment in which neither a developer's variables nor their .env count."""
    dotenv = ROOT / ".env"
    named = re.findall(r"(?m)^(?:export )?(\w+)", dotenv.read_text()) if dotenv.is_file() else []
    kept = {name: os.environ[name] for name in OF_THE_MACHINE if name in os.environ}
    return dict.fromkeys(named, "") | kept | PRODUCTION


@dataclass(frozen=True)
class Gate:
    """One command that ends non-zero where something is wrong."""

    name: str
    command: tuple[str, ...]
    production: bool = False

    def environment(self) -> dict[str, str]:
        """What the command runs in."""
        return production() if self.production else dict(os.environ)


LINT = Gate("lint", (f"{BIN}/ruff", "check"))
FORMAT = Gate("format", (f"{BIN}/ruff", "format", "--check"))
SIZES = Gate("sizes", (PYTHON, ".ci/sizes.py"))
LOCKS = Gate("locks", (PYTHON, ".ci/locks.py"))
CONTRACTS = Gate("import contracts", (f"{BIN}/lint-imports",))
TYPES = Gate("types", (f"{BIN}/mypy",))
MIGRATIONS = Gate(
    "migrations", (PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"), production=True
)
DEPLOY = Gate(
    "deploy check",
    (PYTHON, "manage.py", "check", "--deploy", "--fail-level", "WARNING"),
    production=True,
)
GATES = (LINT, FORMAT, SIZES, LOCKS, CONTRACTS, TYPES, MIGRATIONS, DEPLOY)


def failing(gates: Iterable[Gate] = GATES) -> list[str]:
    """Run them all; the names of those that failed."""
    return [gate.name for gate in gates if not _passes(gate)]


def _passes(gate: Gate) -> bool:
    shown = [part.replace(f"{BIN}/", "") for part in gate.command]
    print(f"\n=== {gate.name}: {' '.join(shown)}", flush=True)
    done = subprocess.run(
        gate.command, cwd=ROOT, env=gate.environment(), stdin=subprocess.DEVNULL, check=False
    )
    return done.returncode == 0
