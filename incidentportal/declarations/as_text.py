"""A declaration's page as plain text, to be copied into a chat or a mail."""

from __future__ import annotations

from collections.abc import Iterator

from incidentportal.declarations.declaration_page import IncidentFacts, Shown, soon


def as_text(page: Shown, address: str) -> str:
    """Its essentials. `address` is the page's own."""
    return "\n".join(_lines(page, address))


def _lines(page: Shown, address: str) -> Iterator[str]:
    if page.private:
        yield "PRIVATE: show this only to people who may know of it."
    if page.incident:
        yield from _incident(page.incident)
    else:
        yield page.state_words
        yield from filter(None, (*page.waiting.sentences, page.sentence))
        if page.waiting.then:
            yield f"{page.waiting.then} {soon(page)}."
    yield from (*page.wrong.alarms, *page.wrong.notes)
    yield ""
    by = f" by {page.by}" if page.by else ""
    yield f"Declared{by}: {page.submitted_at.words} ({page.zone})"
    for line in page.answers:
        begin = "\n" if "\n" in line.text else " "
        yield f"{line.label}:{begin}{line.text}"
    yield from (f"{step.name}: {step.words}" for step in page.steps)
    yield from (f"Not in Rootly, as far as the portal knows: {line}" for line in page.open_values)
    yield ""
    yield f"This page: {address}"


def _incident(incident: IncidentFacts) -> Iterator[str]:
    number = "" if incident.number is None else f" #{incident.number}"
    yield f"Incident{number}: {incident.title}"
    if incident.severity:
        yield f"Severity: {incident.severity}"
    if incident.status:
        yield f"Status: {incident.status}"
    if incident.url:
        yield incident.url
    if incident.slack_name or incident.slack_url:
        yield f"Slack: {' '.join(filter(None, (incident.slack_name, incident.slack_url)))}"
