"""Each gate bites: it is fed a bad sample and must refuse it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import gates
import pytest

LOCK_LINE = "django==5.2.1 \\\n    --hash=sha256:00\n"


def refused(
    gate: gates.Gate,
    *arguments: str,
    cwd: Path = gates.ROOT,
    given: str = "",
    variables: dict[str, str] | None = None,
) -> str:
    """What the gate says about a sample, once it has ended with a failure."""
    done = subprocess.run(
        [*gate.command, *arguments],
        cwd=cwd,
        env=gate.environment() | (variables or {}),
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0, f"{gate.name} let the sample through: {done.stdout}"
    return done.stdout + done.stderr


def test_every_gate_is_fed_a_bad_sample() -> None:
    source = Path(__file__).read_text(encoding="utf-8")

    names = {name for name, value in vars(gates).items() if isinstance(value, gates.Gate)}

    assert {name for name in names if f"gates.{name}" in source} == names
    assert len(gates.GATES) == len(names)


@pytest.mark.parametrize(
    ("code", "sample"),
    [
        ("F401", "import os\n"),
        ("D103", "def undocumented() -> None:\n    pass\n"),
        ("T201", 'print("left behind")\n'),
        ("BLE001", "try:\n    pass\nexcept Exception:\n    pass\n"),
        ("PGH003", "value: int = 1  # type: ignore\n"),
        ("TID251", "import urllib.request\n"),
        ("C901", "def f(a):\n" + "".join(f"    if a == {n}:\n        a()\n" for n in range(11))),
    ],
)
def test_lint_bites(code: str, sample: str) -> None:
    said = refused(
        gates.LINT, "--stdin-filename", "incidentportal/portal/sample.py", "-", given=sample
    )

    assert code in said


def test_format_bites() -> None:
    tidy = subprocess.run([*gates.FORMAT.command, "-"], input=b"x = {1: 2}\n", check=False)

    assert tidy.returncode == 0
    refused(gates.FORMAT, "-", given="x = { 1 :2 }\n")


@pytest.mark.parametrize(
    ("name", "sample", "complaint"),
    [
        ("long.py", "x = 1\n" * 401, "long.py: 401 lines, 400 are allowed"),
        ("deep.py", "def f():\n" + "    x = 1\n" * 40, "deep.py:1: f has 41 lines, 40 are allowed"),
        ("templates/page.html", "<p>\n" * 100, "page.html: 100 lines, 99 are allowed"),
    ],
)
def test_sizes_bite(tmp_path: Path, name: str, sample: str, complaint: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(sample)

    assert complaint in refused(gates.SIZES, str(tmp_path))


def test_a_reason_beside_it_excuses_a_size(tmp_path: Path) -> None:
    (tmp_path / "long.py").write_text("# size: one table\n" + "x = 1\n" * 400)
    body = "    x = 1\n" * 40
    (tmp_path / "deep.py").write_text(f"def f():  # size: one recipe\n{body}")

    done = subprocess.run([*gates.SIZES.command, str(tmp_path)], cwd=gates.ROOT, check=False)

    assert done.returncode == 0


@pytest.mark.parametrize(
    ("lock", "complaint"),
    [
        ("", "requirements/run.txt: django is missing"),
        (LOCK_LINE.replace("5.2.1", "5.1.9"), "requirements/run.txt: django 5.1.9 is not"),
        (LOCK_LINE.replace("--hash=sha256:00", ""), "requirements/run.txt: django has no hash"),
    ],
)
def test_locks_bite(tmp_path: Path, lock: str, complaint: str) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\ndependencies = ["django~=5.2.0"]\n[dependency-groups]\ntest = []\n'
    )
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements/run.txt").write_text(lock)
    (tmp_path / "requirements/test.txt").write_text("")

    assert complaint in refused(gates.LOCKS, str(tmp_path))


def test_locks_that_disagree_with_each_other_are_refused(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\ndependencies = ["django"]\n[dependency-groups]\ntest = ["django"]\n'
    )
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements/run.txt").write_text(LOCK_LINE)
    (tmp_path / "requirements/test.txt").write_text(LOCK_LINE.replace("5.2.1", "5.2.2"))

    assert "test.txt: django 5.2.2, but 5.2.1 in run.txt" in refused(gates.LOCKS, str(tmp_path))


BAD_IMPORTS = {
    # contract: (the module that gets it, the import)
    "The house: data flows one way": ("presets", "incidentportal.declarations.models"),
    "Accounts know nothing of Rootly": ("accounts.roles", "incidentportal.rootly.records"),
    "The client knows no Django": ("rootly.records", "django"),
    "Rules, payload, states and backoff are pure": ("declarations.states", "django"),
    "Only rootly speaks HTTP": ("declarations.models", "httpx"),
    "Only sync, delivery and follow-ups hold a client": (
        "declarations.models",
        "incidentportal.rootly.client",
    ),
    "The portal holds no HTTP client": ("portal.views", "incidentportal.rootly.client"),
    "Nothing imports the sandbox": ("catalog.models", "incidentportal.sandbox.store"),
    "The sandbox shares no code with the portal": ("sandbox.store", "incidentportal.env"),
}


def test_every_import_contract_bites(tmp_path: Path) -> None:
    package = tmp_path / "incidentportal"
    shutil.copytree(
        gates.ROOT / "incidentportal", package, ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(gates.ROOT / "pyproject.toml", tmp_path)
    for module, imported in BAD_IMPORTS.values():
        path = package / module.replace(".", "/")
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        path.write_text(f"{path.read_text()}\nimport {imported}\n")

    said = refused(gates.CONTRACTS, "--no-cache", cwd=tmp_path)

    assert "KEPT" not in said, "a contract without a bad import here"
    for contract, (module, imported) in BAD_IMPORTS.items():
        assert f"{contract} BROKEN" in said
        details = said.split(f"\n{contract}\n---")[1].split("\n---")[0]
        assert f"incidentportal.{module} -> {imported} (l." in details


def test_types_bite(tmp_path: Path) -> None:
    sample = tmp_path / "sample.py"
    sample.write_text(
        "from django.http import HttpRequest\n"
        "def path(request: HttpRequest) -> int:\n    return request.path\n"
        "def untyped(value): return value\n"
    )

    said = refused(gates.TYPES, str(sample))

    assert "[return-value]" in said, "django-stubs know that a path is text"
    assert "[no-untyped-def]" in said


def test_the_migrations_check_bites(tmp_path: Path) -> None:
    app = tmp_path / "forgetful"
    (app / "migrations").mkdir(parents=True)
    (app / "migrations/__init__.py").touch()
    (app / "models.py").write_text(
        "from django.db import models\nclass Thing(models.Model): pass\n"
    )
    (tmp_path / "forgetful_settings.py").write_text(
        "from incidentportal.settings import *\nINSTALLED_APPS += ['forgetful']\n"
    )

    said = refused(
        gates.MIGRATIONS,
        variables={"PYTHONPATH": str(tmp_path), "DJANGO_SETTINGS_MODULE": "forgetful_settings"},
    )

    assert "Create model Thing" in said


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [("DEBUG", "true", "security.W018"), ("SECRET_KEY", "short", "security.W009")],
)
def test_the_deploy_check_bites(name: str, value: str, complaint: str) -> None:
    assert complaint in refused(gates.DEPLOY, variables={name: value})
