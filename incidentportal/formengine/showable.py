"""Text as a page can carry it."""

from __future__ import annotations

import re

# Control characters, lone surrogates and noncharacters: no HTML document may hold them.
UNSHOWABLE = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane + 0xFFFE) + chr(plane + 0xFFFF) for plane in range(0, 0x110000, 0x10000))
    + "]"
)


def showable(text: str) -> str:
    """Text as a page can carry it: what HTML may not hold becomes replacement characters."""
    return UNSHOWABLE.sub("�", text)
