"""`python benchmarks/kills.py [kills] [seed]`: the portal killed under load, 100 times unless told.

Each time the whole process tree gets SIGKILL at a seeded moment while people declare and the
upstream fails now and then; at the end everything comes to rest. What must be true then stands in
`tests/support/killing.py`. Ends with 1 where a promise was broken.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support import killing
from tests.support.sandbox import Sandbox


def main(kills: int, seed: int) -> int:
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, Sandbox() as sandbox:
        record = killing.run(Path(folder), sandbox, kills, seed)
    met = sum(count > 0 for count in record.open_at_kill)
    cut_off = sum(0 in sent.answers for sent in record.sent)
    print(f"{kills} kills, seed {seed}, in {time.monotonic() - began:.0f} s")
    print(f"{len(record.sent)} forms posted, {cut_off} of them cut off")
    print(f"{len(record.rows)} declarations saved, {len(record.incidents)} incidents made")
    print(f"{met} kills met a call under way, {sum(record.open_at_kill)} calls in all")
    print(f"at rest {record.seconds_to_settle:.1f} s after the last kill")
    for problem in record.problems():
        print(f"BROKEN: {problem}")
    print("Nothing lost, nothing twice." if not record.problems() else "A promise was broken.")
    return 1 if record.problems() else 0


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:]]
    sys.exit(main(*(given + [100, 6][len(given) :])))
