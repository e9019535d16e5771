"""Lists: filtered, sorted, and cut into pages in every style that is known of Rootly."""

from __future__ import annotations

import base64
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from incidentportal.sandbox import rendering
from incidentportal.sandbox.messages import Answer, Request, json_answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from incidentportal.sandbox.state import Context
    from incidentportal.sandbox.store import Record

DEFAULT_SIZE = 25
SORTABLE = ("created_at", "updated_at", "position", "name")
COMPARISONS: dict[str, Callable[[datetime, datetime], bool]] = {
    "gt": lambda stored, given: stored > given,
    "gte": lambda stored, given: stored >= given,
    "lt": lambda stored, given: stored < given,
    "lte": lambda stored, given: stored <= given,
}
SEARCHED = ("name", "title", "email", "full_name", "value", "summary")


def moment(text: object) -> datetime | None:
    """An ISO 8601 time; None where it is none. A plus sign may have come as a blank."""
    try:
        parsed = datetime.fromisoformat(str(text).strip().replace(" ", "+"))
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.astimezone()


def _keeps(context: Context, record: Record, name: str, comparison: str, given: str) -> bool:
    stored = record.attributes.get(name)
    if comparison in COMPARISONS:
        left, right = moment(stored), moment(given)
        return left is not None and right is not None and COMPARISONS[comparison](left, right)
    if name == "search":
        text = " ".join(str(record.attributes.get(each, "")) for each in SEARCHED)
        return given.casefold() in text.casefold()
    if name not in record.attributes:
        return True
    shown = rendering.show(context, stored, name)
    wanted = {each.casefold() for each in given.split(",")}
    held = shown if isinstance(shown, list) else [shown]
    return any(_text(each).casefold() in wanted for each in held)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def filtered(context: Context, records: list[Record], request: Request) -> list[Record]:
    """The records that the query's filters keep; unknown filters keep all, as Rails does."""
    for key, given in request.query:
        match = re.fullmatch(r"filter\[(\w+)\](?:\[(\w+)\])?", key)
        if match:
            name, comparison = match[1], match[2] or ""
            records = [each for each in records if _keeps(context, each, name, comparison, given)]
    return records


def ordered(records: list[Record], request: Request) -> list[Record]:
    """The records in the order asked for; incidents and alerts come newest first."""
    sort = request.argument("sort") or ""
    if not sort and records and records[0].list_name in {"incidents", "alerts"}:
        sort = "-created_at"
    for key in reversed([each for each in sort.split(",") if each]):
        name = key.removeprefix("-")
        if name in SORTABLE:
            records = sorted(records, key=_sort_key(name), reverse=key.startswith("-"))
    return records


def _sort_key(name: str) -> Callable[[Record], tuple[Any, int]]:
    def key(record: Record) -> tuple[Any, int]:
        value = record.attributes.get(name)
        if name.endswith("_at"):
            at = moment(value)
            return (at.timestamp() if at else 0.0, record.number)
        return (value if value is not None else 0, record.number)

    return key


def _whole(text: str | None, default: int) -> int:
    return int(text) if text is not None and text.isdecimal() and len(text) < 19 else default


def page(context: Context, list_name: str, records: list[Record], request: Request) -> Answer:
    """One page of a list."""
    include = frozenset((request.argument("include") or "").replace(" ", "").split(","))
    records = ordered(filtered(context, records, request), request)
    raw = context.store.raw.get(list_name, [])
    total = len(records) + len(raw)
    most = int(context.state.switches.page_size_max)
    size = max(1, min(_whole(request.argument("page[size]"), DEFAULT_SIZE), most))
    number = max(1, _start(request, size))
    begin = (number - 1) * size
    chosen = records[begin : begin + size]
    left = size - len(chosen)
    offset = max(0, begin - len(records))
    verbatim = raw[offset : offset + left] if left else []
    links, meta = _paging(context, request, number, size, total)
    paging = context.state.switches.paging
    around: dict[str, Any] = {"links": links} if paging in {"both", "links"} else {}
    if paging != "links":
        around["meta"] = meta
    if context.dialect == "jsonapi":
        data = [rendering.resource(context, each, include) for each in chosen] + verbatim
        extra = rendering.included(context, chosen, include)
        whole = {"data": data, **({"included": extra} if extra else {}), **around}
        return json_answer(200, whole, context.dialect)
    rows = [rendering.flat(context, each, include) for each in chosen] + verbatim
    return _flat_answer(context, list_name, rows, around, links["next"])


def _flat_answer(
    context: Context,
    list_name: str,
    rows: list[Any],
    around: dict[str, Any],
    following: str | None,
) -> Answer:
    style = context.state.switches.plain_lists
    if style == "array":
        headers = {"Link": f'<{following}>; rel="next"'} if following else {}
        return json_answer(200, rows, context.dialect, headers)
    key = "data" if style == "data" else list_name
    return json_answer(200, {key: rows, **around}, context.dialect)


def _start(request: Request, size: int) -> int:
    cursor = request.argument("page[after]")
    if not cursor:
        return _whole(request.argument("page[number]"), 1)
    try:
        after = base64.urlsafe_b64decode(cursor.encode()).decode()
    except ValueError:
        after = ""
    return _whole(after.removeprefix("after:"), 0) // size + 1


def _paging(
    context: Context, request: Request, number: int, size: int, total: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    pages = max(1, -(-total // size))

    def link(target: int) -> str:
        query = [pair for pair in request.query if not pair[0].startswith("page[")]
        query += [("page[number]", str(target)), ("page[size]", str(size))]
        return f"{context.state.origin}{request.path}?{urlencode(query)}"

    more = number < pages
    links = {
        "self": link(number),
        "first": link(1),
        "prev": link(number - 1) if number > 1 else None,
        "next": link(number + 1) if more else None,
        "last": link(pages),
    }
    cursor = base64.urlsafe_b64encode(f"after:{number * size}".encode()).decode()
    meta = {
        "current_page": number,
        "next_page": number + 1 if more else None,
        "prev_page": number - 1 if number > 1 else None,
        "total_count": total,
        "total_pages": pages,
    }
    if context.state.switches.paging == "cursor":
        return links, {"next_cursor": cursor if more else None}
    return links, {**meta, "next_cursor": cursor if more else None}
