"""Private declarations that were stored before there was any encryption."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from incidentportal.accounts.models import User
from incidentportal.declarations.models import Declaration
from tests.support.at_rest import at_rest

BEFORE = [("declarations", "0002_steps")]


def migrate(to: list[tuple[str, str]] | None = None) -> Any:
    """The models as they are there; everywhere else the newest."""
    executor = MigrationExecutor(connection)
    executor.migrate(to or executor.loader.graph.leaf_nodes())
    return MigrationExecutor(connection).loader.project_state(to).apps if to else None


@pytest.fixture
def before(transactional_db: None) -> Iterator[Any]:
    """The models before encryption; the newest again at the end."""
    yield migrate(BEFORE)
    migrate()


@pytest.mark.store
def test_the_migration_seals_them_and_leaves_the_others(before: Any, reporter: User) -> None:
    canary = f"canary{uuid.uuid4().hex}"
    declarations = before.get_model("declarations", "Declaration").objects

    def make(**payload: Any) -> Any:
        return declarations.create(
            author_id=reporter.pk, upstream="x", snapshot_id=1, title=payload["title"],
            answers={"title": [payload["title"]]}, labels=[], payload=payload,
        )  # fmt: skip

    private, public = make(title=canary, private=True), make(title="Checkout", private=False)
    before.get_model("declarations", "Attempt").objects.create(
        declaration=private, claim=1, idempotency_key="x", digest="x", sentence=canary
    )
    assert canary.encode() in at_rest()
    migrate()
    found = Declaration.objects.get(pk=private.pk)
    assert (found.private, found.title, found.payload["title"]) == (True, canary, canary)
    assert found.attempts.get().sentence == canary
    assert canary.encode() not in at_rest()
    kept = Declaration.objects.get(pk=public.pk)
    assert (kept.private, kept.title, kept.payload) == (False, "Checkout", public.payload)
