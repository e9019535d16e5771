"""A Chromium for the browser tests: this machine's, or Playwright's own, or a new one."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
HOW_TO_GET_ONE = (
    "sudo apt-get install chromium (Debian) or .venv/bin/playwright install --with-deps chromium"
)


def find() -> str | None:
    """The path of a Chromium that starts; the variable CHROMIUM names one that goes before."""
    system = (shutil.which(name) for name in NAMES)
    candidates = [os.environ.get("CHROMIUM"), *system, MAC]
    usable = next((path for path in candidates if path and _starts(path)), None)
    if usable:
        return usable
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if _starts(own) else None


def get() -> str | None:
    """Install one: Debian's where packages may be installed, else Playwright's download."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing Debian's Chromium …", flush=True)
        _run("apt-get", "update", "-q")
        _run("apt-get", "install", "-q", "-y", "--no-install-recommends", "chromium")
        if found := find():
            return found
    print("Downloading Playwright's Chromium …", flush=True)
    playwright = Path(shutil.which("playwright", path=".venv/bin") or "playwright")
    _run(str(playwright), "install", "chromium")
    return find()


def _starts(path: str) -> bool:
    try:
        done = subprocess.run(
            [path, "--version"],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _run(*command: str) -> None:
    """Run to the end; whether it worked is seen by what can be found afterwards."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, timeout=900, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(error, flush=True)
