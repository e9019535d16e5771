"""The database as migrations left it, put back after each test with threads.

Django's own flush empties the tables too, and then makes all permissions anew; groups, which a
migration made, stay gone. Putting the rows back instead costs milliseconds, and there is nothing
that a test finds only when it runs before another.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management.color import no_style
from django.core.management.sql import sql_flush
from django.db import connection, transaction
from django.test import TransactionTestCase
from pytest_django.plugin import DjangoDbBlocker

from incidentportal.accounts.models import PrivateView

_GUARD = "incidentportal.accounts.migrations.0006_append_only"

Rows = dict[str, list[tuple[Any, ...]]]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The test database, with what migrations put into it remembered."""
    with django_db_blocker.unblock():
        rows = _rows()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _: _put_back(rows))
        yield


def _rows() -> Rows:
    found: Rows = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.django_table_names(
            only_existing=True, include_views=False
        ):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            if rows := cursor.fetchall():
                found[table] = rows
    return found


def _put_back(rows: Rows) -> None:
    _let_go_of_what_is_append_only()
    statements = sql_flush(no_style(), connection, reset_sequences=False, allow_cascade=False)
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        for table, known in rows.items():
            places = ", ".join(["%s"] * len(known[0]))
            insert = f"INSERT INTO {connection.ops.quote_name(table)} VALUES ({places})"
            cursor.executemany(insert, known)


def _let_go_of_what_is_append_only() -> None:
    """SQLite's triggers would refuse the emptying of this table."""
    if connection.vendor == "sqlite" and PrivateView.objects.exists():
        guard, editor = importlib.import_module(_GUARD), connection.schema_editor()
        guard.release(None, editor)
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {PrivateView._meta.db_table}")
        guard.guard(None, editor)
