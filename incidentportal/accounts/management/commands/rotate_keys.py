"""`manage.py rotate_keys`: all private text under the newest key."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from incidentportal.accounts.encryption import SETTING, keyring
from incidentportal.accounts.rotation import Result, rotate


class Command(BaseCommand):
    """Encrypts anew, reads back, and says which keys nothing uses any more."""

    help = (
        "Encrypt all private text with the newest key. Safe beside a running portal, and to be "
        "interrupted and run again. Give every process the new key first."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError where a text is left that the newest key alone doesn't read."""
        newest = keyring().newest
        source = "SECRET_KEY" if newest.is_derived else SETTING
        self.stdout.write(f"The newest key is {newest.fingerprint}, from {source}.")
        try:
            result = rotate(self.stdout.write)
        except DatabaseError as error:
            raise CommandError(
                f"The database does not answer as it should ({type(error).__name__}). What is done "
                "is done; run this again."
            ) from None
        self._refuse_rest(result)
        self.stdout.write(
            f"Encrypted anew: {result.resealed}. All {result.read_back} private texts were read "
            "back with the newest key alone."
        )
        if result.forgotten:
            gone = ", ".join(result.forgotten)
            self.stdout.write(f"Nothing uses these keys any more, and they may go: {gone}.")

    @staticmethod
    def _refuse_rest(result: Result) -> None:
        if result.unreadable:
            counts = ", ".join(f"{name}: {count}" for name, count in result.unreadable.items())
            raise CommandError(
                f"Texts that none of the keys reads ({counts}). Put the missing key back and run "
                "this again; drop no key before. The rest is encrypted with the newest key."
            )
        if result.old:
            raise CommandError(
                f"{result.old} texts were written with an older key meanwhile. Restart every "
                "process with the new key first in the list, then run this again."
            )
