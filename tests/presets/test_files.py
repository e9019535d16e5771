"""Presets and defaults as files: `manage.py presets export|import`."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from pytest_django import Settings

from incidentportal.catalog import connection
from incidentportal.catalog import current as catalogs
from incidentportal.presets import history
from incidentportal.presets.content import (
    Content,
    DefaultContent,
    Setting,
    Wording,
)
from incidentportal.presets.files import applying
from incidentportal.presets.files.document import MOST_BYTES, FileError, read
from incidentportal.presets.models import Change, GroupDefault, Preset, SiteDefault
from tests.presets.conftest import (
    SetDefault,
    fetch,
    make_preset,
    name_of,
    setting,
)
from tests.support.sandbox import Sandbox

AS_WRITTEN = """\
version: 1
presets:
  payments:
    name: Payments
    audience:
      - reporter
      - support
    wording:
      'no':
        name: Betaling
    fields:
      customers-can-tell:
        default: true
      parent_incident_id:
        default:
          id: '77'
          was: '#7 Fire'
      service_ids:
        default:
          - web-shop
          - product-search
      severity_id:
        default: sev2-major
        locked: true
        order: 2
        help: |-
          One line.
          Another.
      ticket:
        default: '0042'
defaults:
  site:
    labels:
      default: "team=care\\r\\narea=web"
  groups: {}
"""
Put = Callable[..., str]
MINIMAL = "version: 1\npresets:\n  payments:\n    name: Payments\n"


def exported(*args: str) -> str:
    """What `presets export` writes."""
    out = io.StringIO()
    call_command("presets", "export", *args, stdout=out, stderr=io.StringIO())
    return out.getvalue()


@pytest.fixture
def put(tmp_path: Path, connected: Sandbox) -> Put:
    """Imports a text, and gives what was said."""

    def put(text: str | bytes, *flags: str) -> str:
        file = tmp_path / "presets.yaml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        out = io.StringIO()
        call_command("presets", "import", str(file), *flags, stdout=out)
        return out.getvalue()

    return put


def refused(put: Put, text: str | bytes, *flags: str) -> str:
    """What is said of a file that can't be used; nothing may have changed."""
    before, changes = everything(), Change.objects.count()
    with pytest.raises(CommandError) as told:
        put(text, *flags)
    assert (everything(), Change.objects.count()) == (before, changes)
    assert "nothing was changed" in str(told.value)
    return str(told.value)


def everything() -> tuple[list[Content], list[DefaultContent]]:
    """All that is there, as plain data."""
    defaults = [*SiteDefault.objects.all(), *GroupDefault.objects.all()]
    presets = sorted((row.content for row in Preset.objects.all()), key=lambda one: one.slug)
    return presets, sorted(
        (row.content for row in defaults), key=lambda one: (one.group, one.field)
    )


def forget_all() -> None:
    """An empty portal."""
    for model in (Preset, SiteDefault, GroupDefault, Change):
        model.objects.all().delete()


def with_fields(lines: str) -> str:
    """A preset with these lines about its fields."""
    indented = "".join(f"      {line}\n" for line in lines.splitlines())
    return f"{MINIMAL}    fields:\n{indented}"


def test_a_file_reads_as_people_would_write_it(connected: Sandbox, set_default: SetDefault) -> None:
    services = [one["name"] for one in connected.records("services")[:2]]
    make_preset(
        setting("Severity", "SEV2 Major", locked=True, order=2, help="One line.\nAnother."),
        setting("Services", *services), setting("Customers can tell", "true"),
        setting("Ticket", "0042"),
        ("parent_incident_id", Setting(
            was="Parent incident", source="parent_incident_id", values=("77",), words=("#7 Fire",)
        )),
        audience=("support", "reporter"), wording={"no": Wording("Betaling")},
    )  # fmt: skip
    set_default("Labels", "team=care\r\narea=web")
    text = exported()
    head, _, body = text.partition("\n\n")
    assert all(line.startswith("#") for line in head.splitlines())
    assert connection.upstream() in head
    assert body == AS_WRITTEN


@pytest.mark.store
def test_import_makes_changes_and_tells_them_first(put: Put, make_person: Any) -> None:
    text = (
        with_fields(
            "severity_id: {default: SEV2 Major, locked: true}\n"
            "Customers affected: {default: 12, required: true}\n"
            "next-update-due: {default: 2026-01-31T14:30}\n"
        )
        + "defaults:\n  groups:\n    reporter:\n      severity_id: {default: sev4-low}\n"
    )
    told = put(text, "--dry-run")
    assert "Preset “payments” is new:" in told
    assert "Field “Severity”, value: – → SEV2 Major" in told
    assert "Default of the group “reporter”, “Severity” is new" in told
    assert "dry run" in told
    assert everything() == ([], [])
    make_person("ada", "admin")
    put(text, "--as", "ada")
    row = Preset.objects.get()
    assert row.content.fields == dict([
        setting("Severity", "SEV2 Major", locked=True),
        setting("Customers affected", "12", required=True),
        setting("Next update due", row.content.fields[name_of("Next update due")].values[0]),
    ])  # fmt: skip
    assert (
        row.content.fields[name_of("Next update due")].values[0].startswith("2026-01-31T14:30:00")
    )
    assert GroupDefault.objects.get().words == ["SEV4 Low"]
    assert {(one.through, one.by_name) for one in Change.objects.all()} == {("import", "ada")}
    put(MINIMAL.replace("Payments", "Cards"))
    assert (Change.objects.count(), Preset.objects.get().name) == (3, "Cards")
    latest = Change.objects.first()
    assert latest
    assert (latest.by, latest.by_name) == (None, "")
    changed = put(text, "--dry-run")
    assert "Preset “payments” changes:\n  Name: Cards → Payments\n" in changed


@pytest.mark.store
def test_a_second_import_changes_nothing(put: Put) -> None:
    text = with_fields("severity_id: {default: SEV2 Major}\nlabels: {default: 'a=b'}")
    put(text)
    stamp = Preset.objects.get().set_at
    assert "Nothing changes" in put(text)
    assert "Nothing changes" in put(exported())
    assert Change.objects.count() == 1
    assert Preset.objects.get().set_at == stamp


@pytest.mark.store
def test_what_the_file_does_not_have_stays_unless_pruned(put: Put, set_default: SetDefault) -> None:
    make_preset(slug="old", name="Old")
    set_default("Ticket", "CARE-1")
    of_another = Preset(upstream="https://other.example/v1", slug="x", name="X")
    of_another.save()
    assert "left alone (--prune deletes): Preset “old”; Default of the site, “Ticket”" in put(
        MINIMAL
    )
    assert "Preset “old” is deleted." in put(MINIMAL, "--prune", "--dry-run")
    assert Preset.objects.filter(slug="old").exists()
    put(MINIMAL, "--prune")
    assert set(Preset.objects.values_list("slug", flat=True)) == {"payments", "x"}
    assert not SiteDefault.objects.exists()
    gone = Change.objects.filter(after__isnull=True)
    assert {one.key for one in gone} == {"old", "/" + name_of("Ticket")}


WRONG = {
    "presets: {a: [1]": (1, 17, "This is no YAML"),
    "version: 2": (1, 1, "version: 1"),
    "version: 1\npresetz: {}": (2, 1, "“presetz” means nothing here; did you mean “presets”?"),
    "version: 1\nversion: 1": (2, 1, "twice: first in line 1"),
    "- a": (1, 1, "Names with what they mean"),
    "": (1, 1, "empty"),
    "version: 1\n---\nversion: 1": (2, 1, "second document"),
    "version: 1\npresets: &a {}": (2, 10, "Anchors and aliases"),
    "version: 1\npresets: *a": (2, 10, "Anchors and aliases"),
    "version: 1\npresets: !!python/object:os.system {}": (2, 10, "Tags such as"),
    "version: !!int 1": (1, 10, "Tags such as"),
    "[" * 5000: (1, 14, "nested too deeply"),
    'version: "\\UFFFFFFFF"': (1, 13, "This is no YAML"),
    "version: 1\npresets: \x01": (2, 10, "U+0001"),
    "version: 1\n? [a]\n: b": (2, 3, "A name is expected"),
    MINIMAL + '    description: "\\x07"': (5, 18, "No page can show the character U+0007"),
    MINIMAL.replace("Payments", "''"): (3, 3, "presets.payments: `name` is missing"),
    MINIMAL.replace("Payments", "x" * 121): (4, 11, "At most 120 characters"),
    MINIMAL.replace("Payments", '"A\\nB"'): (4, 11, "One line only can stand here"),
    MINIMAL + '    title_pattern: "A\\u2028B"': (5, 20, "One line only"),
    MINIMAL + '    wording: {fr: {name: "A\\nB"}}': (5, 26, "One line only"),
    with_fields('title: {label: "A\\nB"}'): (6, 22, "One line only"),
    MINIMAL.replace("payments", "Pay Ments"): (3, 3, 'presets."Pay Ments": Only small letters'),
    MINIMAL + "    position: first": (5, 15, "A whole number"),
    MINIMAL + "    enabled: yes": (5, 14, "true or false"),
    MINIMAL + "    kind: tset": (5, 11, "did you mean “test”?"),
    MINIMAL + "    icon: zzz": (5, 11, "It can be: bolt, bug"),
    MINIMAL + "    audience: [reporter, suport]": (
        5, 26, "presets.payments.audience[1]: There is no group “suport”; did you mean “support”?",
    ),
    MINIMAL + "    audience:": (5, 14, "leave `audience` out for everyone"),
    MINIMAL + "    wording: {french: {name: N}}": (5, 15, "A language is expected"),
    MINIMAL + "    wording: {fr: {nom: N}}": (5, 20, "“nom” means nothing here."),
    with_fields("severity_id: {default: [sev9-major]}"): (
        6, 31,
        ("presets.payments.fields.severity_id.default[0]: Rootly has no severity “sev9-major”;"
         " did you mean “sev2-major”?"),
    ),
    with_fields("severity: {default: sev2-major}"): (6, 7, "did you mean “severity_id”?"),
    with_fields("severity_id: {defualt: x}"): (6, 21, "did you mean “default”?"),
    with_fields("severity_id: {default: [sev2-major, sev4-low]}"): (6, 31, "Choose only one"),
    with_fields("service_ids: {default: [web-shop, Web shop]}"): (6, 41, "It is there twice"),
    with_fields("severity_id: {locked: true}"): (6, 7, "There is nothing to fix"),
    with_fields("severity_id: {default: }"): (6, 29, "A value is missing"),
    with_fields("severity_id: {default: {was: x}}"): (6, 30, "`id` is missing"),
    with_fields("ticket: {default: {id: x}}"): (6, 25, "It is a text, not an id"),
    with_fields("ticket: {}\nTicket: {}"): (7, 7, "by another name too"),
    with_fields("customers-affected: {default: many}"): (6, 37, "“many” is not a number"),
    with_fields("declared-through: {default: x}"): (6, 35, "no option of “Declared through”"),
    with_fields("alert_ids: {default: {id: x}}"): (6, 7, "comes and goes"),
    with_fields("title: {order: 1e3}"): (6, 22, "A whole number"),
    "version: 1\ndefaults: {site: {title: {}}}": (2, 19, "`default` is missing"),
    "version: 1\ndefaults: {site: {title: {default: a, locked: true}}}": (2, 39, "“locked” means"),
    "version: 1\ndefaults: {groups: {supprt: {}}}": (2, 21, "no group “supprt”; did you mean"),
    "version: 1\ndefaults: {site: {customers-can-tell: {default: false}}}": (2, 49, "Tick"),
}  # fmt: skip


def test_a_wrong_file_changes_nothing_and_says_where(put: Put) -> None:
    make_preset(slug="there", name="There")
    missed = []
    for text, (line, column, sentence) in WRONG.items():
        told = refused(put, text)
        if f"line {line}, column {column}: " not in told or sentence not in told:
            missed.append((text[:200], told))
    assert not missed
    assert "no UTF-8" in refused(put, "version: 1\nname: é".encode("latin-1"))
    assert "too large" in refused(put, b"#" * (MOST_BYTES + 1))


def test_all_that_is_wrong_is_told_at_once(put: Put) -> None:
    text = (
        with_fields("severity_id: {default: sev9}\nnowhere: {}") + "    kind: x\n    colour: red\n"
    )
    told = refused(put, text).splitlines()[1:]
    assert [one.split(":")[0].strip() for one in told] == [
        "line 6, column 30", "line 7, column 7", "line 8, column 11", "line 9, column 5",
    ]  # fmt: skip


def test_a_bomb_is_small() -> None:
    lines = ["a: &a [x]"] + [f"b{n}: &b{n} [*a, *a, *a]" for n in range(30)]
    with pytest.raises(FileError, match="line 1"):
        read("\n".join(lines).encode())


@pytest.mark.store
def test_what_rootly_no_longer_has_survives_a_round(
    put: Put, connected: Sandbox, set_default: SetDefault
) -> None:
    service = connected.records("services")[0]
    make_preset(
        setting("Services", service["name"], locked=True),
        ("form_field_404", Setting(was="Old field", values=("kept",), label="L")),
        ("form_field_405", Setting(was="Old", source="custom", values=("1",), words=("One",))),
        ("summary", Setting(was="Summary", source="service_ids", values=("1",), words=("Web",))),
        audience=("reporter", "gone"),
    )
    set_default("Severity", "SEV2 Major", field="form_field_406")
    group = GroupDefault(upstream=connection.upstream(), group="gone too")
    group.take(SiteDefault.objects.get().content)
    history.save(group, None)
    connected.change_list("services", remove=[service["id"]])
    fetch()
    before, text = everything(), exported()
    told = put(text)
    assert "Nothing changes" in told
    assert "! line" in told
    assert everything() == before
    forget_all()
    put(text.replace("      - gone\n", "").replace("    gone too:\n", "    support:\n"))
    (preset,), defaults = everything()
    assert preset.fields == before[0][0].fields
    assert [one.group for one in defaults] == ["", "support"]
    assert exported() == text.replace("      - gone\n", "").replace("gone too", "support")


def test_an_option_renamed_since_changes_nothing(put: Put, connected: Sandbox) -> None:
    service = connected.records("services")[0]
    make_preset(setting("Services", service["name"]))
    connected.change_list("services", upsert=[{**service, "name": "Renamed"}])
    fetch()
    assert "Nothing changes" in put(exported())


@pytest.mark.store
def test_one_that_cannot_be_read_is_told_and_mended(put: Put) -> None:
    row = make_preset()
    Preset.objects.filter(pk=row.pk).update(fields={"title": {"colour": "red"}})
    with pytest.raises(CommandError, match=r"“payments”\. Delete them"):
        exported()
    assert "can’t be read" in put(MINIMAL, "--dry-run")
    put(MINIMAL)
    assert Preset.objects.get().content == Content(slug="payments", name="Payments")


def test_files_and_streams(
    connected: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_preset()
    file = tmp_path / "out.yaml"
    assert exported(str(file)) == ""
    assert file.read_text() == exported()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(file.read_bytes())))
    out = io.StringIO()
    call_command("presets", "import", stdout=out)
    assert "Nothing changes" in out.getvalue()
    with pytest.raises(CommandError, match=r"can't be read: No such file"):
        call_command("presets", "import", str(tmp_path / "none.yaml"))
    with pytest.raises(CommandError, match="can't be written"):
        exported(str(tmp_path / "none" / "out.yaml"))
    with pytest.raises(CommandError, match="no user “eve”"):
        call_command("presets", "import", str(file), "--as", "eve")


def test_without_a_snapshot_or_database_it_says_so(
    connected: Sandbox, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OperationalError("no such table: presets_preset")

    with monkeypatch.context() as patched:
        patched.setattr(applying, "_Rows", broken)
        with pytest.raises(CommandError, match=r"manage\.py migrate"):
            exported()
    settings.ROOTLY_API_URL = "http://127.0.0.1:9/v1"
    catalogs.forget()
    with pytest.raises(CommandError, match=r"manage\.py sync_catalog"):
        exported()
    settings.ROOTLY_API_URL = ""
    with pytest.raises(CommandError, match="ROOTLY_API_URL"):
        exported()


def test_what_is_here_already_is_not_judged_again(put: Put) -> None:
    make_preset(setting("Customers affected", "many", locked=True))
    text = exported()
    assert "Nothing changes" in put(text)
    Preset.objects.all().delete()
    assert "“many” is not a number" in refused(put, text)
