"""Model fields for what may have to be encrypted: sealed in private rows, in clear in others.

What is written as `Sealed(value)` lies in the database as `sealed:` and a token; anything else as
it is, so that the database can search it. Both are read back as the plain value, and what can't
be read raises UnreadableError.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Q
from django.db.models.functions import Left
from django.db.models.lookups import Exact

from incidentportal.accounts import samples
from incidentportal.accounts.encryption import PREFIX, UnreadableError, seal, unseal

CLEAR = "clear:"
"""Before a clear text that would otherwise be taken for a sealed one."""

M = TypeVar("M", bound=models.Model)

if TYPE_CHECKING:
    _Text = models.TextField[Any, Any]
else:
    _Text = models.TextField


@dataclass(frozen=True, slots=True, repr=False)
class Sealed:
    """A value that may only be written encrypted."""

    value: Any

    def __repr__(self) -> str:
        return "Sealed(…)"


def seal_if(private: bool, value: Any) -> Any:  # reads as it is meant
    """The value as a row that is private, or isn't, writes it."""
    return Sealed(value) if private else value


class SealableTextField(_Text):
    """Text. `sealed_by` names the row's attribute that says whether it is to be sealed when the
    row is saved; without it, it always is.
    """

    non_db_attrs = (*_Text.non_db_attrs, "sealed_by")

    def __init__(self, *args: Any, sealed_by: str | None = None, **kwargs: Any) -> None:
        self.sealed_by = sealed_by
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """With `sealed_by`, so that migrations write rows as the portal does."""
        name, path, args, kwargs = super().deconstruct()
        if self.sealed_by is not None:
            kwargs["sealed_by"] = self.sealed_by
        return name, path, args, kwargs

    def dump(self, value: Any) -> str:
        """The value as text."""
        return str(value)

    def load(self, text: str) -> Any:
        """The value that `dump` made this text of."""
        return text

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:  # Django's
        """The row's value, sealed where the row is private."""
        return self._fitting(model_instance, super().pre_save(model_instance, add))

    def _fitting(self, row: models.Model, value: Any) -> Any:
        if value is None or isinstance(value, Sealed) or hasattr(value, "resolve_expression"):
            return value
        return seal_if(self.sealed_by is None or bool(getattr(row, self.sealed_by)), value)

    def get_prep_value(self, value: Any) -> Any:
        """As text, for comparisons; an expression as it is."""
        if value is None or isinstance(value, Sealed) or hasattr(value, "resolve_expression"):
            return value
        return self.dump(value)

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        """As it is stored. A sealed value leaves a sample of its key there too."""
        if value is None or hasattr(value, "as_sql"):
            return value
        if isinstance(value, Sealed):
            samples.remember(connection.alias)
        return self._stored(value)

    def _stored(self, value: Any) -> str:
        if isinstance(value, Sealed):
            return seal(self.dump(value.value))
        text = self.dump(value)
        return CLEAR + text if text.startswith((PREFIX, CLEAR)) else text

    def from_db_value(self, value: str | None, *_: Any) -> Any:
        """The plain value. Raises UnreadableError."""
        if value is None:
            return None
        if not value.startswith(PREFIX):
            return self.load(value.removeprefix(CLEAR))
        text = unseal(value)
        try:
            return self.load(text)
        except ValueError:  # its message could show the text
            raise UnreadableError from None

    def value_to_string(self, obj: models.Model) -> str:
        """For `dumpdata`: as it is stored."""
        return self._stored(self._fitting(obj, self.value_from_object(obj)))

    def to_python(self, value: Any) -> Any:
        """For `loaddata`, which writes what was sealed as it is read: sealed."""
        if not isinstance(value, str):
            return value
        plain = self.from_db_value(value)
        return Sealed(plain) if value.startswith(PREFIX) else plain


class SealableJSONField(SealableTextField):
    """What JSON can hold, as text."""

    if TYPE_CHECKING:  # for django-stubs, which else takes it for text
        _pyi_private_set_type: Any
        _pyi_private_get_type: Any
        _pyi_lookup_exact_type: Any

    def dump(self, value: Any) -> str:
        """As JSON in ASCII, which every database takes."""
        return json.dumps(value)

    def load(self, text: str) -> Any:
        """What the JSON says."""
        return json.loads(text)


def sealable(model: type[models.Model]) -> tuple[str, ...]:
    """The names of the model's fields that may be sealed."""
    fields = model._meta.concrete_fields
    return tuple(field.name for field in fields if isinstance(field, SealableTextField))


def sealed_check(name: str, fields: Iterable[str], *, unless: Q | None = None) -> Any:
    """A constraint: the database itself refuses a row with one of these in clear."""
    condition = Q()
    for each in fields:
        condition &= Q(Exact(Left(F(each), len(PREFIX)), PREFIX))
    return models.CheckConstraint(
        condition=condition if unless is None else unless | condition, name=name
    )


class SealableQuerySet(models.QuerySet[M]):
    """Rows with a column `private` that says whether their texts are sealed."""

    def write(self, private: bool, **changes: Any) -> int:  # the row's own flag
        """`update` one row that was read as private, or not; texts are sealed where it is.

        A row becomes private at any moment, and never public again: one that was read as public is
        written as what it is now.
        """
        texts = set(sealable(self.model)) & changes.keys()
        if not texts:
            return self.update(**changes)
        if not private and (done := self.filter(private=False).update(**changes)):
            return done
        sealed = {name: Sealed(changes[name]) for name in texts}
        return self.filter(private=True).update(**{**changes, **sealed})

    def tolerant(self) -> list[M]:
        """The rows, also where some can't be read: their texts then raise UnreadableError one by
        one, when they are looked at.
        """
        try:
            return list(self)
        except UnreadableError:
            return list(self.defer(*sealable(self.model)))
