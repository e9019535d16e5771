"""`manage.py doctor`: what is wrong, in plain words, and how to mend it."""

from __future__ import annotations

import logging
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand

from incidentportal.portal.doctor.examination import examine
from incidentportal.portal.doctor.findings import has_failed
from incidentportal.portal.doctor.report import as_json, as_text


class Command(BaseCommand):
    """Exits with 1 where anything doesn't work, with 0 where all is fine or there are warnings."""

    help = (
        "Check settings, Rootly, database, worker, cache, mail and keys, and say what to do. "
        "Writes nothing to Rootly unless --test-incident."
    )
    requires_system_checks = ()  # what they would stop it for is what it is to say

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How to answer, and whether to write to Rootly."""
        parser.add_argument("--json", action="store_true", help="answer as JSON")
        parser.add_argument(
            "--test-incident",
            action="store_true",
            help="create one incident of the kind test, to see whether the token may",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Check everything and say what was found."""
        with _nothing_logged():
            findings = examine(test_incident=options["test_incident"])
        if options["json"]:
            self.stdout.write(as_json(findings))
        else:
            self.stdout.write(as_text(findings, getattr(sys.stdout, "encoding", None)))
        if has_failed(findings):
            sys.exit(1)


@contextmanager
def _nothing_logged() -> Iterator[None]:
    """The findings say it all; a log line for each call that was tried would hide them."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
