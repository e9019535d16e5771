"""What would be sent of a form, to the letter, without saving or sending anything."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass

from django.conf import settings

from incidentportal.accounts.models import User
from incidentportal.catalog import connection
from incidentportal.declarations import attribution, steps
from incidentportal.declarations.forms import FilledForm
from incidentportal.declarations.models import Declaration, Upstream
from incidentportal.formengine.explain import why_this_form
from incidentportal.formengine.tracing import Trace, traces
from incidentportal.rootly.config import Dialect
from incidentportal.rootly.errors import Rejected
from incidentportal.rootly.writing import incident_body

PLACEHOLDER = uuid.UUID(int=0)
"""Stands for the declaration's id, which a rehearsal has none of."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a form comes to. `form_set` says which of Rootly's forms it is, and why. `body` is the
    request's JSON in the dialect `dialect`, blank where the form has errors or can't be written
    (`problem` says why). `later` is what is done once the incident exists.
    """

    traces: tuple[Trace, ...]
    form_set: str
    errors: int
    dialect: str
    body: str = ""
    problem: str = ""
    later: tuple[str, ...] = ()


def rehearse(form: FilledForm, author: User) -> Rehearsal:
    """What becomes of the form, were it declared by this person. Reads what was learnt of the
    upstream; writes nothing.
    """
    dialect: Dialect = "plain" if settings.ROOTLY_API_DIALECT == "plain" else "jsonapi"
    filled = form.filling
    found = tuple(traces(filled.form, filled.answers, filled.origins, filled.off_page))
    form_set = why_this_form(form.forms, filled.form, filled.answers) or _default(form)
    if form.errors:
        count = sum(map(len, form.errors.values()))
        return Rehearsal(found, form_set, count, dialect)
    declaration = _declaration(form, author)
    try:
        written = incident_body(attribution.added(declaration), dialect)
    except Rejected as refusal:
        return Rehearsal(found, form_set, 0, dialect, problem=str(refusal))
    body = json.dumps(json.loads(written), indent=2, ensure_ascii=False)
    workflows = form.catalog.options("workflows")

    def named(workflow: str) -> str:
        option = workflows.get(workflow)
        return option.label if option else workflow

    planned = steps.planned(declaration.payload, dialect, named)
    return Rehearsal(
        found, form_set, 0, dialect, body=body, later=tuple(step["name"] for step in planned)
    )


def _default(form: FilledForm) -> str:
    name = form.resolved.definition.name
    return f"This is the form “{name}”: no condition chose another." if name else ""


def _declaration(form: FilledForm, author: User) -> Declaration:
    """As it would be saved."""
    url = connection.upstream()
    submission = form.submission(url)
    row = Declaration(
        pk=PLACEHOLDER, author=author, private=submission.private, **submission.fields()
    )
    upstream = Upstream.objects.filter(url=url).first() or Upstream(url=url)
    row.sent_with = attribution.with_what(row, upstream)
    return row
