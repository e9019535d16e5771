"""What may happen in the model: the turns of its lives, and how they begin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from incidentportal.declarations.states import State
from tests.declarations.model_calls import Pause

MOST = 4
"""Declarations at once: enough for each to be the other's neighbour."""
MADE: list[dict[str, Any]] = [
    {"kind": "drop_after"},
    {"kind": "malformed"},
    {"kind": "status_after", "status": 500},
    {"kind": "status_after", "status": 504},
]
NOT_MADE: list[dict[str, Any]] = [
    {"kind": "drop_before"},
    {"kind": "status", "status": 503},
    {"kind": "status", "status": 401},
    {"kind": "status", "status": 403},
    {"kind": "redirect"},
    {"kind": "rate_limit", "seconds": 9},
    *3 * [{"kind": "validation", "errors": {"title": ["is too vague"]}}],
]
NO_LOOK: list[dict[str, Any]] = [{"kind": "malformed"}, {"kind": "status", "status": 401}]
"""A look that fails at once: others are repeated, after waits."""
TIMES = {"a minute": 61, "6 minutes": 361}
DECISIONS = {"withdraw", "send again", "give up", "say"}
FITTING = {
    "correct": [State.REJECTED],
    "send again": [State.REJECTED, State.FAILED],
    "say": [State.UNCONFIRMED],
}
PEOPLE = [
    "nothing", *3 * ["submit"], "correct", "correct", "hold", "release", "release",
    *sorted(DECISIONS), "6 minutes",
]  # fmt: skip
WORKER = ["works", "works", "works", "works", "stops", "wakes"]
MEANWHILE = ["round", "round", "a minute", "stops", "hold", "correct", *sorted(DECISIONS)]
PAUSES = st.builds(
    Pause,
    st.booleans(),
    st.lists(st.sampled_from(MEANWHILE), max_size=4).map(lambda steps: ("a minute", *steps)),
    st.sampled_from([False, False, True]),
)


@dataclass(frozen=True)
class Turn:
    """Somebody does something, and then a worker, whose calls meet this."""

    does: str = "nothing"
    worker: str = "nothing"
    fault: dict[str, Any] | None = None
    look: dict[str, Any] | None = None
    pause: Pause | None = None
    whom: int = 0


TURNS = st.builds(
    Turn,
    st.sampled_from(PEOPLE),
    st.sampled_from(WORKER),
    st.sampled_from([None, *MADE, *NOT_MADE]),
    st.sampled_from([None, None, *NO_LOOK]),
    st.sampled_from([None, None, None]) | PAUSES,
    st.integers(0, MOST - 1),
)
VAGUE, FORBIDDEN = NOT_MADE[-1], {"kind": "status", "status": 403}
LATER = {"kind": "rate_limit", "seconds": 9}
ANOTHER_SENDS_IT = ("a minute", "round", "a minute", "round")
BEGINNINGS = {
    "anything": [],
    "its answer is lost": [
        Turn("nothing", "works", MADE[0]), Turn("nothing", "works", look=NO_LOOK[0])
    ],
    "it is refused and corrected": [Turn("nothing", "works", VAGUE), Turn("correct", "works")],
    "it is held once it is claimed": [Turn("nothing", "stops"), Turn("hold", "wakes")],
    "it is held while it waits": [
        Turn("nothing", "works", FORBIDDEN), Turn("hold"), Turn("release")
    ],
    "its call arrives late": [Turn("nothing", "works", pause=Pause(True, ANOTHER_SENDS_IT))],
    "its call arrives late, and the other's answer is lost": [
        Turn("nothing", "works", MADE[0], pause=Pause(True, ANOTHER_SENDS_IT))
    ],
    "its answer comes when another holds it": [
        Turn("nothing", "works", pause=Pause(False, ("a minute", "stops"))),
        Turn("nothing", "wakes"),
    ],
    "it alone is forbidden, and corrected": [
        Turn("nothing", "works", FORBIDDEN), Turn("submit", "works"), Turn("correct", "works")
    ],
    "Rootly wants to be left alone": [
        Turn("nothing", "works", LATER), Turn("submit", "works"), Turn("nothing", "works")
    ],
    "its refusal comes when another holds it": [
        Turn("nothing", "works", VAGUE, pause=Pause(False, ("a minute", "stops")))
    ],
    "its process dies": [Turn("nothing", "works", pause=Pause(False, dies=True)), Turn("withdraw")],
}  # fmt: skip
"""How a life begins, before whatever happens happens: what rarely comes about by itself."""
