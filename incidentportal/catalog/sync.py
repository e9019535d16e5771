"""Bring the stored picture of one upstream up to date: fetch it whole, swap it in whole.

Whatever goes wrong, the last good snapshot stays in use, and `SyncState` says how old it is and
what went wrong. One process at a time syncs with an upstream: a claim, renewed while it works,
and free seconds after its process died.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn

import msgspec
from django.conf import settings
from django.db import transaction
from django.db.models import DateTimeField, ExpressionWrapper, F, Q
from django.db.models.expressions import Combinable
from django.db.models.functions import Now
from django.utils import timezone

from incidentportal.catalog import current, stored
from incidentportal.catalog.fetch import fetch, plain
from incidentportal.catalog.models import Snapshot, SyncState
from incidentportal.catalog.picture import Picture
from incidentportal.rootly.client import Client
from incidentportal.rootly.errors import (
    Misconfigured,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    RootlyError,
    Unreadable,
)

LEASE = 12.0
RENEW_EVERY = 3.0
KEEP_NEWEST = 50
KEEP_DAYS = 30
"""Snapshots that are older, and not among the newest, are deleted; declarations keep the labels of
their answers themselves."""

# What a person has to do, by the error's class; the first that fits.
_KINDS: tuple[tuple[type[RootlyError], str], ...] = (
    (Misconfigured, "misconfigured"),
    (RateLimited, "rate_limited"),
    (Unreadable, "unreadable"),
    (NotSent, "unreachable"),
    (OutcomeUnknown, "unreachable"),
    (Rejected, "refused"),
)

logger = logging.getLogger(__name__)


class SyncFailedError(Exception):
    """The picture could not be fetched; the last good one stays. `kind` is one of `_KINDS`' words,
    or `broken` for what nobody foresaw; the text is a sentence for admins."""

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind


class SyncBusyError(Exception):
    """Another process is syncing with this upstream."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A good sync: the snapshot now in use, what it holds, and whether it is a new one."""

    snapshot_id: int
    picture: Picture
    changed: bool
    seconds: float


def sync_catalog(client: Client, upstream: str, form: str | None = None) -> Outcome:
    """Fetch `upstream`'s configuration through `client`, and put it to use if it changed.

    `form` is the form whose conditions are fetched (`ROOTLY_FORM` if not given). Takes as long as
    Rootly does; needs no more than 8 requests at once. Raises `SyncFailedError`, after it was
    recorded, and `SyncBusyError` where another process is at it.
    """
    form = settings.ROOTLY_FORM if form is None else form
    began = time.monotonic()
    claim = _Claim(upstream)
    try:
        picture = fetch(client, form, beat=claim.renew)
        outcome = _swap_in(claim, form, picture, began)
    except RootlyError as error:
        kind = next(kind for known, kind in _KINDS if isinstance(error, known))
        _fail(claim, kind, plain(str(error)), error)
    except SyncBusyError:
        raise
    except Exception as error:
        logger.exception("Fetching Rootly's configuration failed unexpectedly.")
        sentence = f"Something that the portal did not expect: {type(error).__name__}: {error}"
        _fail(claim, "broken", plain(sentence), error)
    finally:
        claim.release()
    current.look_at_once()
    return outcome


def sync_soon(upstream: str) -> None:
    """Have the worker sync with this upstream at once, whenever it would be due."""
    SyncState.objects.update_or_create(upstream=upstream, defaults={"wanted": True})


def _from_now(seconds: float) -> Combinable:
    moment = Now() + timedelta(seconds=seconds)
    return ExpressionWrapper(moment, output_field=DateTimeField())


class _Claim:
    """The right to sync with an upstream, judged by the database's clock."""

    def __init__(self, upstream: str) -> None:
        state, _ = SyncState.objects.get_or_create(upstream=upstream)
        free = Q(claimed_until=None) | Q(claimed_until__lte=Now())
        # Of several that read the same number, one finds it unchanged.
        taken = SyncState.objects.filter(free, pk=state.pk, claim=state.claim).update(
            claim=F("claim") + 1, claimed_until=_from_now(LEASE), tried_at=Now(), wanted=False
        )
        if not taken:
            raise SyncBusyError("Another process is fetching Rootly's configuration just now.")
        self.upstream = upstream
        self.rows = SyncState.objects.filter(pk=state.pk, claim=state.claim + 1)
        self._renew_at = time.monotonic() + RENEW_EVERY

    def renew(self) -> None:
        """Hold it for longer, where that is due. SyncBusyError: it is lost."""
        if time.monotonic() < self._renew_at:
            return
        if not self.rows.update(claimed_until=_from_now(LEASE)):
            raise SyncBusyError("Another process took over fetching Rootly's configuration.")
        self._renew_at = time.monotonic() + RENEW_EVERY

    def release(self) -> None:
        """Let others sync; nothing happens where they already do."""
        self.rows.update(claimed_until=None)


def _fail(claim: _Claim, kind: str, sentence: str, cause: Exception) -> NoReturn:
    claim.rows.update(failures=F("failures") + 1, error_kind=kind, error=sentence)
    raise SyncFailedError(kind, sentence) from cause


def _swap_in(claim: _Claim, form: str, picture: Picture, began: float) -> Outcome:
    digest, content = stored.digest(picture), stored.encode(picture)
    with transaction.atomic():
        state = claim.rows.select_for_update().first()
        if state is None:
            raise SyncBusyError("Another process took over fetching Rootly's configuration.")
        used = _stored(state.snapshot_id, digest)
        snapshot = used or Snapshot.objects.create(
            upstream=claim.upstream, digest=digest, content=content, created_at=timezone.now()
        )
        claim.rows.update(
            snapshot=snapshot,
            form=form,
            problems=msgspec.to_builtins(picture.problems),
            failures=0,
            error_kind="",
            error="",
            good_at=Now(),
        )
        _prune(claim.upstream)
    return Outcome(snapshot.id, picture, used is None, time.monotonic() - began)


def _stored(snapshot_id: int | None, digest: str) -> Snapshot | None:
    """This snapshot, if it has the digest and can be read back: else a new one mends it."""
    snapshot = Snapshot.objects.filter(pk=snapshot_id or 0, digest=digest).first()
    try:
        return snapshot if snapshot and stored.decode(bytes(snapshot.content)) else None
    except stored.UndecodableError:
        return None


def _prune(upstream: str) -> None:
    rows = Snapshot.objects.filter(upstream=upstream)
    oldest_kept = rows.order_by("-id").values_list("id", flat=True)[KEEP_NEWEST - 1 : KEEP_NEWEST]
    for snapshot_id in oldest_kept:
        before = timezone.now() - timedelta(days=KEEP_DAYS)
        rows.filter(id__lt=snapshot_id, created_at__lt=before).delete()
