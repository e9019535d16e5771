"""An admin who is staff, and defaults to start from."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps

from incidentportal.accounts.models import User
from incidentportal.catalog import connection
from incidentportal.catalog.current import Catalog, current, look_at_once
from incidentportal.catalog.sync import sync_catalog
from incidentportal.formengine.definition import Forms
from incidentportal.presets import history
from incidentportal.presets.content import Content, Setting
from incidentportal.presets.defaults import source_of
from incidentportal.presets.forms import forms_of
from incidentportal.presets.models import Preset, SiteDefault
from tests.support.people import PageClient, Person
from tests.support.sandbox import Sandbox


@pytest.fixture
def staff(make_person: Person) -> User:
    """A member of the group `admin` who is staff, and no superuser."""
    person = make_person("ada", "admin", is_staff=True)
    # Tests with real transactions empty every table, also of what migrations put there.
    for name in ("0002_admins", "0004_admins"):
        importlib.import_module(f"incidentportal.presets.migrations.{name}").grant(apps, None)
    return person


@pytest.fixture
def admin(connected: Sandbox, staff: User) -> PageClient:
    """That person's browser."""
    client = PageClient()
    client.force_login(staff)
    return client


def forms() -> Forms:
    """The forms of now."""
    catalog = current()
    assert catalog is not None
    return forms_of(catalog)


def name_of(label: str) -> str:
    """The control's name of the field with this label."""
    return next(field.name for field in forms().by_name.values() if field.label == label)


def fetch() -> None:
    """Fetch Rootly's configuration anew, and use it."""
    sync_catalog(connection.client(), connection.upstream())
    look_at_once()


def catalog() -> Catalog:
    """The catalog of now."""
    found = current()
    assert found is not None
    return found


def setting(label: str, /, *words: str, **rest: Any) -> tuple[str, Setting]:
    """What a preset makes of the field with this label, its values by label: name and setting."""
    field = forms().by_name[name_of(label)]
    values: tuple[str, ...] = words
    if field.options is not None:
        ids = {option.label: option.id for option in field.options}
        values = tuple(ids[word] for word in words)
    kept = words if field.options is not None else ()
    return field.name, Setting(
        was=field.label, source=source_of(field), values=values, words=kept, **rest
    )


def make_preset(*settings: tuple[str, Setting], slug: str = "payments", **rest: Any) -> Preset:
    """A preset in use with these fields."""
    row = Preset(upstream=connection.upstream())
    row.take(Content(**{"slug": slug, "name": "Payments", "fields": dict(settings), **rest}))
    history.save(row, None)
    return row


SetDefault = Callable[..., SiteDefault]


@pytest.fixture
def set_default(connected: Sandbox) -> SetDefault:
    """Sets a field's default, by labels: `set_default("Severity", "SEV2 Major")`."""

    def set_default(label: str, *words: str, **changes: Any) -> SiteDefault:
        field = forms().by_name[name_of(label)]
        values = list(words)
        if field.options is not None:
            ids = {option.label: option.id for option in field.options}
            values = [ids[word] for word in words]
        given = {
            "upstream": connection.upstream(), "field": field.name, "label": field.label,
            "source": source_of(field), "values": values,
            "words": list(words) if field.options is not None else [], **changes,
        }  # fmt: skip
        return SiteDefault.objects.create(**given)

    return set_default
