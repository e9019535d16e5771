"""After an unknown outcome: what a look can prove, by labels, privacy, lookalikes and keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from incidentportal.declarations.states import State

DELIVERED, UNCONFIRMED = State.DELIVERED, State.UNCONFIRMED
LOST = {"kind": "drop_after"}
"""The incident is made, and nobody hears of it."""
NEVER_CAME = {"kind": "drop_before"}
"""No incident is made, and nobody hears of it."""
TITLE = "Checkout is slow"


@dataclass(frozen=True)
class Unknown:
    """The first attempt's answer is lost. At the end the declaration is `ends`, Rootly has
    `incidents` of it, and was asked with `keys`.

    `before`: what an earlier declaration, delivered and read back, taught of this Rootly: blank,
    `public` or `private`. `others`: incidents that somebody else made: how many minutes before
    (below 0) or after the first attempt, and with which title.
    """

    name: str
    fault: dict[str, Any]
    ends: State
    incidents: int
    keys: tuple[str, ...]
    switches: dict[str, Any] = field(default_factory=dict)
    before: str = ""
    private: bool = False
    title: str = TITLE
    others: tuple[tuple[float, str], ...] = ()


KEEP, DROP, REFUSE = {"labels": "keep"}, {"labels": "drop"}, {"labels": "refuse"}
HIDDEN = {"hide_private": True}
ALIKE = ((1.0, TITLE),)

LABELS_KEPT = [
    Unknown("kept-made", LOST, DELIVERED, 1, ("",), KEEP),
    Unknown("kept-made-known", LOST, DELIVERED, 1, ("",), KEEP, "public"),
    Unknown("kept-made-one-alike", LOST, DELIVERED, 1, ("",), KEEP, others=ALIKE),
    Unknown("kept-not-made", NEVER_CAME, DELIVERED, 1, ("", ""), KEEP),
    Unknown("kept-not-made-known", NEVER_CAME, DELIVERED, 1, ("", ""), KEEP, "public"),
    Unknown(
        "kept-not-made-known-one-alike",
        NEVER_CAME, DELIVERED, 1, ("", ""), KEEP, "public", others=ALIKE,
    ),
    Unknown(
        "none-ever-read-back-not-made-one-alike",
        NEVER_CAME, UNCONFIRMED, 0, ("",), KEEP, others=ALIKE,
    ),
    Unknown("kept-made-no-title", LOST, DELIVERED, 1, ("",), KEEP, title=""),
    Unknown("kept-made-no-title-another", LOST, DELIVERED, 1, ("",), KEEP, title="", others=ALIKE),
    Unknown("kept-not-made-no-title", NEVER_CAME, DELIVERED, 1, ("", ""), KEEP, title=""),
]  # fmt: skip

LABELS_DROPPED = [
    Unknown("dropped-made", LOST, UNCONFIRMED, 1, ("",), DROP),
    Unknown("dropped-made-known", LOST, UNCONFIRMED, 1, ("",), DROP, "public"),
    Unknown("dropped-made-no-title", LOST, UNCONFIRMED, 1, ("",), DROP, title=""),
    Unknown("dropped-not-made", NEVER_CAME, DELIVERED, 1, ("", ""), DROP),
    Unknown("dropped-not-made-known", NEVER_CAME, DELIVERED, 1, ("", ""), DROP, "public"),
    Unknown("dropped-not-made-one-alike", NEVER_CAME, UNCONFIRMED, 0, ("",), DROP, others=ALIKE),
    Unknown(
        "dropped-not-made-others-with-another-title",
        NEVER_CAME, DELIVERED, 1, ("", ""), DROP, "public", others=((1, "Login"), (2, "Mail")),
    ),
    Unknown(
        "dropped-not-made-no-title-any-other",
        NEVER_CAME, UNCONFIRMED, 0, ("",), DROP, title="", others=((1, "Incident 7"),),
    ),
    Unknown(
        "dropped-not-made-one-alike-from-before",
        NEVER_CAME, DELIVERED, 1, ("", ""), DROP, "public", others=((-5, TITLE), (-30, TITLE)),
    ),
]  # fmt: skip

LABELS_REFUSED = [
    # The first call was refused for its labels, and nobody heard: the second one tells.
    Unknown("refused-not-made", LOST, DELIVERED, 1, ("", "", "-2"), REFUSE),
    Unknown("refused-not-made-either", NEVER_CAME, DELIVERED, 1, ("", "", "-2"), REFUSE),
    Unknown("refused-made-known", LOST, UNCONFIRMED, 1, ("",), REFUSE, "public"),
    Unknown("refused-not-made-known", NEVER_CAME, DELIVERED, 1, ("", ""), REFUSE, "public"),
    Unknown("refused-made-no-title", LOST, UNCONFIRMED, 1, ("",), REFUSE, "public", title=""),
    Unknown(
        "refused-not-made-known-one-alike",
        NEVER_CAME, UNCONFIRMED, 0, ("",), REFUSE, "public", others=ALIKE,
    ),
]  # fmt: skip

PRIVATE = [
    Unknown("private-seen-made", LOST, DELIVERED, 1, ("",), private=True),
    Unknown("private-seen-made-known", LOST, DELIVERED, 1, ("",), {}, "private", private=True),
    Unknown("private-seen-not-made", NEVER_CAME, UNCONFIRMED, 0, ("",), private=True),
    Unknown(
        "private-seen-not-made-known",
        NEVER_CAME, DELIVERED, 1, ("", ""), {}, "private", private=True,
    ),
    Unknown("private-hidden-made", LOST, UNCONFIRMED, 1, ("",), HIDDEN, private=True),
    Unknown("private-hidden-not-made", NEVER_CAME, UNCONFIRMED, 0, ("",), HIDDEN, private=True),
    Unknown(
        "private-hidden-made-known", LOST, UNCONFIRMED, 1, ("",), HIDDEN, "private", private=True
    ),
    Unknown(
        "private-hidden-not-made-known",
        NEVER_CAME, UNCONFIRMED, 0, ("",), HIDDEN, "private", private=True,
    ),
    Unknown(
        "private-seen-labels-dropped-made",
        LOST, UNCONFIRMED, 1, ("",), DROP, "private", private=True,
    ),
    Unknown(
        "private-seen-labels-dropped-not-made",
        NEVER_CAME, DELIVERED, 1, ("", ""), DROP, "private", private=True,
    ),
    Unknown("private-seen-made-no-title", LOST, DELIVERED, 1, ("",), private=True, title=""),
    Unknown(
        "private-seen-labels-dropped-made-no-title",
        LOST, UNCONFIRMED, 1, ("",), DROP, "private", private=True, title="",
    ),
    Unknown(
        "private-seen-labels-refused-made-known",
        LOST, UNCONFIRMED, 1, ("",), REFUSE, "private", private=True,
    ),
    Unknown(
        "private-seen-labels-refused-not-made-known",
        NEVER_CAME, DELIVERED, 1, ("", ""), REFUSE, "private", private=True,
    ),
    Unknown(
        "private-hidden-labels-dropped-made-known",
        LOST, UNCONFIRMED, 1, ("",), {**HIDDEN, **DROP}, "private", private=True,
    ),
    Unknown(
        "private-hidden-labels-refused-not-made",
        NEVER_CAME, UNCONFIRMED, 0, ("",), {**HIDDEN, **REFUSE}, "public", private=True,
    ),
]  # fmt: skip

UNKNOWN = [*LABELS_KEPT, *LABELS_DROPPED, *LABELS_REFUSED, *PRIVATE]
