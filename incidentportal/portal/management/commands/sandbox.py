"""`manage.py sandbox`: the pretend Rootly."""

import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Becomes the sandbox, which is a program of its own and knows nothing of the portal."""

    help = "Start a pretend Rootly on this machine, to try the portal out."
    requires_system_checks = ()

    def run_from_argv(self, argv: list[str]) -> None:
        """Hand the rest of the command line over as it is."""
        os.execv(sys.executable, [sys.executable, "-m", "incidentportal.sandbox", *argv[2:]])  # noqa: S606

    def add_arguments(self, parser: ArgumentParser) -> None:
        """None of its own: see `python -m incidentportal.sandbox --help`."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Unreachable from the command line; `run_from_argv` replaces this process."""
        raise NotImplementedError
