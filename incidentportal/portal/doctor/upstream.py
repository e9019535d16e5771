"""Rootly itself: address, TLS, token, what the token may read and write, dialect, clock."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings

from incidentportal.catalog import connection, probe
from incidentportal.catalog.probe import Answered, Seen, Trouble
from incidentportal.portal.checks import LOOPBACK
from incidentportal.portal.doctor.findings import (
    Finding,
    Status,
    error,
    not_tested,
    ok,
    skipped,
    warning,
)

MOST_SKEW = 60.0
"""Seconds between Rootly's clock and ours. The portal reckons with it; people who compare don't."""
NEEDED = {
    "form_fields", "placements", "placement_conditions", "form_sets", "form_set_conditions",
    "incidents", "severities",
}  # fmt: skip
"""Without these the form isn't Rootly's, or no lost answer can be looked for."""
EXAMPLES = {
    "ROOTLY_API_URL": "Set ROOTLY_API_URL=https://api.rootly.com/v1",
    "ROOTLY_API_TOKEN": "Make an API key in Rootly, and set ROOTLY_API_TOKEN to it.",
    "ROOTLY_API_DIALECT": "Set ROOTLY_API_DIALECT=jsonapi (or plain).",
}
_ID_OF = {
    "ROOTLY_API_URL": "rootly.address",
    "ROOTLY_API_TOKEN": "rootly.token",
    "ROOTLY_API_DIALECT": "rootly.dialect",
}
_STOPPED: dict[str, tuple[str, str]] = {
    "unreachable": (
        "rootly.reached",
        (
            "Check the host and port in ROOTLY_API_URL, and that this machine may reach it "
            "(firewall, DNS). HTTPS_PROXY and the like are not used."
        ),
    ),
    "tls": (
        "rootly.tls",
        (
            "Check the host in ROOTLY_API_URL. If a company's own authority signed its "
            "certificate, set SSL_CERT_FILE to that authority's certificate."
        ),
    ),
    "no_answer": ("rootly.reached", "Try again; check the host and port in ROOTLY_API_URL."),
    "failing": (
        "rootly.reached",
        "Try again in a while. If it stays so, check ROOTLY_API_URL, and Rootly's status page.",
    ),
    "limited": (
        "rootly.reached",
        (
            "Wait a minute and try again. If others use the same ROOTLY_API_TOKEN, make one of its "
            "own for the portal."
        ),
    ),
    "token": (
        "rootly.token",
        "Make a new API key in Rootly, and set ROOTLY_API_TOKEN to it.",
    ),
    "redirect": ("rootly.address", "Set ROOTLY_API_URL to the address that it leads to."),
    "unreadable": (
        "rootly.address",
        (
            "Check ROOTLY_API_URL, with its version prefix, as in https://api.rootly.com/v1; no "
            "sign-in page may stand before it."
        ),
    ),
}
"""Each trouble that ends the questions: the finding's id, and what to do."""


def examine(*, test_incident: bool = False) -> Iterator[Finding]:
    """Ask Rootly, and say what came of it. Writes nothing unless `test_incident`."""
    wrong = list(_settings())
    if wrong:
        yield from wrong
        yield skipped("rootly.read", "Rootly was not asked: its settings come first.")
        return
    yield from _transport()
    seen = probe.ask()
    if seen.stopped_by is not None:
        yield from _stopped(seen.stopped_by)
    else:
        yield from _reached(seen)
    yield from _clock(seen)
    yield _written() if test_incident else not_tested(
        "rootly.write",
        "Whether the token may create incidents was not tested.",
        "manage.py doctor --test-incident creates one, of the kind test.",
    )  # fmt: skip


def _settings() -> Iterator[Finding]:
    problem = connection.config_problem()
    if problem is None:
        return
    name, sentence = problem
    yield error(_ID_OF[name], f"{name} {sentence}", EXAMPLES[name])
    token = "ROOTLY_API_TOKEN"  # noqa: S105  # a setting's name
    if name != token and not settings.ROOTLY_API_TOKEN:
        yield error("rootly.token", f"{token} is not set.", EXAMPLES[token])


def _transport() -> Iterator[Finding]:
    """What can be said of http before anybody is asked."""
    parts = urlsplit(connection.upstream())
    if parts.scheme == "https":
        return
    if parts.hostname in LOOPBACK:
        yield skipped("rootly.tls", "Rootly is on this machine, over http://: no certificate.")
    else:
        said = f"The token travels in the open to {parts.hostname} (INSECURE_HTTP_HOSTS)."
        yield warning("rootly.tls", said, "Set ROOTLY_API_URL to an https:// address.")


def _stopped(trouble: Trouble) -> Iterator[Finding]:
    id_, remedy = _STOPPED[trouble.kind]
    if "WRONG_VERSION_NUMBER" in trouble.sentence:
        remedy = (
            "What answers there speaks no TLS: check the port in ROOTLY_API_URL, and whether it "
            "begins with http:// (this machine alone) or https://."
        )
    yield error(id_, trouble.sentence, remedy)
    yield skipped("rootly.read", "What the token may read was not tried: this comes first.")


def _reached(seen: Seen) -> Iterator[Finding]:
    url = connection.upstream()
    yield ok("rootly.reached", f"Rootly answers at {url}.")
    if url.startswith("https:"):
        yield ok("rootly.tls", "Its certificate is good.")
    troubles = [each for each in seen.lists.values() if isinstance(each, Trouble)]
    if len(troubles) == len(seen.lists) and all(each.kind == "missing" for each in troubles):
        said = f"There is nothing of Rootly's API at {url} (404)."
        remedy = "Set ROOTLY_API_URL with its version prefix, as in https://api.rootly.com/v1"
        yield error("rootly.address", said, remedy)
        return
    yield ok("rootly.token", "Rootly knows the token.")
    yield from _may_read(seen)
    yield _dialect(seen)


def _may_read(seen: Seen) -> Iterator[Finding]:
    fine = [name for name, each in seen.lists.items() if isinstance(each, Answered)]
    if fine:
        names = ", ".join(map(_words, fine))
        yield ok("rootly.read", f"The token may read {len(fine)} lists: {names}.")
    for name, each in seen.lists.items():
        if isinstance(each, Trouble):
            yield _refused(name, each)
        elif each.skipped:
            said = f"{each.skipped} of the first {_words(name)} can't be read, and are left out."
            remedy = "manage.py sync_catalog says which and why."
            yield warning(f"rootly.read.{name}", said, remedy)


def _refused(name: str, trouble: Trouble) -> Finding:
    id_ = f"rootly.read.{name}"
    if trouble.kind in {"forbidden", "token"}:
        said = f"The token may not read {_words(name)} ({trouble.status})."
        remedy = f"In Rootly give the key behind ROOTLY_API_TOKEN the right to read {_words(name)}."
        status = Status.ERROR if name in NEEDED else Status.WARNING
        return Finding(id_, status, said, remedy)
    if trouble.kind == "missing" and name not in {"form_fields", "incidents"}:
        said = f"This Rootly has no {_words(name)}, or the token may not read them (404)."
        remedy = (
            f"If it has, give the key behind ROOTLY_API_TOKEN the right to read {_words(name)}."
        )
        return warning(id_, said, remedy)
    said = f"The list of {_words(name)} could not be read. {trouble.sentence}"
    return error(id_, said, "Try again; if it stays so, check ROOTLY_API_URL and the token.")


def _dialect(seen: Seen) -> Finding:
    """By how the answers are written: whether Rootly takes what is written only a write tells."""
    told = {each.dialect for each in seen.lists.values() if isinstance(each, Answered)} - {""}
    chosen = settings.ROOTLY_API_DIALECT
    if told == {chosen}:
        return ok("rootly.dialect", f"Rootly's answers are of the dialect {chosen}, as set.")
    if len(told) != 1:
        return not_tested("rootly.dialect", "Rootly's answers don't tell which dialect it takes.")
    (other,) = told
    said = (
        f"Rootly's answers are of the dialect {other}, and ROOTLY_API_DIALECT is {chosen}: it may "
        "refuse what the portal writes."
    )
    return warning("rootly.dialect", said, f"Set ROOTLY_API_DIALECT={other}.")


def _clock(seen: Seen) -> Iterator[Finding]:
    offset = seen.clock_offset
    if offset is None:
        yield not_tested("rootly.clock", "No answer of Rootly's told its clock.")
    elif abs(offset) <= MOST_SKEW:
        yield ok("rootly.clock", "Rootly's clock and this machine's agree.")
    else:
        side = "ahead of" if offset > 0 else "behind"
        said = f"Rootly's clock is {abs(offset):.0f} s {side} this machine's."
        yield warning("rootly.clock", said, "Set this machine's clock: timedatectl set-ntp true")


def _written() -> Finding:
    made = probe.make_test_incident()
    if isinstance(made, Trouble):
        return _not_written(made)
    if made.is_test:
        said = f"The token may create incidents: {made.number} was made, a test, and may be closed."
        return ok("rootly.write", said)
    said = f"Incident {made.number} was made, and Rootly does not show it as a test."
    remedy = (
        f"Close {made.number} in Rootly: people may have been called. Check ROOTLY_API_DIALECT."
    )
    return warning("rootly.write", said, remedy)


def _not_written(trouble: Trouble) -> Finding:
    said = f"No test incident could be made. {trouble.sentence}"
    if trouble.kind in {"no_answer", "failing", "unreadable"}:
        said = f"Whether a test incident was made is not known. {trouble.sentence}"
        remedy = f"Look in Rootly for “{probe.TITLE}”, and close it if it is there."
    elif trouble.kind in {"forbidden", "token"}:
        remedy = "In Rootly give the key behind ROOTLY_API_TOKEN the right to create incidents."
    elif trouble.status in {400, 406, 415, 422}:
        remedy = "Check ROOTLY_API_DIALECT: the other dialect may be the one that Rootly takes."
    else:
        remedy = "Check ROOTLY_API_URL."
    return error("rootly.write", said, remedy)


def _words(name: str) -> str:
    return name.replace("_", " ")
