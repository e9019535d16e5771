"""How often one person may do something in a minute.

A fixed window: what is counted begins anew with each minute of the clock. So at most twice the
limit passes in any sixty seconds, one counter and one round trip do, and the time to wait is known
to the second. These limits stop a script that runs wild; they need not be finer.
"""

from __future__ import annotations

import time
from typing import Literal

from django.conf import settings
from django.core.cache import cache

from incidentportal.accounts.models import User

Kind = Literal["declarations", "searches"]
WINDOW = 60
now = time.time


def wait(kind: Kind, person: User) -> int:
    """Count one more; the seconds until it may be done, 0 where that is now.

    Where the cache doesn't answer nothing is counted, and everything may be done
    (`accounts/cache.py`).
    """
    moment = now()
    counted = _count(f"throttle:{kind}:{person.pk}:{int(moment // WINDOW)}")
    if counted <= _limit(kind):
        return 0
    return max(1, WINDOW - int(moment % WINDOW))


def _limit(kind: Kind) -> int:
    limit: int = getattr(settings, f"THROTTLE_{kind.upper()}")
    return limit


def _count(key: str) -> int:
    try:
        return cache.incr(key)
    except ValueError:  # the first in this minute
        if cache.add(key, 1, 2 * WINDOW):
            return 1
    try:
        return cache.incr(key)  # somebody was faster
    except ValueError:  # and it is gone already
        return 1
