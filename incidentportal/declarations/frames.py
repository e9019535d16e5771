"""What of an exception may be logged. Pure: no Django."""

from __future__ import annotations

import traceback


def frames(error: BaseException) -> str:
    """Where it happened, and what led to it, without any message: a database's shows the row, and
    so private text; others show the value that they can't cope with.
    """
    lines: list[str] = []
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        lines += [type(each).__name__, "".join(traceback.format_tb(each.__traceback__)).rstrip()]
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
    return "\n".join(lines)
