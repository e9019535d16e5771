"""How this Rootly behaves where the documents leave it open; each can be switched at run time."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

CHOICES: dict[str, tuple[str, ...]] = {
    "idempotency": ("honour", "ignore"),
    "inline_values": ("keep", "drop", "refuse"),
    "labels": ("keep", "drop", "refuse"),
    "ids": ("auto", "text", "number", "digits"),
    "paging": ("both", "links", "meta", "cursor"),
    "plain_lists": ("object", "array", "data"),
    "errors_shape": ("auto", "A", "B", "C", "pointer"),
}


@dataclass(frozen=True)
class Switches:
    """One setting of all switches.

    `enforce_required` has new incidents judged by the form in force: what it shows and requires
    must be there, and what is read-only may only be its default. `reject_hidden` refuses custom
    values for fields that the form doesn't show. `ids` is `auto` (text under `/v1`, integers under
    `/api/v1`) or the same under both: `text`, `number`, or `digits` (numbers written as text).
    `paging` says what a list carries: `both` is `links` and `meta`, `cursor` is `meta.next_cursor`
    alone.
    `plain_lists` is the flat dialect's list: `{"services": […]}`, a bare array (then the `Link`
    header pages), or `{"data": […]}`. `errors_shape` forces the shape of a 422. `clock_offset_s`
    moves this server's clock, in its `Date` header and in what it stores.
    """

    token: str = "sandbox-token"  # noqa: S105 - a pretend server's well-known token
    enforce_required: bool = False
    reject_hidden: bool = False
    idempotency: str = "honour"
    inline_values: str = "keep"
    labels: str = "keep"
    hide_private: bool = False
    read_only_token: bool = False
    forbidden_lists: list[str] = field(default_factory=list)
    ids: str = "auto"
    paging: str = "both"
    plain_lists: str = "object"
    page_size_max: int = 100
    errors_shape: str = "auto"
    latency_ms: float = 0.0
    slack_delay_s: float = 1.0
    clock_offset_s: float = 0.0
    rate_limit: int = 3000
    enforce_rate_limit: bool = False

    def changed(self, changes: dict[str, Any]) -> Switches:
        """These switches with some set anew. Raises ValueError naming what is wrong."""
        known = {each.name: getattr(self, each.name) for each in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"there is no switch {name}")
            if not _same_kind(known[name], value):
                raise ValueError(f"{name} takes a {type(known[name]).__name__}")
            if name in CHOICES and value not in CHOICES[name]:
                raise ValueError(f"{name} is one of {', '.join(CHOICES[name])}")
        return replace(self, **changes)

    def plain(self) -> dict[str, Any]:
        """As JSON shows them."""
        return asdict(self)


def _same_kind(old: object, new: object) -> bool:
    if isinstance(old, bool) or isinstance(new, bool):
        return isinstance(old, bool) and isinstance(new, bool)
    if isinstance(old, float):
        return isinstance(new, int | float)
    return isinstance(new, type(old))
