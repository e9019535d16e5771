"""What the portal adds to what a person said: who declared it, its label, the way values travel.

All of it is fixed, and stored with the declaration, before anything is sent under an idempotency
key, so that every attempt under that key sends the same bytes, whatever is learnt of the person or
of the upstream meanwhile. `Declaration.sent_with` holds it:

- `key_number`: the key that it belongs to
- `user_id`: the Rootly user's id, blank where there is none; `declared_by`: who it was, in words.
  Both are found once, when the declaration is first sent.
- `clock_offset`: seconds that Rootly's clock was thought to be ahead then
- `creator`, `labels`, `values`: which of them this upstream takes
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.db.models import BigAutoField

from incidentportal.accounts.email import trusted_email
from incidentportal.accounts.models import User
from incidentportal.accounts.prepared import Given, Select
from incidentportal.catalog.current import Catalog, current
from incidentportal.declarations.labels import declared_by, mark
from incidentportal.declarations.models import Declaration, Upstream
from incidentportal.declarations.outcomes import Outcome

INLINE = "form_field_selections_attributes"
_VALUES = re.compile(r"form field selections attributes\b")
_LABELS = re.compile(r"labels")
_CREATOR = re.compile(r"user(?:[ _]id)?:? (?:must|is|isn|was|does|do|not|has|can|could|cannot)\b")
"""How a sentence about it begins; "User impact can't be blank" is about a field of that name."""


def fix(declaration: Declaration, upstream: Upstream) -> None:
    """See to it that the declaration has what is added under its current key; whoever sends it
    stores that with the attempt.
    """
    known: Mapping[str, Any] = declaration.sent_with
    if known.get("key_number") != declaration.key_number:
        declaration.sent_with = with_what(declaration, upstream)


def with_what(declaration: Declaration, upstream: Upstream) -> dict[str, Any]:
    """What would be added under the current key, as `sent_with` has it. Writes nothing."""
    known: Mapping[str, Any] = declaration.sent_with
    author = known or _author(_by(declaration))
    return {
        "key_number": declaration.key_number,
        "user_id": author["user_id"],
        "declared_by": author["declared_by"],
        "clock_offset": known.get("clock_offset", upstream.clock_offset),
        "creator": upstream.takes_creator,
        "labels": upstream.takes_labels,
        "values": upstream.takes_inline_values,
    }


def added(declaration: Declaration) -> dict[str, Any]:
    """What the person said, with what the portal adds; only once it is fixed.

    `user_id` makes the person the incident's creator, else it is the token's owner (Rootly's API
    reference, create an incident).
    """
    fixed: Mapping[str, Any] = declaration.sent_with
    payload = dict(declaration.payload)
    is_creator = bool(fixed["creator"] and fixed["user_id"])
    if is_creator:
        payload["user_id"] = fixed["user_id"]
    if fixed["labels"]:
        payload = mark(payload, declaration.pk)
        if not is_creator:
            payload = declared_by(payload, fixed["declared_by"])
    if not fixed["values"]:
        payload.pop(INLINE, None)
    return payload


def _by(declaration: Declaration) -> User:
    """Its author, read once."""
    if not Declaration.author.is_cached(declaration):
        found = _USER.first(author=declaration.author_id)
        if found is not None:
            declaration.author = found
    return declaration.author


_USER = Select(User.objects.filter(pk=Given("author", BigAutoField())))


def _author(person: User) -> dict[str, str]:
    """Who declared it: `user_id` in Rootly by an e-mail that is believed, and `declared_by`."""
    email = trusted_email(person)
    catalog = current()
    name = _not_an_email(person.display_name, email)
    by = email or _not_an_email(person.username, email)
    return {
        "user_id": rootly_user(catalog, email) if catalog and email else "",
        "declared_by": name if name == by else f"{name} ({by})",
    }


def _not_an_email(text: str, email: str) -> str:
    """A name as its owner chose it; one that looks like an e-mail address is said to be a name."""
    return text if "@" not in text or text == email else f"user {text}"


def rootly_user(catalog: Catalog, email: str) -> str:
    """The id of the one Rootly user with this e-mail (in lower case); blank: none, or several."""
    ids = catalog.cached("user ids by email", _by_email).get(email, frozenset())
    return next(iter(ids)) if len(ids) == 1 else ""


def _by_email(catalog: Catalog) -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for user in catalog.picture.users:
        email = user.email.strip().lower()
        if email:
            found[email] = found.get(email, frozenset()) | {user.id}
    return found


def refused(declaration: Declaration, outcome: Outcome) -> str:
    """Which of Upstream's `takes_…` a refusal denies; blank where it is about the person's words.

    Rootly's create schema has no inline values (API reference), and may have no labels or creator.
    What was not sent can't have been refused.
    """
    fixed: Mapping[str, Any] = declaration.sent_with
    payload = declaration.payload
    if fixed["values"] and INLINE in payload and _is_all_about(outcome, {INLINE}, _VALUES):
        return "takes_inline_values"
    if fixed["labels"] and "labels" not in payload and _is_all_about(outcome, {"labels"}, _LABELS):
        return "takes_labels"
    is_sent = fixed["creator"] and fixed["user_id"]
    if is_sent and _is_all_about(outcome, {"user_id", "user"}, _CREATOR):
        return "takes_creator"
    return ""


def _is_all_about(outcome: Outcome, attributes: set[str], begins: re.Pattern[str]) -> bool:
    """Whether every word of a refusal is about this attribute itself, not something within it."""
    paths = {path.strip("/. ").lower() for path, _ in outcome.field_errors}
    words = [message.lower() for message in outcome.messages]
    named = re.compile(rf"\b(?:{'|'.join(name for name in attributes if name != 'user')})\b")
    return bool(paths or words) and (
        paths <= attributes and all(begins.match(text) or named.search(text) for text in words)
    )
