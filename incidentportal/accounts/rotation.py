"""Encrypting anew, with the newest key, all that is sealed: in batches, beside running workers.

It works on what lies in the columns, and knows no model: each `Sealable…Field` is found by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import models, transaction
from django.db.models import QuerySet, TextField, Value
from django.db.models.functions import Cast

from incidentportal.accounts import journal, samples
from incidentportal.accounts.encryption import (
    PREFIX,
    Key,
    UnreadableError,
    is_of,
    keyring,
    resealed,
)
from incidentportal.accounts.sealed import sealable

BATCH = 200
"""Rows to a transaction: a write that waits for it waits for milliseconds."""
ROUNDS = 5
"""How often it begins again for what others still wrote with an older key meanwhile."""

Texts = dict[str, str]
Report = Callable[[str], object]


@dataclass
class Result:
    """What a rotation came to. `unreadable` counts texts by model; no key given opens them.

    `old` counts texts that others kept writing with an older key.
    """

    resealed: int = 0
    read_back: int = 0
    old: int = 0
    unreadable: dict[str, int] = field(default_factory=dict)
    forgotten: list[str] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether the newest key alone reads everything."""
        return not self.old and not self.unreadable


def rotate(report: Report = lambda _: None) -> Result:
    """Encrypt anew what isn't encrypted with the newest key, then read everything back with it
    alone; only then the other keys' samples are forgotten. Can be interrupted at any moment and
    run again.
    """
    result = Result()
    for _ in range(ROUNDS):
        for model in _models():
            _reseal(model, result, report)
        _read_back(result)
        if not result.old:
            break
    journal.truncate()
    if result.is_complete:
        result.forgotten = samples.forget_others()
    return result


def _models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if sealable(model)]


def _reseal(model: type[models.Model], result: Result, report: Report) -> None:
    for batch in _batches(model):
        done = 0
        with transaction.atomic():
            for pk, texts in batch:
                done += _reseal_row(model, pk, texts)
        if done:
            result.resealed += done
            report(f"{model._meta.verbose_name_plural}: {done} more texts encrypted anew")


def _reseal_row(model: type[models.Model], pk: Any, texts: Texts) -> int:
    """The texts of a row that were encrypted anew: none where it was written meanwhile."""
    newest = keyring().newest
    fresh: Texts = {}
    for name, text in texts.items():
        if not is_of(newest, text):
            try:
                fresh[name] = resealed(text)
            except UnreadableError:
                continue  # reading back counts it
    if not fresh:
        return 0
    samples.remember()
    # Compare and set: what a worker has written since it was read here stays as it is.
    rows = _stored(model, fresh).filter(pk=pk, **{f"stored_{name}": texts[name] for name in fresh})
    values = {name: Value(text, output_field=TextField()) for name, text in fresh.items()}
    return len(fresh) if rows.update(**values) else 0


def _read_back(result: Result) -> None:
    newest = keyring().newest
    result.read_back, result.old, result.unreadable = 0, 0, {}
    for model in _models():
        for batch in _batches(model):
            for _, texts in batch:
                for text in texts.values():
                    _count(model, newest, text, result)


def _count(model: type[models.Model], newest: Key, text: str, result: Result) -> None:
    if is_of(newest, text):
        result.read_back += 1
        return
    try:
        resealed(text)
    except UnreadableError:
        name = str(model._meta.verbose_name_plural)
        result.unreadable[name] = result.unreadable.get(name, 0) + 1
    else:
        result.old += 1


def _batches(model: type[models.Model]) -> Iterator[list[tuple[Any, Texts]]]:
    """Rows by primary key, each with those of its texts that are sealed, as they are stored."""
    names = sealable(model)
    rows = _stored(model, names).order_by("pk")
    columns = [f"stored_{name}" for name in names]
    last = None
    while found := list(
        (rows if last is None else rows.filter(pk__gt=last)).values_list("pk", *columns)[:BATCH]
    ):
        last = found[-1][0]
        batch = [
            (pk, {name: text for name, text in zip(names, texts, strict=True) if _is_sealed(text)})
            for pk, *texts in found
        ]
        yield [(pk, texts) for pk, texts in batch if texts]


def _is_sealed(text: str | None) -> bool:
    return text is not None and text.startswith(PREFIX)


def _stored(model: type[models.Model], names: Any) -> QuerySet[Any]:
    """Rows with `stored_<name>`: the column's text itself."""
    columns = {f"stored_{name}": Cast(name, TextField()) for name in names}
    rows: QuerySet[Any] = model._base_manager.annotate(**columns)
    return rows
