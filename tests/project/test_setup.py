"""`.ci/setup` does nothing twice, and heals what was interrupted. Its Python is a stand-in here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import gates
import pytest

STAND_IN = f"""#!/bin/sh
case "$*" in
    "-m venv .venv") echo venv >>log; mkdir -p .venv/bin; cp "$0" .venv/bin/python ;;
    "-m pip "*) for last; do :; done; echo "$last" >>log; [ ! -e broken ] ;;
    "manage.py collectstatic "*) echo static >>log; mkdir -p var/static
        touch var/static/staticfiles.json ;;
    *) exec {sys.executable} "$@" ;;
esac
"""


class Clone:
    """A folder with `.ci/setup`, two locks and a static file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in (".ci", "requirements", "static"):
            (folder / name).mkdir()
        shutil.copy(gates.ROOT / ".ci/setup", folder / ".ci")
        (folder / "requirements/run.txt").write_text("a==1\n")
        (folder / "requirements/test.txt").write_text("b==1\n")
        (folder / "static/portal.css").touch()
        self.python("python", STAND_IN)

    def python(self, name: str, script: str) -> Path:
        path = self.folder / name
        path.write_text(script)
        path.chmod(0o755)
        return path

    def set_up(self, *layers: str, python: str = "./python") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", ".ci/setup", *layers],
            cwd=self.folder,
            env=os.environ | {"PYTHON": python},
            capture_output=True,
            text=True,
            check=False,
        )

    def did(self, *layers: str) -> list[str]:
        """What a set-up that works has done."""
        (self.folder / "log").write_text("")
        done = self.set_up(*layers)
        assert done.returncode == 0, done.stderr
        return (self.folder / "log").read_text().split()


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


def test_a_second_set_up_does_nothing(clone: Clone) -> None:
    assert clone.did("run") == ["venv", "requirements/run.txt", "static"]
    assert clone.did("run") == []


def test_a_further_layer_is_put_on_top(clone: Clone) -> None:
    clone.did("run")

    assert clone.did("run", "test") == ["requirements/test.txt"]
    assert clone.did("run") == []


def test_a_changed_lock_makes_everything_anew(clone: Clone) -> None:
    clone.did("run")
    (clone.folder / "requirements/run.txt").write_text("a==2\n")

    assert clone.did("run") == ["venv", "requirements/run.txt", "static"]


def test_a_changed_static_file_is_collected(clone: Clone) -> None:
    clone.did("run")
    later = (clone.folder / ".venv/stamp-static").stat().st_mtime + 1
    os.utime(clone.folder / "static/portal.css", (later, later))

    assert clone.did("run") == ["static"]


def test_a_set_up_that_broke_off_is_made_anew(clone: Clone) -> None:
    (clone.folder / "broken").touch()
    assert clone.set_up("run").returncode != 0
    (clone.folder / "broken").unlink()

    assert clone.did("run") == ["venv", "requirements/run.txt", "static"]


def test_a_layer_that_broke_off_makes_everything_anew(clone: Clone) -> None:
    clone.did("run")
    (clone.folder / "broken").touch()
    assert clone.set_up("run", "test").returncode != 0
    (clone.folder / "broken").unlink()

    assert clone.did("run") == ["venv", "requirements/run.txt", "static"]


def test_an_environment_whose_python_is_gone_is_made_anew(clone: Clone) -> None:
    clone.did("run")
    (clone.folder / ".venv/bin/python").unlink()

    assert clone.did("run") == ["venv", "requirements/run.txt", "static"]


def test_without_a_new_enough_python_it_says_what_to_install(clone: Clone) -> None:
    clone.python("old", "#!/bin/sh\nexit 1\n")

    done = clone.set_up("run", python="./old")

    assert done.returncode != 0
    assert "needs Python 3.11 or newer" in done.stderr
    assert not (clone.folder / ".venv").exists()


def test_a_python_that_makes_no_environments_is_named_with_its_remedy(clone: Clone) -> None:
    clone.python(
        "bare", f'#!/bin/sh\ncase "$*" in *ensurepip*) exit 1;; esac\nexec {sys.executable} "$@"\n'
    )

    done = clone.set_up("run", python="./bare")

    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert done.returncode != 0
    assert f"apt-get install python{version}-venv" in done.stderr
