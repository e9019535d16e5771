"""A form carries its declaration's id, signed for the person it was rendered for.

The same id again makes no second declaration: that is what a double click, the back button and
a browser's retry come down to. It doesn't expire.
"""

from __future__ import annotations

import uuid

from django.core import signing

from incidentportal.accounts.models import User

_SALT = "incidentportal.declarations.identity"


def new(person: User) -> str:
    """A fresh id for a form shown to this person, as the form carries it."""
    return sign(uuid.uuid4(), person)


def sign(pk: uuid.UUID, person: User) -> str:
    """This id, as a form shown to this person carries it."""
    return signing.dumps([str(pk), person.pk], salt=_SALT)


def read(carried: str, person: User) -> uuid.UUID | None:
    """The id that a posted form carries; None: missing, broken, or made for somebody else."""
    try:
        pk, owner = signing.loads(carried, salt=_SALT)
        return uuid.UUID(pk) if owner == person.pk else None
    except (signing.BadSignature, ValueError, TypeError, UnicodeError):
        return None
