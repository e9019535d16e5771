"""`make test`: the gates, the tests on PostgreSQL and Redis, and the whole suite on SQLite.

What can't run here is named at the end with what to type; with CI=true it is a failure.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import browser
import gates
import stores

PROCESSES = str((os.cpu_count() or 1) + 1)
"""One more than there are processors: many a test waits for something to happen."""

IN_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def main() -> int:
    """Run everything, then sum up; 1 where something failed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what it started ends too
    failed = gates.failing()
    left_out: list[str] = []
    store_environment, missing = stores.answering()
    left_out += [f"tests marked `store` on {line}" for line in missing]
    if store_environment and not _pytest(
        "tests marked `store`", ["-n", PROCESSES, "-m", "store"], store_environment
    ):
        failed.append("tests marked `store`")
    chromium = browser.find() or browser.get()
    if not chromium:
        left_out.append(f"tests marked `browser` (no Chromium): type {browser.HOW_TO_GET_ONE}")
    selection = ["-n", PROCESSES]
    if not chromium:
        selection += ["-m", "not browser"]
    if not _pytest("all tests, on SQLite", selection, {"CHROMIUM": chromium or ""}):
        failed.append("tests")
    return _verdict(failed, left_out)


def _pytest(title: str, arguments: list[str], environment: dict[str, str]) -> bool:
    print(f"\n=== {title}: pytest {' '.join(arguments)}", flush=True)
    plain = {name: text for name, text in os.environ.items() if not name.startswith("STORE_")}
    command = [sys.executable, "-m", "pytest", *arguments]
    done = subprocess.run(
        command, cwd=gates.ROOT, env=plain | environment, stdin=subprocess.DEVNULL, check=False
    )
    return done.returncode == 0


def _verdict(failed: list[str], left_out: list[str]) -> int:
    print()
    for line in left_out:
        print(f"Could not run: {line}")
    if failed:
        print(f"FAILED: {', '.join(failed)}")
    elif left_out and IN_CI:
        print("FAILED: with CI=true everything must run")
    else:
        print("Passed." if not left_out else "Passed, as far as it could run.")
    return 1 if failed or (left_out and IN_CI) else 0


if __name__ == "__main__":
    sys.exit(main())
