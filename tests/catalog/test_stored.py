from __future__ import annotations

from typing import Any

import msgspec
import pytest

from incidentportal.catalog import stored
from incidentportal.catalog.picture import Picture, Problem
from incidentportal.rootly import records

KINDS: dict[str, Any] = {
    "form_fields": records.FormField,
    "form_sets": records.FormSet,
    "placements": records.Placement,
    "services": records.Service,
    "environments": records.Environment,
    "severities": records.Severity,
    "teams": records.Team,
    "functionalities": records.Functionality,
    "incident_types": records.IncidentType,
    "causes": records.Cause,
    "catalogs": records.Catalog,
    "catalog_entities": records.CatalogEntity,
    "users": records.User,
    "workflows": records.Workflow,
}
PLACED: dict[str, Any] = {"placements": (records.Placement(id="p"),)}


def test_a_picture_comes_back_as_it_was_stored() -> None:
    picture = Picture(
        form_fields=(
            records.FormField(id="0", name="Nul \0 and é", options=(records.FieldOption(id="1"),)),
        ),
        catalog_entities=(records.CatalogEntity(id="e", properties={"p": ("1", "2")}),),
        problems=(Problem("list_refused", "users", "No."),),
    )
    assert stored.decode(stored.encode(picture)) == picture


@pytest.mark.parametrize(
    "content",
    [b"", b"not compressed", stored.encode(Picture())[:-4]],
)
def test_broken_content_is_undecodable(content: bytes) -> None:
    with pytest.raises(stored.UndecodableError):
        stored.decode(content)


def test_content_of_another_shape_is_undecodable() -> None:
    import zlib

    for content in (b"[]", b'{"services": [{"name": "no id"}]}', b'{"services": {}}', b"\xff"):
        with pytest.raises(stored.UndecodableError):
            stored.decode(zlib.compress(content))


def test_every_list_of_the_picture_is_tried_here() -> None:
    assert set(KINDS) == set(Picture.__struct_fields__) - {"problems"}


@pytest.mark.parametrize("name", sorted(set(KINDS) - {"form_sets"}))
def test_a_list_in_another_order_is_no_change(name: str) -> None:
    listed = tuple(KINDS[name](id=id_) for id_ in ("10", "2", "b", "a"))
    one = Picture(**{**PLACED, name: listed})
    other = Picture(**{**PLACED, name: listed[::-1]})
    assert stored.digest(one) == stored.digest(other)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_record_more_is_a_change(name: str) -> None:
    one = Picture(**{name: (KINDS[name](id="1"),)})
    other = Picture(**{name: (KINDS[name](id="1"), KINDS[name](id="2"))})
    assert stored.digest(one) != stored.digest(other)


def test_another_order_of_form_sets_is_a_change() -> None:
    sets = (records.FormSet(id="1"), records.FormSet(id="2"))
    assert stored.digest(Picture(form_sets=sets)) != stored.digest(Picture(form_sets=sets[::-1]))


def test_the_order_of_fields_counts_only_where_nothing_else_gives_it() -> None:
    fields = (records.FormField(id="1"), records.FormField(id="2"))
    assert stored.digest(Picture(form_fields=fields)) != stored.digest(
        Picture(form_fields=fields[::-1])
    )
    positions = (records.FieldPosition(id="1", position=1),)
    placed = tuple(msgspec.structs.replace(field, positions=positions) for field in fields)
    assert stored.digest(Picture(form_fields=placed)) == stored.digest(
        Picture(form_fields=placed[::-1])
    )


def test_lists_inside_records_may_come_in_any_order() -> None:
    options = (records.FieldOption(id="1"), records.FieldOption(id="2"))
    rules = (records.PlacementCondition(id="1"), records.PlacementCondition(id="2"))
    set_rules = (records.FormSetCondition(id="1"), records.FormSetCondition(id="2"))

    def picture(step: int) -> Picture:
        return Picture(
            form_fields=(records.FormField(id="f", options=options[::step]),),
            placements=(records.Placement(id="p", conditions=rules[::step]),),
            form_sets=(records.FormSet(id="s", conditions=set_rules[::step]),),
            services=(records.Service(id="s", environment_ids=("1", "2")[::step]),),
            workflows=(records.Workflow(id="w", triggers=("a", "b")[::step]),),
        )

    assert stored.digest(picture(1)) == stored.digest(picture(-1))


def test_plain_lists_keep_their_order() -> None:
    one = Picture(form_fields=(records.FormField(id="f", default_values=("a", "b")),))
    other = Picture(form_fields=(records.FormField(id="f", default_values=("b", "a")),))
    assert stored.digest(one) != stored.digest(other)
