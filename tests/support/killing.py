"""Killing the portal under load, again and again, and what must be true afterwards.

Used by the tests, and with more rounds by `benchmarks/kills.py`.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.crowd import Crowd, Sent
from tests.support.processes import Tree
from tests.support.sandbox import Sandbox

QUICK = {
    "DELIVERY_LEASE": "2",
    "DELIVERY_LOOK": "3,3",
    "DELIVERY_BACKOFF": "0.1,1",
    "DELIVERY_TIMEOUT": "3",
    "DELIVERY_DEADLINE": "1",
    "DELIVERY_PROBE": "0.5",
}
"""The delivery's settings, so short that a kill's traces are gone within seconds."""
LABEL = "incident_portal_declaration"
PEOPLE = 4
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "drop_after"}, {"kind": "drop_before"}, {"kind": "hang_after", "seconds": 1.5},
    {"kind": "malformed"}, {"kind": "status_after", "status": 502},
    {"kind": "status", "status": 503}, {"kind": "latency", "seconds": 0.7},
)  # fmt: skip
"""What a create may meet. None makes an incident later than `DELIVERY_LOOK`: what is beyond the
guarantee proves nothing about it."""


@dataclass
class Record:
    """What became of a run. `open_at_kill` counts attempts that each kill left without an end."""

    sent: list[Sent] = field(default_factory=list)
    open_at_kill: list[int] = field(default_factory=list)
    rows: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    incidents: list[dict[str, Any]] = field(default_factory=list)
    seconds_to_settle: float = 0.0

    def problems(self) -> list[str]:
        """Every broken promise, in words; none where all was kept."""
        found = []
        labels = Counter(each["labels"].get(LABEL) for each in self.incidents)
        found += [f"{label}: {count} incidents" for label, count in labels.items() if count > 1]
        found += [f"an incident of no declaration: {label}" for label in labels.keys() - self.rows]
        for pk, (state, incident_id, title, answers, payload) in self.rows.items():
            if state != "delivered" or labels[pk] != 1 or not incident_id:
                found.append(f"{pk} is {state}, with {labels[pk]} incidents")
            if json.loads(answers)["title"] != [title] or json.loads(payload)["title"] != title:
                found.append(f"{pk} is half saved")
        for sent in self.sent:
            row = self.rows.get(str(sent.pk))
            if row is None and sent.is_promised:
                found.append(f"{sent.pk} was promised and is lost")
            if row is not None and row[2] != sent.title:
                found.append(f"{sent.pk} is not what was typed")
            if strange := set(sent.answers) - {0, 303, 503}:
                found.append(f"{sent.pk} was answered {strange}")
        return found


def run(folder: Path, sandbox: Sandbox, kills: int, seed: int) -> Record:
    """Kill the whole tree so many times at seeded moments while people declare; then let it come to
    rest.
    """
    chance = random.Random(seed)
    record = Record()
    sandbox.switch(latency_ms=60, idempotency="ignore")
    tree = Tree(folder, sandbox, **QUICK)
    try:
        with Crowd(tree, PEOPLE, chance) as crowd:
            record.sent = crowd.sent
            for _ in range(kills):
                _disturb(sandbox, chance)
                tree.start()
                tree.until_ready()
                _until_promised(crowd.sent, chance.randint(2, 5))
                time.sleep(chance.uniform(0, 0.3))
                tree.kill()
                record.open_at_kill.append(_open(tree))
        sandbox.clear_faults()
        tree.start()
        record.seconds_to_settle = _settle(tree)
    finally:
        tree.kill()
    columns = "id, state, incident_id, title, answers, payload"
    for pk, *rest in tree.ask(f"SELECT {columns} FROM declarations_declaration"):
        record.rows[_dashed(pk)] = tuple(rest)
    record.incidents = sandbox.incidents()
    return record


def _until_promised(sent: list[Sent], more: int) -> None:
    """Wait until the portal has taken so many more: a slow machine is under load as well."""
    wanted = _promised(sent) + more
    end = time.monotonic() + 60
    while _promised(sent) < wanted:
        assert time.monotonic() < end, "the portal takes nothing more"
        time.sleep(0.005)


def _promised(sent: list[Sent]) -> int:
    return sum(each.is_promised for each in sent)


def _disturb(sandbox: Sandbox, chance: random.Random) -> None:
    """Have some of the next creates meet a fault."""
    sandbox.clear_faults()
    for fault in chance.sample(FAULTS, 3):
        skip = chance.randrange(6)
        sandbox.fault(**fault, method="POST", path="/incidents$", skip=skip, times=1)


def _open(tree: Tree) -> int:
    sql = "SELECT count(*) FROM declarations_attempt WHERE finished_at IS NULL AND is_open"
    return int(tree.ask(sql)[0][0])


def _settle(tree: Tree, seconds: float = 60) -> float:
    """Wait until nothing is left to be sent; how long that took."""
    began = time.monotonic()
    sql = "SELECT count(*) FROM declarations_declaration WHERE state IN ('queued', 'delivering')"
    while tree.ask(sql)[0][0]:
        assert time.monotonic() < began + seconds, "something is stuck"
        time.sleep(0.1)
    return time.monotonic() - began


def _dashed(pk: str) -> str:
    return f"{pk[:8]}-{pk[8:12]}-{pk[12:16]}-{pk[16:20]}-{pk[20:]}"
