"""What a file says of one field, against the field of now."""

from __future__ import annotations

from datetime import tzinfo

import msgspec

from incidentportal.formengine.fields import Field
from incidentportal.formengine.matching import is_open
from incidentportal.formengine.showable import showable
from incidentportal.formengine.validation import clean
from incidentportal.presets.alone import alone
from incidentportal.presets.content import Setting
from incidentportal.presets.defaults import source_of, unfit
from incidentportal.presets.editing import values_of
from incidentportal.presets.files.document import Place, Table, Wrong
from incidentportal.presets.files.naming import Names, UnknownError
from incidentportal.presets.files.taking import Taking, Value
from incidentportal.presets.models import LONGEST_NAME

UNTICKED = ("false",)
FIX_WHAT = "There is nothing to fix (`locked`): give it a `default`."
NO_ID = "It is a text, not an id: write it without `id`."
TWICE = "It is there twice, maybe by another name."
GONE_FIELD = "Rootly's form no longer has this field; it is kept as it was."
OTHER_KIND = "It is another kind of field in Rootly now; it is kept as it was."


class Settings:
    """Reads the values of fields. `notes` are what is kept although it no longer fits."""

    def __init__(self, names: Names, zone: tzinfo, take: Taking) -> None:
        self.names, self.zone, self.take = names, zone, take
        self.notes: list[Wrong] = []

    def setting(
        self,
        at: Place,
        table: Table,
        name: str,
        said: Setting,
        before: Setting | None,
        *,
        needed: bool = False,
    ) -> Setting:
        """`said` with its values, and with `before` where both make the same of the field.

        `needed`: a default, which must have a value; an unticked box is none.
        """
        values = self.take.values(table)
        if said.locked and not values:
            self.take.wrong(at, FIX_WHAT)
        field = self.names.exact(name)
        source = self.take.text(table, "source", 100)
        if field is None:
            self._note(at, GONE_FIELD)
        elif "source" in table.entries or "was" in table.entries:
            if source_of(field) == source:
                return self._of_field(at, field, values, said, before, needed)
            self._note(at, OTHER_KIND)
        else:
            return self._of_field(at, field, values, said, before, needed)
        if len(name) > LONGEST_NAME:
            self.take.wrong(at, "The field's name is too long.")
        was = self.take.text(table, "was")
        kept = _kept(said, was, source, [(_id(one), one.was or _id(one)) for one in values])
        return _or(kept, before)

    def _note(self, at: Place, sentence: str) -> None:
        self.notes.append(Wrong(at, sentence))

    def _of_field(
        self,
        at: Place,
        field: Field,
        values: list[Value],
        said: Setting,
        before: Setting | None,
        needed: bool,
    ) -> Setting:
        told = len(self.take.wrongs)
        pairs = [self._pair(field, one) for one in values]
        made = _kept(said, showable(field.label), source_of(field), pairs)
        if len(self.take.wrongs) > told:
            return made
        if before is not None and _same(made, before):
            return before
        self._tell_twice(field, values, made.values)
        texts = self._judged(at, field, values, made.values, needed=needed)
        return _or(msgspec.structs.replace(made, values=texts), before)

    def _tell_twice(self, field: Field, values: list[Value], ids: tuple[str, ...]) -> None:
        """A list of choices names each once."""
        for place, (value, one) in enumerate(zip(values, ids, strict=True)):
            if field.options is not None and one in ids[:place]:
                self.take.wrong(value.at, TWICE)

    def _pair(self, field: Field, value: Value) -> tuple[str, str]:
        """The value, and the words that it stands for."""
        if field.options is None:
            if value.id is not None:
                self.take.wrong(value.at, NO_ID)
            return value.name, ""
        if value.id is None and not value.name.strip():
            return "", ""  # told already
        if value.id is None and not is_open(field.options):
            try:
                found = self.names.option(field, value.name)
            except UnknownError as error:
                self.take.wrong(value.at, str(error))
                return value.name, ""
        else:
            found = _id(value)
        option = None if is_open(field.options) else field.options.get(found)
        return found, showable(option.label) if option else value.was or found

    def _judged(
        self,
        at: Place,
        field: Field,
        values: list[Value],
        texts: tuple[str, ...],
        *,
        needed: bool,
    ) -> tuple[str, ...]:
        """The values as they are kept; what the field refuses is told."""
        if not texts:
            return ()
        if wrong := unfit(field):
            self.take.wrong(at, wrong)
            return texts
        judged = self._left(field, values, texts)
        is_unticked = field.control == "checkbox" and texts == UNTICKED and not needed
        if not judged or is_unticked:
            return texts
        cleaned = clean(alone(field, required=needed), {field.name: judged}, self.zone)
        for messages in cleaned.errors.values():
            for message in messages:
                self.take.wrong(values[0].at, message.rstrip(".") + ".")
        if cleaned.errors or field.options is not None:
            return texts
        return tuple(values_of(field, cleaned))

    def _left(self, field: Field, values: list[Value], texts: tuple[str, ...]) -> list[str]:
        """The values that the field has; the others are kept, and told."""
        options = field.options
        if options is None or is_open(options):
            return list(texts)
        for one, text in zip(values, texts, strict=True):
            if text not in options:
                word = one.was or text
                self._note(one.at, f"Rootly has no “{word}” any more; it is kept as it was.")
        return [text for text in texts if text in options]


def _id(value: Value) -> str:
    return value.name if value.id is None else value.id


def _kept(said: Setting, was: str, source: str, pairs: list[tuple[str, str]]) -> Setting:
    return msgspec.structs.replace(
        said, was=was, source=source, values=tuple(value for value, _ in pairs),
        words=tuple(word for _, word in pairs) if source else (),
    )  # fmt: skip


def _or(made: Setting, before: Setting | None) -> Setting:
    return before if before is not None and _same(made, before) else made


def _same(one: Setting, other: Setting) -> bool:
    """Whether both make the same of a field, whatever it and its options were called then."""
    return _bare(one) == _bare(other)


def _bare(one: Setting) -> Setting:
    source = one.source if one.values else ""
    return msgspec.structs.replace(one, was="", words=(), source=source)
