"""Whether a declaration holds words: the same question for Python and for either database."""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.models import BooleanField, F, Func, Value

from incidentportal.accounts.sealed import CLEAR
from incidentportal.catalog.options import PLAIN_LETTERS, fold

_NUMBER = re.compile(r"#\d+")
_SAYS = "incidentportal_says"


def needles(query: str) -> tuple[str, ...]:
    """The words of a query as each has to occur in a `haystack`; `#12` means that number alone."""
    words = dict.fromkeys(fold(query).split())
    return tuple(f"{word} " if _NUMBER.fullmatch(word) else word for word in words)


def haystack(title: str, labels: Iterable[dict[str, str]], number: object) -> str:
    """What the words are looked for in, folded: title, each answer and its label, and number."""
    said = " ".join(f"{each['label']} {each['text']}" for each in labels)
    return fold(f"{title} {said} ") + (f"#{number} " if isinstance(number, int) else "")


class Says(Func):
    """Of a row of Declaration: that it is public, and every needle occurs in its haystack."""

    output_field = BooleanField()

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(words)
        columns = [F("private"), F("title"), F("labels"), F("incident")]
        super().__init__(*columns, Value(json.dumps(self.words)))

    def as_sqlite(self, compiler: Any, connection: BaseDatabaseWrapper, **extra: Any) -> Any:
        """By the function that every connection is given."""
        return super().as_sql(compiler, connection, function=_SAYS, **extra)

    def as_postgresql(self, compiler: Any, connection: BaseDatabaseWrapper, **_: Any) -> Any:
        """By PostgreSQL's own functions; in a CASE, since a sealed text is no JSON."""
        columns = [compiler.compile(each)[0] for each in self.get_source_expressions()[:4]]
        private, title, labels, incident = columns
        likes = [f"%{connection.ops.prep_for_like_query(word)}%" for word in self.words]
        text = _folded(f"regexp_replace({title}, '^{CLEAR}', '') || ' ' || {_said(labels)}")
        number = f"substring({incident} from '\"number\": ([0-9]+)')"
        told = f"{text} || COALESCE(' #' || {number} || ' ', ' ')"
        sql = f"CASE WHEN {private} THEN FALSE ELSE ({told}) LIKE ALL(%s::text[]) END"
        return sql, [likes]


def _said(labels: str) -> str:
    r"""SQL: labels and answers as one text. What JSON may hold and PostgreSQL's text may not (NUL,
    half of a surrogate pair) is left out first; `\\` is passed over, so that what follows is no
    escape.
    """
    text = (
        rf"regexp_replace({labels}, '(\\\\|\\ud[89ab]..\\ud[c-f]..)|\\u0000|\\ud[89a-f]..', "
        r"'\1', 'g')"
    )
    each = f"jsonb_to_recordset({text}::jsonb) AS each(label text, text text)"
    both = "string_agg(concat_ws(' ', each.label, each.text), ' ')"
    return f"COALESCE((SELECT {both} FROM {each}), '')"  # noqa: S608  # a column's name


def _folded(text: str) -> str:
    """SQL: `catalog.options.fold`. ASCII, most of what there is, goes a shorter way; OFFSET keeps
    the text from being made once for each time that it is named.
    """
    sql = f"lower(regexp_replace(normalize(each.said, NFKD), '[{_marks()}]', '', 'g'))"
    one = {chr(letter): plain for letter, plain in PLAIN_LETTERS.items()} | {"ς": "σ", "ß": "ss"}
    single = {letter: plain for letter, plain in one.items() if len(plain) == 1}
    sql = f"translate({sql}, '{''.join(single)}', '{''.join(single.values())}')"
    for letter in one.keys() - single.keys():
        sql = f"replace({sql}, '{letter}', '{one[letter]}')"
    is_ascii = "octet_length(each.said) = length(each.said)"
    either = f"CASE WHEN {is_ascii} THEN lower(each.said) ELSE {sql} END"
    return f"(SELECT {either} FROM (SELECT {text} AS said OFFSET 0) AS each)"  # noqa: S608  # ours


@cache
def _marks() -> str:
    """Every mark that stands on another letter, as the ranges of a character class."""
    marks = [code for code in range(sys.maxunicode + 1) if unicodedata.combining(chr(code))]
    known = set(marks)
    first = [code for code in marks if code - 1 not in known]
    last = [code for code in marks if code + 1 not in known]
    return "".join(f"{chr(begin)}-{chr(end)}" for begin, end in zip(first, last, strict=True))


def _says(private: int, title: str, labels: str, incident: str, words: str) -> bool:
    """`Says` for SQLite, of the columns as they are stored."""
    if private:
        return False
    number = json.loads(incident).get("number")
    text = haystack(title.removeprefix(CLEAR), json.loads(labels), number)
    return all(word in text for word in json.loads(words))


def _teach(sender: object, connection: BaseDatabaseWrapper, **_: Any) -> None:
    if connection.vendor == "sqlite":
        connection.connection.create_function(_SAYS, 5, _says, deterministic=True)


connection_created.connect(_teach)
