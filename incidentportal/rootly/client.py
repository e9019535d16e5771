"""The client: Rootly's API as methods.

Reads are lists (`lists.py`) or single records; writes are few and stand at the end. A later
follow-up (status, timeline, workflow run) is one more method beside them: `_write` does the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx

from incidentportal.rootly import lists, readers, records, writing
from incidentportal.rootly.answers import Answer, rate_limit, server_date
from incidentportal.rootly.calls import Call, Caller, Observer, unobserved
from incidentportal.rootly.config import ClientConfig
from incidentportal.rootly.errors import Rejected
from incidentportal.rootly.listing import Created, Listing, Peek, Skipped
from incidentportal.rootly.reading import Reader, record

__all__ = ["Client", "Created", "Listing", "Skipped"]

R = TypeVar("R", bound=records.Record)


class Client:
    """Speaks with one Rootly. Thread-safe; holds one connection pool: keep one per process.

    Reads retry by themselves and go to a list's last page; a record that can't be read is left
    out and named in `Listing.skipped`. Writes are sent exactly once. All raise
    `errors.RootlyError`; reads, whose outcome hardly matters, raise the same classes.
    """

    def __init__(
        self,
        config: ClientConfig,
        *,
        transport: httpx.BaseTransport | None = None,
        observe: Observer = unobserved,
    ) -> None:
        self._config = config
        self._caller = Caller(config, transport, observe)
        self._reader = Reader(self._caller, config.timeouts.total)

    def __repr__(self) -> str:
        return f"Client({self._config.base_url!r}, {self._config.dialect})"

    def close(self) -> None:
        """Close the connections; calls under way fail."""
        self._caller.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def form_fields(self) -> Listing[records.FormField]:
        """All form fields, with their options and positions as far as the server includes them."""
        return self._list(lists.FORM_FIELDS)

    def field_options(self, form_field_id: str) -> Listing[records.FieldOption]:
        """The options of one field, for a server that doesn't include them."""
        return self._list(lists.FIELD_OPTIONS, form_field_id)

    def placements(self, form_field_id: str) -> Listing[records.Placement]:
        """Where a field is placed, on all forms."""
        return self._list(lists.PLACEMENTS, form_field_id)

    def placement_conditions(self, placement_id: str) -> Listing[records.PlacementCondition]:
        """A placement's conditions."""
        return self._list(lists.PLACEMENT_CONDITIONS, placement_id)

    def form_sets(self) -> Listing[records.FormSet]:
        """All form sets."""
        return self._list(lists.FORM_SETS)

    def form_set_conditions(self, form_set_id: str) -> Listing[records.FormSetCondition]:
        """A form set's conditions."""
        return self._list(lists.FORM_SET_CONDITIONS, form_set_id)

    def services(self) -> Listing[records.Service]:
        """All services."""
        return self._list(lists.SERVICES)

    def environments(self) -> Listing[records.Environment]:
        """All environments."""
        return self._list(lists.ENVIRONMENTS)

    def severities(self) -> Listing[records.Severity]:
        """All severities."""
        return self._list(lists.SEVERITIES)

    def teams(self) -> Listing[records.Team]:
        """All teams."""
        return self._list(lists.TEAMS)

    def functionalities(self) -> Listing[records.Functionality]:
        """All functionalities."""
        return self._list(lists.FUNCTIONALITIES)

    def incident_types(self) -> Listing[records.IncidentType]:
        """All types of incidents."""
        return self._list(lists.INCIDENT_TYPES)

    def causes(self) -> Listing[records.Cause]:
        """All causes."""
        return self._list(lists.CAUSES)

    def catalogs(self) -> Listing[records.Catalog]:
        """All catalogs."""
        return self._list(lists.CATALOGS)

    def catalog_entities(self, catalog_id: str) -> Listing[records.CatalogEntity]:
        """A catalog's entities."""
        return self._list(lists.CATALOG_ENTITIES, catalog_id)

    def users(self) -> Listing[records.User]:
        """All people."""
        return self._list(lists.USERS)

    def users_by_email(self, email: str) -> Listing[records.User]:
        """The people with this address, also where the server ignores the filter."""
        found = self._list(lists.USERS, filters=(("filter[email]", email),))
        same = tuple(user for user in found if user.email.casefold() == email.strip().casefold())
        return Listing(same, found.skipped, found.server_date)

    def workflows(self) -> Listing[records.Workflow]:
        """All workflows."""
        return self._list(lists.WORKFLOWS)

    def workflow_runs(self, workflow_id: str) -> Listing[records.WorkflowRun]:
        """A workflow's runs."""
        return self._list(lists.WORKFLOW_RUNS, workflow_id)

    def alerts(self) -> Listing[records.Alert]:
        """All alerts."""
        return self._list(lists.ALERTS)

    def newest_alerts(self, most: int, seconds: float, words: str = "") -> Listing[records.Alert]:
        """Up to `most` alerts, newest first as Rootly lists them, within `seconds` in all.

        `words` asks Rootly for those that hold them. The API reference has no such filter for
        alerts, and one that a server doesn't know changes nothing: look at the answer again.
        """
        filters = (("filter[search]", words),) if words else ()
        return self._reader.newest(lists.ALERTS, filters, most, seconds)

    def newest_incidents(
        self, most: int, seconds: float, words: str = ""
    ) -> Listing[records.Incident]:
        """Up to `most` incidents, newest first, within `seconds` in all; with `words` those that
        hold them, as far as the server takes `filter[search]` (API reference).
        """
        filters = (("filter[search]", words),) if words else ()
        own = (("sort", "-created_at"), *filters)
        return self._reader.newest(lists.INCIDENTS, own, most, seconds)

    def incident_events(self, incident_id: str) -> Listing[records.IncidentEvent]:
        """An incident's timeline."""
        return self._list(lists.INCIDENT_EVENTS, incident_id)

    def incident_alerts(self, incident_id: str) -> Listing[records.Alert]:
        """The alerts that are attached to an incident."""
        return self._list(lists.INCIDENT_ALERTS, incident_id)

    def me(self) -> records.User:
        """Whose token this is."""
        return record(self._reader.get("/users/me"), readers.user)

    def incidents(self, created_from: datetime | None = None) -> Listing[records.Incident]:
        """The incidents that this token sees, created at or after an aware moment if given.

        Oldest first, so that what is made meanwhile comes last and moves nothing across pages.
        """
        filters = () if created_from is None else _created_since(created_from)
        return self._list(lists.INCIDENTS, filters=filters)

    def incidents_soon(
        self, created_from: datetime, most: int, seconds: float
    ) -> Listing[records.Incident]:
        """The same, up to `most` of them and within `seconds` in all: somebody waits."""
        return self._reader.newest(lists.INCIDENTS, _created_since(created_from), most, seconds)

    def incident(self, incident_id: str, seconds: float | None = None) -> records.Incident:
        """One incident; `Misconfigured` with status 404 where the token sees none. With `seconds`
        it is asked for once, in that time.
        """
        path = f"/incidents/{_segment(incident_id)}"
        return record(self._reader.get(path, seconds=seconds), readers.incident)

    def selections(self, incident_id: str) -> Listing[records.Selection]:
        """The custom values that an incident has."""
        return self._list(lists.SELECTIONS, incident_id)

    def create_incident(
        self,
        attributes: Mapping[str, Any],
        *,
        idempotency_key: str,
        timeout: float | None = None,
    ) -> Created:
        """Create an incident, within `timeout` seconds.

        `attributes` are neutral (`writing.py`). The key travels as `Idempotency-Key` (Rootly's
        guide, Idempotency); nothing here relies on its being honoured.
        """
        body = writing.incident_body(attributes, self._config.dialect)
        headers = (("Idempotency-Key", idempotency_key),)
        answer = self._write(Call("POST", "/incidents", body=body, headers=headers), timeout)
        date, limit = server_date(answer.headers), rate_limit(answer.headers)
        return Created(record(answer, readers.incident), date, limit)

    def create_selection(self, incident_id: str, selection: Mapping[str, Any]) -> records.Selection:
        """Give an incident the value of one custom field (`form_field_id` and its value)."""
        attributes = {"incident_id": incident_id, **selection}
        body = writing.selection_body(attributes, self._config.dialect)
        path = f"/incidents/{_segment(incident_id)}/form_field_selections"
        answer = self._write(Call("POST", path, body=body), None, record_path=True)
        return record(answer, readers.selection)

    def update_selection(
        self, selection_id: str, selection: Mapping[str, Any]
    ) -> records.Selection:
        """Give a custom field's selection another value."""
        body = writing.selection_body(selection, self._config.dialect)
        path = f"/incident_form_field_selections/{_segment(selection_id)}"
        answer = self._write(Call("PUT", path, body=body), None, record_path=True)
        return record(answer, readers.selection)

    def attach_alerts(self, incident_id: str, alert_ids: Sequence[str]) -> None:
        """Attach alerts to an incident, those that it has staying."""
        path = f"/incidents/{_segment(incident_id)}/alerts"
        self._do("POST", path, "alerts", {"alert_ids": list(alert_ids)})

    def create_event(self, incident_id: str, text: str) -> None:
        """Put a text on an incident's timeline, for the organisation's own people only."""
        path = f"/incidents/{_segment(incident_id)}/events"
        self._do("POST", path, "incident_events", {"event": text, "visibility": "internal"})

    def mitigate(self, incident_id: str, message: str) -> None:
        """Set an incident to mitigated, and say how."""
        self._step(incident_id, "mitigate", {"mitigation_message": message})

    def resolve(self, incident_id: str, message: str) -> None:
        """Set an incident to resolved, and say how."""
        self._step(incident_id, "resolve", {"resolution_message": message})

    def cancel(self, incident_id: str, message: str) -> None:
        """Set an incident to cancelled, and say why."""
        self._step(incident_id, "cancel", {"cancellation_message": message})

    def create_workflow_run(self, workflow_id: str, incident_id: str) -> None:
        """Start a workflow for an incident (the SDK's `create_workflow_run`)."""
        path = f"/workflows/{_segment(workflow_id)}/workflow_runs"
        self._do("POST", path, "workflow_runs", {"incident_id": incident_id})

    def _step(self, incident_id: str, name: str, attributes: Mapping[str, Any]) -> None:
        self._do("PUT", f"/incidents/{_segment(incident_id)}/{name}", "incidents", attributes)

    def _do(self, method: str, path: str, kind: str, attributes: Mapping[str, Any]) -> None:
        """Something about a record that exists: any answer of success will do."""
        body = writing.body(kind, attributes, self._config.dialect)
        self._write(Call(method, path, body=body), None, record_path=True)

    def peek(self, kind: lists.ListOf[R], owner: str = "", *, seconds: float) -> Peek[R]:
        """The first page of any list (`lists.py`), asked for once, in that time."""
        path = kind.path.format(_segment(owner)) if "{}" in kind.path else kind.path
        return self._reader.peek(kind, path, owner, kind.params, seconds)

    def _list(
        self, kind: lists.ListOf[R], owner: str = "", *, filters: tuple[tuple[str, str], ...] = ()
    ) -> Listing[R]:
        path = kind.path.format(_segment(owner)) if "{}" in kind.path else kind.path
        return self._reader.all(kind, path, owner, kind.params + filters)

    def _write(self, call: Call, timeout: float | None, *, record_path: bool = False) -> Answer:
        """Send once, whatever happens. `record_path`: the path names a record to write to."""
        seconds = self._config.timeouts.total if timeout is None else timeout
        answer = self._caller.send(call, seconds)
        error = answer.error(record_path=record_path)
        if error is not None:
            raise error
        return answer


def _created_since(moment: datetime) -> tuple[tuple[str, str], ...]:
    since = moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return (("filter[created_at][gte]", since), ("sort", "created_at"))


def _segment(record_id: str) -> str:
    """An id as a part of a path that it can't leave."""
    if record_id in ("", ".", ".."):
        raise Rejected(f"Nothing in Rootly can have the id “{record_id}”.")
    return quote(record_id, safe="")
