"""Where a field's value comes from: the strongest of those that offer one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Origin = Literal[
    "read_only",  # Rootly's read-only default
    "locked",  # by the preset
    "person",
    "autofill",  # from another field
    "link",
    "preset",
    "group",  # the default of the person's group
    "site",  # the default of the whole site
    "rootly",  # Rootly's default
]
ORDER: tuple[Origin, ...] = (
    "read_only", "locked", "person", "autofill", "link", "preset", "group", "site", "rootly",
)  # fmt: skip

Values = tuple[str, ...]
Offers = Mapping[Origin, Values]


def strongest(offers: Offers) -> tuple[Origin, Values] | None:
    """The strongest origin that offers a value, with its value; None where none does.

    A blank value is no offer, but for the person's: they may have cleared the field.
    """
    for origin in ORDER:
        if origin in offers and (origin == "person" or any(map(str.strip, offers[origin]))):
            return origin, offers[origin]
    return None
