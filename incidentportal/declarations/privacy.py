"""Making a declaration private: at any moment, for good, and with all its rows at once."""

from __future__ import annotations

import uuid

from django.db import transaction

from incidentportal.accounts import journal
from incidentportal.accounts.sealed import sealable
from incidentportal.declarations.models import Attempt, Decision, Declaration
from incidentportal.rootly.records import Incident


def make_private(pk: uuid.UUID) -> None:
    """Seal all texts of a declaration, its attempts and its decisions in one transaction.

    Afterwards what lay there in clear is gone from SQLite's file (`secure_delete`) and from its
    journal. Raises UnreadableError where it is private already and can't be read.
    """
    with transaction.atomic():
        row = Declaration.objects.select_for_update().get(pk=pk)
        if row.private:
            return
        row.private = True
        row.save(update_fields=["private", *sealable(Declaration)])
        for model in (Attempt, Decision):
            for part in model.objects.select_for_update().filter(declaration=row):
                part.private = True
                part.save(update_fields=["private", *sealable(model)])
        transaction.on_commit(journal.truncate, robust=True)


def follow_incident(declaration: Declaration, incident: Incident | None) -> None:
    """Before anything of an incident is kept: one that is private in Rootly makes its declaration
    private, whether or not that was asked for.
    """
    if incident is not None and incident.private is True and not declaration.private:
        make_private(declaration.pk)
        declaration.private = True
