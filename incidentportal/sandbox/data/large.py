"""What `--size large` adds to the form: 60 fields placed on it, 120 conditions in all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incidentportal.sandbox.data.fields import Custom, add_custom
from incidentportal.sandbox.data.forms import DEFAULT_FORM, NEW, Place, Rule, add_places

if TYPE_CHECKING:
    from incidentportal.sandbox.data.building import Builder

FIELDS_ON_FORM = 60
CONDITIONS = 120
LIST = "form_field_placement_conditions"
OPTIONS = ("Yes", "No", "Nobody knows", "Does not apply")
SORTS = (
    ("text", "inherit", ()),
    ("select", "inherit", OPTIONS),
    ("number", "inherit", ()),
    ("multi_select", "inherit", OPTIONS),
    ("checkbox", "inherit", ()),
    ("select", "service", ()),
    ("date", "inherit", ()),
    ("multi_select", "group", ()),
    ("textarea", "inherit", ()),
    ("select", "user", ()),
)
RULES = (
    Rule("Severity", "equal", ("SEV0 Emergency", "SEV1 Critical")),
    Rule("Services", "is_set"),
    Rule("Types", "not_equal", ("Logistics",)),
    Rule("Customers can tell", "equal", ("1",), "required"),
    Rule("Causes", "is_not_set"),
    Rule("Severity", "not_equal", ("SEV4 Low",), "required"),
)


def add_bulk(builder: Builder) -> None:
    """The further fields, each with as many conditions as bring their sum to `CONDITIONS`."""
    count = FIELDS_ON_FORM - len(DEFAULT_FORM)
    left = CONDITIONS - len(builder.store.all(LIST))
    for number in range(count):
        share = left // (count - number)
        left -= share
        input_kind, value_kind, options = SORTS[number % len(SORTS)]
        name = f"Detail {number + 1:02}"
        add_custom(builder, Custom(name, input_kind, value_kind, options=options))
        rules = tuple(RULES[(number + each) % len(RULES)] for each in range(share))
        place = Place(name, rules=rules, joined="or" if number % 2 else "and")
        begin = len(DEFAULT_FORM) + 1 + number
        add_places(builder, builder.uid("form_sets", "Default"), NEW, (place,), begin)
