"""`manage.py presets export|import`: presets and defaults as a YAML file."""

from __future__ import annotations

import sys
from datetime import tzinfo
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, IntegrityError
from django.utils import timezone

from incidentportal.accounts.models import User
from incidentportal.catalog import connection
from incidentportal.catalog.current import Catalog, current
from incidentportal.presets.files.applying import Outcome, UnreadableError, bring_in, export
from incidentportal.presets.files.document import MOST_BYTES, FileError

STREAM = "-"
NO_UPSTREAM = "Set ROOTLY_API_URL first: presets and defaults belong to one Rootly."
NOT_YET = (
    "Rootly's configuration has not arrived yet. Run `manage.py sync_catalog` first, then this"
    " again."
)
NO_DATABASE = (
    "The database does not answer as it should ({}). Nothing was changed. Does it run, and has"
    " `manage.py migrate` been run?"
)
MEANWHILE = "Somebody made the same preset meanwhile. Nothing was changed; run this again."
_LONGEST = 200


class Command(BaseCommand):
    """Exits with 1, having changed nothing, where anything is wrong."""

    help = "Write presets and defaults to a YAML file, or make them what a file says."

    def add_arguments(self, parser: CommandParser) -> None:
        """`export [FILE]`, `import [FILE] [--dry-run] [--prune] [--as NAME]`."""
        actions = parser.add_subparsers(dest="action", required=True)
        out = actions.add_parser("export", help="all presets and defaults, as YAML")
        out.add_argument("file", nargs="?", default=STREAM, help="to this file, else to stdout")
        into = actions.add_parser("import", help="make them what the file says, or change nothing")
        into.add_argument("file", nargs="?", default=STREAM, help="from this file, else from stdin")
        into.add_argument("--dry-run", action="store_true", help="only say what would change")
        into.add_argument("--prune", action="store_true", help="delete what is not in the file")
        into.add_argument("--as", dest="name", help="the user who is told to have done it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError with what is wrong, in plain words."""
        try:
            catalog = _catalog()
            if options["action"] == "export":
                self._export(catalog, options["file"])
            else:
                self._import(catalog, options)
        except IntegrityError:
            raise CommandError(MEANWHILE) from None
        except DatabaseError as error:
            raise CommandError(NO_DATABASE.format(type(error).__name__)) from None

    def _export(self, catalog: Catalog, file: str) -> None:
        try:
            text = export(catalog)
        except UnreadableError as error:
            raise CommandError(f"Nothing was exported. {error}") from None
        if file == STREAM:
            self.stdout.write(text, ending="")
            return
        try:
            Path(file).write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            raise CommandError(f"{file} can't be written: {error.strerror}.") from None
        self.stderr.write(f"Written to {file}.")

    def _import(self, catalog: Catalog, options: dict[str, Any]) -> None:
        by = _person(options["name"])
        zone: tzinfo = by.zone if by else timezone.get_default_timezone()
        dry_run = options["dry_run"]
        data = _bytes(options["file"])
        try:
            outcome = bring_in(catalog, data, zone, by=by, prune=options["prune"], dry_run=dry_run)
        except FileError as error:
            lines = "\n".join(f"  {one}" for one in error.wrongs)
            name = "stdin" if options["file"] == STREAM else options["file"]
            raise CommandError(f"{name} can't be used, and nothing was changed:\n{lines}") from None
        self._tell(outcome, dry_run=dry_run)

    def _tell(self, outcome: Outcome, *, dry_run: bool) -> None:
        for step in outcome.steps:
            self.stdout.write(f"{step.what} {step.how}{':' if step.differences else '.'}")
            for one in step.differences:
                before, after = _short(one.before), _short(one.after)
                self.stdout.write(f"  {one.what}: {before} → {after}")
        for note in outcome.notes:
            self.stdout.write(f"! {note}")
        if outcome.left:
            listed = "; ".join(outcome.left)
            self.stdout.write(f"Not in the file, and left alone (--prune deletes): {listed}.")
        if not outcome.steps:
            self.stdout.write("Nothing changes: all is as the file says.")
        elif dry_run:
            self.stdout.write("Nothing was changed: this was a dry run.")
        else:
            self.stdout.write(f"Done: {len(outcome.steps)} changed.")


def _catalog() -> Catalog:
    if not connection.upstream():
        raise CommandError(NO_UPSTREAM)
    catalog = current()
    if catalog is None:
        raise CommandError(NOT_YET)
    return catalog


def _person(name: str | None) -> User | None:
    if name is None:
        return None
    found = User.objects.filter(username=name).first()
    if found is None:
        raise CommandError(f"There is no user “{name}”. Nothing was changed.")
    return found


def _bytes(file: str) -> bytes:
    """The file; of one that is too large only as much as tells so."""
    try:
        if file == STREAM:
            return sys.stdin.buffer.read(MOST_BYTES + 1)
        with Path(file).open("rb") as opened:
            return opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise CommandError(f"{file} can't be read: {error.strerror}.") from None


def _short(text: str) -> str:
    line = " ⏎ ".join(text.splitlines())
    return (line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…") or "–"
