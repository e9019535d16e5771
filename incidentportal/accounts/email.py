"""Which e-mail is a person's own, and not only said to be.

An address counts where allauth has it as verified: an admin typed it in the admin site, its owner
followed a link that was mailed there, or (later) single sign-on vouched for it. `User.email` alone
may be anything that the person typed.
"""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.db.models import Exists, OuterRef, QuerySet

from incidentportal.accounts.models import User


def trusted_email(person: User) -> str:
    """The person's e-mail in lower case if it is known to be theirs, else blank. One query."""
    email = person.email.strip().lower()
    if not email:
        return ""
    known = EmailAddress.objects.filter(user=person, email__iexact=email, verified=True)
    return email if known.exists() else ""


def trusted_emails(people: QuerySet[User]) -> list[str]:
    """Those of these people that are known to be theirs, in lower case, each once. One query."""
    rows = EmailAddress.objects.filter(user__in=people, verified=True)
    pairs = rows.values_list("email", "user__email")
    known = {mail.lower() for mail, own in pairs if mail.lower() == own.strip().lower()}
    return sorted(known)


def has_trusted_email(person: str) -> Exists:
    """For a query: whether the person at this path of it has one. A few too many may pass, since
    databases compare more loosely: `trusted_email` says which it is.
    """
    email = OuterRef(f"{person}__email")
    known = EmailAddress.objects.filter(user=OuterRef(person), verified=True, email__iexact=email)
    return Exists(known)


def is_anothers(person: User, email: str) -> bool:
    """Whether this address is known to be somebody else's."""
    others = EmailAddress.objects.filter(email__iexact=email.strip(), verified=True)
    return bool(others.exclude(user_id=person.pk).exists())


def trust(person: User) -> None:
    """Keep that the person's e-mail is theirs, and their only one: an admin says so."""
    email = person.email.strip().lower()
    rows = EmailAddress.objects.filter(user=person)
    if not email:
        rows.delete()
        return
    rows.exclude(email=email).delete()
    rows.update_or_create(user=person, email=email, defaults={"verified": True, "primary": True})
