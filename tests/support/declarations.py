"""Rows to start from."""

from __future__ import annotations

import uuid
from typing import Any

from incidentportal.accounts.models import User
from incidentportal.declarations.models import IDLE, Declaration, Draft
from incidentportal.declarations.states import State


def make_declaration(author: User, **fields: Any) -> Declaration:
    """A saved declaration: due now, unless it is in a state in which nothing is done with it."""
    given = {
        "upstream": "http://127.0.0.1:9/v1", "snapshot_id": 1, "title": "Checkout is slow",
        "answers": {"title": ["Checkout is slow"]}, "labels": [],
        "payload": {"title": "Checkout is slow"}, **fields,
    }  # fmt: skip
    if given.get("state", State.QUEUED) in IDLE:
        given.setdefault("due_at", None)
    given.setdefault("private", bool(given["payload"].get("private")))
    return Declaration.objects.create(author=author, **given)


def make_draft(author: User, **fields: Any) -> Draft:
    """A draft with a title."""
    content = {"answers": {"title": ["Checkout is slow"]}, "told": []}
    given = {"upstream": "http://127.0.0.1:9/v1", "title": "Checkout is slow", **fields}
    return Draft.objects.create(pk=uuid.uuid4(), author=author, content=content, **given)
