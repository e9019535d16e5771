"""Presets and defaults as files: `manage.py presets export|import`."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.db import connection as database
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from incidentportal.accounts.models import User
from incidentportal.catalog import connection, current
from incidentportal.formengine.fields import Field
from incidentportal.formengine.matching import is_open
from incidentportal.presets import history
from incidentportal.presets.content import (
    ICONS,
    KINDS,
    Content,
    DefaultContent,
    FieldWording,
    Setting,
    Wording,
)
from incidentportal.presets.defaults import source_of, unfit
from incidentportal.presets.files.document import MOST_BYTES, FileError, read
from incidentportal.presets.models import Change, GroupDefault, Preset, SiteDefault
from tests.presets.conftest import (
    SetDefault,
    fetch,
    forms,
    make_preset,
    name_of,
    setting,
)
from tests.support.sandbox import Sandbox


def exported() -> str:
    out = io.StringIO()
    call_command("presets", "export", stdout=out)
    return out.getvalue()


@pytest.fixture
def put(tmp_path: Path) -> Any:
    """Imports a text, and gives what was said."""

    def put(text: str | bytes, *flags: str) -> str:
        file = tmp_path / "presets.yaml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        out = io.StringIO()
        call_command("presets", "import", str(file), *flags, stdout=out)
        return out.getvalue()

    return put


def everything() -> tuple[list[Content], list[DefaultContent]]:
    defaults = [*SiteDefault.objects.all(), *GroupDefault.objects.all()]
    presets = sorted((row.content for row in Preset.objects.all()), key=lambda one: one.slug)
    return presets, sorted(
        (row.content for row in defaults), key=lambda one: (one.group, one.field)
    )


def test_adhoc(connected: Sandbox, set_default: SetDefault, put: Any) -> None:
    for f in forms().by_name.values():
        print(
            f.name,
            f.label,
            f.slug,
            f.control,
            f.is_custom,
            len(f.options) if f.options is not None else None,
            is_open(f.options),
            list(f.slugs)[:3],
        )
    make_preset(
        setting("Severity", "SEV2 Major", locked=True, order=2),
        setting("Title", "x\ny", label="Was"),
        setting("Services", *[s["name"] for s in connected.records("services")[:3]]),
        setting("Customers can tell", "true"),
        audience=("support",),
        wording={"fr": Wording("Paie")},
    )
    set_default("Labels", "a=b\r\nc=d")
    text = exported()
    print(text)
    before = everything()
    print(put(text))
    assert everything() == before
    Preset.objects.all().delete()
    SiteDefault.objects.all().delete()
    print(put(text, "--dry-run"))
    print(put(text))
    assert everything() == before
    try:
        put(text.replace("sev2", "sev9").replace("locked", "lokced"))
    except CommandError as e:
        print(e)
    assert 0
