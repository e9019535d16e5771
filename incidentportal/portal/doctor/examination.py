"""Doctor's way through all checks: each by itself, all of them within half a minute.

What asks other machines (Rootly, mail, cache) runs in threads that nobody waits for longer than
`MOST_SECONDS`, and that use no database; what asks the database runs here, one after the other,
and not at all where it does not answer.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import Error

from incidentportal.portal.doctor import (
    cache,
    database,
    delivery,
    mail,
    people,
    picture,
    static,
    upstream,
)
from incidentportal.portal.doctor import settings as own
from incidentportal.portal.doctor.findings import Finding, Status, error, skipped

Check = Callable[[], Iterable[Finding]]
MOST_SECONDS = 25.0
SHORTEST_SECRET = 6
"""Characters: what is shorter stands in innocent words too."""

BY_THEMSELVES: dict[str, Check] = {
    "settings.values": own.values,
    "web.debug": own.web,
    "static.collected": static.collected,
    "keys.own": people.own_key,
}
"""Each check by the id under which it is told where it fails itself."""
OF_THE_DATABASE: dict[str, tuple[str, Check]] = {
    "database.migrated": ("The database's tables", database.migrated),
    "database.journal": ("What the database promises", database.keeps),
    "database.clock": ("The database's clock", database.clock),
    "keys.stored": ("The keys of stored texts", people.stored_keys),
    "accounts.admin": ("Accounts", people.accounts),
    "catalog.snapshot": ("The stored picture of Rootly's configuration", picture.examine),
    "delivery.worker": ("Workers", delivery.worker),
    "delivery.queue": ("The queue", delivery.queue),
    "delivery.labels": ("What deliveries have learnt", delivery.learnt),
    "cache.shared": ("Whether processes share the cache", cache.shared),
}
"""The same, with what each looks at."""


@dataclass
class _Elsewhere:
    """A check in a thread of its own."""

    id: str
    check: Check
    found: list[Finding] = field(default_factory=list)
    is_done: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        threading.Thread(target=self._run, name=f"doctor-{self.id}", daemon=True).start()

    def _run(self) -> None:
        self.found = safely(self.id, self.check)
        self.is_done.set()

    def result(self, until: float) -> list[Finding]:
        if self.is_done.wait(max(0.0, until - time.monotonic())):
            return self.found
        remedy = "Check the host that the setting names; its name may not be found (DNS)."
        return [error(self.id, f"This could not be checked within {MOST_SECONDS:g} s.", remedy)]


def examine(*, test_incident: bool = False) -> list[Finding]:
    """Every finding, by subject. Writes nothing to Rootly unless `test_incident`."""
    until = time.monotonic() + MOST_SECONDS
    elsewhere = [
        _Elsewhere("rootly.reached", partial(upstream.examine, test_incident=test_incident)),
        _Elsewhere("cache.keeps", cache.keeps),
        _Elsewhere("mail.server", mail.server),
    ]
    for each in elsewhere:
        each.start()
    found = [finding for id_, check in BY_THEMSELVES.items() for finding in safely(id_, check)]
    found += _of_the_database()
    for each in elsewhere:
        found += each.result(until)
    return [_without_secrets(each) for each in found]


def safely(id_: str, check: Check, what: str = "This") -> list[Finding]:
    """What a check finds; where it fails itself, that, without the failure's own words: they may
    hold a secret.
    """
    found: list[Finding] = []
    try:
        found.extend(check())
    except Error:
        said = f"{what}: not to be checked, since the database does not answer that."
        found.append(skipped(id_, said, "Mend what is said of the database first."))
    except ImproperlyConfigured:
        found.append(skipped(id_, f"{what}: not to be checked, since the settings come first."))
    except Exception as failure:  # noqa: BLE001  # one check's fault must not hide the others
        said = f"{what}: could not be checked ({type(failure).__name__})."
        found.append(error(id_, said, "That is a fault of the portal: please report it."))
    return found


def _of_the_database() -> list[Finding]:
    found = safely("database.reached", lambda: [database.reached()])
    if found[0].status is not Status.OK:
        return found + [
            skipped(id_, f"{what}: not checked, since the database comes first.")
            for id_, (what, _) in OF_THE_DATABASE.items()
        ]
    try:
        for id_, (what, check) in OF_THE_DATABASE.items():
            found += safely(id_, check, what)
    finally:
        safely("database.reached", database.be_patient_again)
    return found


def _without_secrets(finding: Finding) -> Finding:
    """Whatever a driver or a server repeated, no secret is told."""
    message, remedy = finding.message, finding.remedy
    for secret in _secrets():
        message, remedy = message.replace(secret, "[secret]"), remedy.replace(secret, "[secret]")
    return Finding(finding.id, finding.status, message, remedy)


def _secrets() -> list[str]:
    given = [
        settings.ROOTLY_API_TOKEN,
        settings.SECRET_KEY,
        *settings.SECRET_KEY_FALLBACKS,
        *settings.FIELD_ENCRYPTION_KEYS,
        settings.EMAIL_HOST_PASSWORD,
        settings.DATABASES["default"].get("PASSWORD"),
        settings.CACHES["default"].get("LOCATION"),
    ]
    return [str(secret) for secret in given if secret and len(str(secret)) >= SHORTEST_SECRET]
