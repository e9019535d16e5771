"""How a picture is stored: bytes for the database, and a digest that tells whether it changed.

Pure: no Django, no HTTP.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable
from typing import TypeVar

import msgspec

from incidentportal.catalog.picture import Picture
from incidentportal.rootly import records

_LISTS = frozenset(Picture.__struct_fields__) - {"form_sets", "problems"}

Struct = TypeVar("Struct", bound=msgspec.Struct)
Recorded = TypeVar("Recorded", bound=records.Record)


class UndecodableError(Exception):
    """Stored bytes that this version can't read; the text says why."""


def encode(picture: Picture) -> bytes:
    """The picture as compressed JSON, in the order that Rootly listed it."""
    return zlib.compress(msgspec.json.encode(picture))


def decode(content: bytes) -> Picture:
    """What `encode` wrote. UndecodableError: broken, or of a version that wrote it otherwise."""
    try:
        return msgspec.json.decode(zlib.decompress(content), type=Picture)
    except (zlib.error, msgspec.MsgspecError, UnicodeError) as error:
        raise UndecodableError(str(error)) from error


def digest(picture: Picture) -> str:
    """The same for two pictures that mean the same.

    Rootly promises no order for its lists, so a mere reordering is no change. Order counts where
    nothing else gives it: among form sets (the first of several that match holds), and among form
    fields where Rootly tells neither placements nor positions. Lists of plain values, such as
    defaults, are configuration and stay as they are.
    """
    changes: dict[str, object] = {name: _by_id(getattr(picture, name)) for name in _LISTS}
    if not picture.placements and not any(field.positions for field in picture.form_fields):
        changes["form_fields"] = picture.form_fields
    changes["problems"] = tuple(sorted(picture.problems, key=msgspec.json.encode))
    canonical = msgspec.structs.replace(picture, **changes)
    encoded = msgspec.json.encode(_inner(canonical), order="deterministic")
    return hashlib.sha256(encoded).hexdigest()


def _inner(picture: Picture) -> Picture:
    """The picture with the lists inside its records in order too."""
    return msgspec.structs.replace(
        picture,
        form_fields=tuple(
            _with(field, options=_by_id(field.options), positions=_by_id(field.positions))
            for field in picture.form_fields
        ),
        placements=tuple(
            _with(placement, conditions=_by_id(placement.conditions))
            for placement in picture.placements
        ),
        form_sets=tuple(
            _with(form_set, conditions=_by_id(form_set.conditions))
            for form_set in picture.form_sets
        ),
        services=tuple(
            _with(
                service,
                environment_ids=tuple(sorted(service.environment_ids)),
                owner_group_ids=tuple(sorted(service.owner_group_ids)),
            )
            for service in picture.services
        ),
        workflows=tuple(
            _with(workflow, triggers=tuple(sorted(workflow.triggers)))
            for workflow in picture.workflows
        ),
    )


def _with(struct: Struct, **changes: object) -> Struct:
    return msgspec.structs.replace(struct, **changes)


def _by_id(listed: Iterable[Recorded]) -> tuple[Recorded, ...]:
    return tuple(sorted(listed, key=lambda record: record.id))
