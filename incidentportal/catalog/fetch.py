"""Fetch everything that the portal has to know of Rootly's configuration, as one picture.

Rootly has no bulk list of placements or conditions (`openapi.json`): placements are listed per
field, conditions per placement. So a sync takes about 1 + fields + placements calls; it leaves
out what can't matter: fields that are disabled or not about incidents, conditions of other forms,
and catalogs that no field chooses from. (A field that a catalog property sets takes its value
from another field, which chooses from that property's catalog: these are the same catalogs.)

No Django here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from incidentportal.catalog.crew import Crew, Question
from incidentportal.catalog.picture import Picture, Problem
from incidentportal.rootly.client import Client
from incidentportal.rootly.errors import Misconfigured, Rejected, RootlyError, Unreadable
from incidentportal.rootly.listing import Listing, Skipped
from incidentportal.rootly.records import FormField, FormSet, Placement

NAMED_SKIPPED = 20
"""Unreadable records of one list that are reported one by one; the others as a number."""


def plain(text: str, longest: int = 1000) -> str:
    """Text from outside, as any database takes it: no NUL, no lone surrogate, not endless."""
    return text.replace("\0", "").encode(errors="replace").decode()[:longest]


def fetch(client: Client, form: str, *, beat: Callable[[], None] = lambda: None) -> Picture:
    """The picture as Rootly tells it now; conditions are fetched for placements on `form`.

    Lists that Rootly refuses (401, 403, 404, other 4xx, 501) are empty in it, and named in its
    problems. Form fields must be readable, and everything else must not fail otherwise: then the
    `RootlyError` is raised, since half a picture would pass for a whole one. `beat` is called
    about once a second, in the caller's thread; what it raises ends the fetching.
    """
    return _Fetch(client, form).run(beat)


def _matters(field: FormField) -> bool:
    return field.enabled and field.resource_type in {"", "incident"}


def _raise(error: RootlyError) -> None:
    raise error


def _lacks_options(field: FormField) -> bool:
    """Whether the server may have left out what `include=options` asks for."""
    chosen = field.input_kind in {"select", "multi_select"} and field.value_kind == "inherit"
    return field.kind == "custom" and chosen and not field.options


class _Fetch:
    def __init__(self, client: Client, form: str) -> None:
        self._client = client
        self._form = form
        self._crew = Crew()
        self._lists: dict[str, tuple[Any, ...]] = {}
        self._form_sets: dict[str, FormSet] = {}
        self._placements: dict[str, Placement] = {}
        self._entities: dict[str, tuple[Any, ...]] = {}
        self._skipped: dict[str, list[Skipped]] = {}
        self._refused: dict[str, int] = {}

    def run(self, beat: Callable[[], None]) -> Picture:
        # Alone and first: where Rootly is down or the token wrong, this one call tells.
        self._crew.ask(Question(self._client.form_fields, self._take_fields, _raise))
        self._crew.run(beat)
        if self._refused:
            # A token that was revoked, or a proxy that closed, in mid-sync refuses everything.
            again = Crew()
            again.ask(Question(self._client.form_fields, lambda _: None, _raise))
            again.run(beat)
        return self._picture()

    def _take_fields(self, fields: Listing[FormField]) -> None:
        if fields.skipped and not fields.records:
            reason = plain(fields.skipped[0].reason)
            raise Unreadable(f"None of Rootly's form fields can be read: {reason}")
        self._note_skipped("form_fields", fields)
        self._lists["form_fields"] = fields.records
        self._ask_lists()
        self._ask_about([field for field in fields if _matters(field)])

    def _ask(
        self,
        name: str,
        ask: Callable[[], Listing[Any]],
        then: Callable[[tuple[Any, ...]], None],
    ) -> None:
        def taken(listing: Listing[Any]) -> None:
            self._note_skipped(name, listing)
            then(listing.records)

        def refused(error: RootlyError) -> None:
            if not isinstance(error, Misconfigured | Rejected) and error.status != 501:
                raise error
            self._refused[name] = min(self._refused.get(name, 1000), error.status or 0)

        self._crew.ask(Question(ask, taken, refused))

    def _ask_lists(self) -> None:
        client = self._client
        lists: dict[str, Callable[[], Listing[Any]]] = {
            # The longest first: they have many pages, one after the other.
            "services": client.services,
            "users": client.users,
            "teams": client.teams,
            "functionalities": client.functionalities,
            "environments": client.environments,
            "severities": client.severities,
            "incident_types": client.incident_types,
            "causes": client.causes,
            "catalogs": client.catalogs,
            "workflows": client.workflows,
        }
        for name, ask in lists.items():
            self._ask(name, ask, partial(self._lists.__setitem__, name))
        self._ask("form_sets", client.form_sets, self._take_form_sets)

    def _ask_about(self, fields: list[FormField]) -> None:
        catalog_ids = {field.value_kind_catalog_id for field in fields}
        for catalog_id in sorted(id_ for id_ in catalog_ids if id_ is not None):
            ask_entities = partial(self._client.catalog_entities, catalog_id)
            self._ask("catalog_entities", ask_entities, partial(self._take_entities, catalog_id))
        for field in fields:
            if _lacks_options(field):
                ask_options = partial(self._client.field_options, field.id)
                self._ask("field_options", ask_options, partial(self._take_options, field.id))
            ask_placements = partial(self._client.placements, field.id)
            self._ask("placements", ask_placements, partial(self._take_placements, field.id))

    def _take_options(self, field_id: str, options: tuple[Any, ...]) -> None:
        self._lists["form_fields"] = tuple(
            msgspec.structs.replace(field, options=options) if field.id == field_id else field
            for field in self._lists["form_fields"]
        )

    def _take_form_sets(self, form_sets: tuple[FormSet, ...]) -> None:
        for form_set in form_sets:
            self._form_sets[form_set.id] = form_set
            ask = partial(self._client.form_set_conditions, form_set.id)
            self._ask("form_set_conditions", ask, partial(self._add_to_form_set, form_set.id))

    def _add_to_form_set(self, form_set_id: str, conditions: tuple[Any, ...]) -> None:
        form_set = self._form_sets[form_set_id]
        self._form_sets[form_set_id] = msgspec.structs.replace(form_set, conditions=conditions)

    def _take_entities(self, catalog_id: str, entities: tuple[Any, ...]) -> None:
        self._entities[catalog_id] = tuple(
            entity if entity.catalog_id else msgspec.structs.replace(entity, catalog_id=catalog_id)
            for entity in entities
        )

    def _take_placements(self, field_id: str, placements: tuple[Placement, ...]) -> None:
        for placement in placements:
            if placement.id in self._placements:  # a server that lists all of them for each field
                continue
            if not placement.form_field_id:
                placement = msgspec.structs.replace(placement, form_field_id=field_id)  # noqa: PLW2901 -- the same placement, completed
            self._placements[placement.id] = placement
            if placement.form == self._form:
                ask = partial(self._client.placement_conditions, placement.id)
                self._ask("placement_conditions", ask, partial(self._add_to_place, placement.id))

    def _add_to_place(self, placement_id: str, conditions: tuple[Any, ...]) -> None:
        placement = self._placements[placement_id]
        self._placements[placement_id] = msgspec.structs.replace(placement, conditions=conditions)

    def _picture(self) -> Picture:
        return Picture(
            form_sets=tuple(self._form_sets.values()),
            placements=tuple(self._placements.values()),
            catalog_entities=tuple(
                entity for _, entities in sorted(self._entities.items()) for entity in entities
            ),
            problems=tuple(self._problems()),
            **self._lists,
        )

    def _note_skipped(self, name: str, listing: Listing[Any]) -> None:
        if listing.skipped:
            self._skipped.setdefault(name, []).extend(listing.skipped)

    def _problems(self) -> list[Problem]:
        found = [_refusal(name, status) for name, status in sorted(self._refused.items())]
        for name, skipped in sorted(self._skipped.items()):
            in_order = sorted(skipped, key=lambda each: (each.id, each.reason))
            found += [_left_out(name, each) for each in in_order[:NAMED_SKIPPED]]
            if len(skipped) > NAMED_SKIPPED:
                more = len(skipped) - NAMED_SKIPPED
                sentence = f"{more} more records of {_words(name)} can't be read either."
                found.append(Problem("record_skipped", name, sentence))
        return found


def _words(name: str) -> str:
    return name.replace("_", " ")


def _refusal(name: str, status: int) -> Problem:
    reasons = {
        401: "Rootly does not accept the token for it",
        403: "the token may not read it",
        404: "this Rootly does not have it, or the token may not read it",
    }
    reason = reasons.get(status, "Rootly does not give it")
    number = f" ({status})" if status else ""
    sentence = f"The list of {_words(name)} is left out: {reason}{number}."
    return Problem("list_refused", name, sentence)


def _left_out(name: str, skipped: Skipped) -> Problem:
    which = f"with the id {skipped.id}" if skipped.id else "without an id"
    sentence = f"A record of {_words(name)} {which} can't be read and is left out: {skipped.reason}"
    return Problem("record_skipped", plain(skipped.id or name, 200), plain(sentence))
