"""What changed last in Rootly's configuration, in words: the newest picture and the one before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from incidentportal.catalog import current
from incidentportal.catalog.current import Catalog
from incidentportal.catalog.models import Snapshot
from incidentportal.catalog.picture import Picture
from incidentportal.rootly.records import FormField, Record
from incidentportal.rootly.values import legible

NAMED = 5
"""How many of a kind are named; the rest are counted."""
LONGEST = 60
MOST = 30
"""Sentences."""
WORDS = {
    "form_fields": ("form field", "form fields"),
    "form_sets": ("form set", "form sets"),
    "placements": ("place of a field on a form", "places of fields on forms"),
    "services": ("service", "services"),
    "environments": ("environment", "environments"),
    "severities": ("severity", "severities"),
    "teams": ("team", "teams"),
    "functionalities": ("functionality", "functionalities"),
    "incident_types": ("incident type", "incident types"),
    "causes": ("cause", "causes"),
    "catalogs": ("catalog", "catalogs"),
    "catalog_entities": ("catalog entry", "catalog entries"),
    "users": ("person", "people"),
    "workflows": ("workflow", "workflows"),
}
"""A picture's lists, as people call what is in them."""


@dataclass(frozen=True, slots=True)
class News:
    """`at`: when the newest picture was first seen; `before`: the one before (None: there is none
    any more to compare with). `sentences` may be empty where only order or wording changed.
    """

    at: datetime
    before: datetime | None
    sentences: tuple[str, ...] = ()


def latest(catalog: Catalog) -> News:
    """What this catalog changed. Two queries and two pictures once for each process and picture."""
    return catalog.cached("news", _compare)


def _compare(catalog: Catalog) -> News:
    rows = Snapshot.objects.order_by("-id").values_list("created_at", flat=True)
    created = rows.filter(id=catalog.snapshot_id).first() or catalog.fetched_at
    mine = Snapshot.objects.filter(id=catalog.snapshot_id).values("upstream")
    earlier = Snapshot.objects.filter(upstream__in=mine, id__lt=catalog.snapshot_id)
    pk = earlier.order_by("-id").values_list("id", flat=True).first()
    past = current.past(pk) if pk is not None else None
    if past is None:
        return News(created, None)
    return News(created, past.fetched_at, changes(past.picture, catalog.picture))


def changes(before: Picture, after: Picture) -> tuple[str, ...]:
    """What is different, in sentences, at most `MOST`."""
    found: list[str] = []
    for name, words in WORDS.items():
        old = {record.id: _plain(record) for record in getattr(before, name)}
        new = {record.id: _plain(record) for record in getattr(after, name)}
        if name == "placements":
            found += _placements(old, new, _names(before.form_fields) | _names(after.form_fields))
        else:
            found += _list(words, old, new)
    found += _options(before.form_fields, after.form_fields)
    lost = {problem.sentence for problem in after.problems}
    found += [_legible(each) for each in sorted(lost - {one.sentence for one in before.problems})]
    return tuple(found[:MOST])


def _plain(record: Record) -> Record:
    """Without what `_options` tells better."""
    return replace(record, options=()) if isinstance(record, FormField) else record


def _list(
    words: tuple[str, str], old: Mapping[str, Record], new: Mapping[str, Record]
) -> list[str]:
    """What came, went, and is called or set up otherwise."""
    both = [pk for pk in new if pk in old and new[pk] != old[pk]]
    renamed = [pk for pk in both if _name(old[pk]) != _name(new[pk])]
    changed = [_quoted(new[pk]) for pk in both if pk not in set(renamed)]
    sentences = [
        _said(words, [_quoted(new[pk]) for pk in new if pk not in old], "added"),
        _said(words, [_quoted(old[pk]) for pk in old if pk not in new], "removed"),
        _said(words, [f"{_quoted(old[pk])} to {_quoted(new[pk])}" for pk in renamed], "renamed"),
        _said(words, changed, "changed"),
    ]
    return [sentence for sentence in sentences if sentence]


def _placements(
    old: Mapping[str, Record], new: Mapping[str, Record], fields: Mapping[str, str]
) -> list[str]:
    """Where fields stand, which became required, and whose conditions changed."""
    of = {pk: getattr(row, "form_field_id", "") for pk, row in {**old, **new}.items()}
    called = {pk: f"“{fields.get(field, field)}”" for pk, field in of.items()}
    both = [pk for pk in new if pk in old and new[pk] != old[pk]]
    required = {pk: (_required(old[pk]), _required(new[pk])) for pk in both}
    groups = {
        "put on a form": [pk for pk in new if pk not in old],
        "taken off a form": [pk for pk in old if pk not in new],
        "now required": [pk for pk, (was, now) in required.items() if now and not was],
        "no longer required": [pk for pk, (was, now) in required.items() if was and not now],
        "shown or required by other rules, or elsewhere on its form": [
            pk for pk, (was, now) in required.items() if was == now
        ],
    }
    words = ("field", "fields")
    said = (_said(words, [called[pk] for pk in pks], what) for what, pks in groups.items())
    return [sentence for sentence in said if sentence]


def _options(before: Sequence[FormField], after: Sequence[FormField]) -> list[str]:
    """What came to and went from the choices of fields that stayed."""
    found, old = [], {field.id: field for field in before}
    for field in after:
        was = {option.id: option for option in old[field.id].options} if field.id in old else None
        if was is None or field.options == old[field.id].options:
            continue
        now = {option.id: option for option in field.options}
        words = (f"choice of {_quoted(field)}", f"choices of {_quoted(field)}")
        renamed = [
            f"“{_legible(was[pk].value)}” to “{_legible(now[pk].value)}”"
            for pk in now
            if pk in was and was[pk].value != now[pk].value
        ]
        added = [f"“{_legible(now[pk].value)}”" for pk in now if pk not in was]
        gone = [f"“{_legible(was[pk].value)}”" for pk in was if pk not in now]
        said = (_said(words, added, "added"), _said(words, gone, "removed"))
        found += [each for each in (*said, _said(words, renamed, "renamed")) if each]
    return found


def _said(words: tuple[str, str], names: Sequence[str], what: str) -> str:
    """`2 services were added: “A”, “B”.`; blank where there is none."""
    if not names:
        return ""
    shown = ", ".join(names[:NAMED])
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    verb = words[0] + " is" if len(names) == 1 else words[1] + " are"
    if what in {"added", "removed", "renamed", "changed"}:
        verb = words[0] + " was" if len(names) == 1 else words[1] + " were"
    return f"{len(names)} {verb} {what}: {shown}{more}."


def _required(placement: Record) -> bool:
    return bool(getattr(placement, "required", False))


def _names(fields: Iterable[FormField]) -> dict[str, str]:
    return {field.id: _name(field) for field in fields}


def _quoted(record: Record) -> str:
    return f"“{_name(record)}”"


def _name(record: Record) -> str:
    return _legible(getattr(record, "name", "") or record.id)


def _legible(text: str) -> str:
    """Foreign text within a sentence."""
    found = " ".join(legible(text).split())
    return found if len(found) <= LONGEST else f"{found[:LONGEST].rstrip()}…"
