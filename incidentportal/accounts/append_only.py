"""Rows that are written once: what they say happened, and stays so."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, NoReturn, TypeVar

from django.db import models

M = TypeVar("M", bound=models.Model)


class AppendOnlyError(TypeError):
    """Somebody tried to change or remove what is only ever added to."""

    def __init__(self) -> None:
        super().__init__("These rows are only ever added.")


class AppendOnlyQuerySet(models.QuerySet[M]):
    """Reads and adds. The database's triggers refuse what goes around it."""

    def update(self, **changes: Any) -> NoReturn:
        """Never."""
        raise AppendOnlyError

    def delete(self) -> NoReturn:
        """Never."""
        raise AppendOnlyError

    def bulk_update(self, *_: Any, **__: Any) -> NoReturn:
        """Never."""
        raise AppendOnlyError

    def bulk_create(
        self,
        objs: Iterable[M],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Collection[str] | None = None,
        unique_fields: Collection[str] | None = None,
    ) -> list[M]:
        """Rows that are new."""
        if ignore_conflicts or update_conflicts:
            raise AppendOnlyError
        return super().bulk_create(objs, batch_size)


class AppendOnly(models.Model):
    """A row that can be saved once."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the row; raises AppendOnlyError where it is there already."""
        if not self._state.adding:
            raise AppendOnlyError
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *_: Any, **__: Any) -> NoReturn:
        """Never."""
        raise AppendOnlyError
