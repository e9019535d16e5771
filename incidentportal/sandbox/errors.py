"""Rootly's error answers in every shape that is known of it.

`A` is the API reference's `{"errors": [{"title": "Severity can't be blank", "status": "422"}]}`,
`pointer` the same with JSON:API's `source.pointer`, `B` Rails' bare `{"name": ["can't be blank"]}`,
`C` the guide's `{"error", "message", "details"}` (Creating Incidents via API, Validation & Error
Handling).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from incidentportal.sandbox.messages import Answer, Dialect, json_answer

if TYPE_CHECKING:
    from collections.abc import Sequence

REASONS = {
    400: ("bad_request", "The request could not be read."),
    401: ("unauthorized", "Invalid or missing API token."),
    403: ("forbidden", "You do not have permission to do that."),
    404: ("not_found", "Not found or unauthorized"),
    405: ("method_not_allowed", "Method not allowed."),
    415: ("unsupported_media_type", "Unsupported media type."),
    422: ("unprocessable_entity", "Validation failed."),
}

ASSOCIATIONS = {
    "environment_ids": "Environments",
    "incident_type_ids": "Incident types",
    "service_ids": "Services",
    "muted_service_ids": "Muted services",
    "functionality_ids": "Functionalities",
    "group_ids": "Groups",
    "cause_ids": "Causes",
    "alert_ids": "Alerts",
}


@dataclass(frozen=True)
class Problem:
    """What is wrong with one attribute. `label` is the configured name where there is one."""

    attribute: str
    message: str
    label: str = ""

    def title(self) -> str:
        """The sentence of shape A, which begins with a human name."""
        return f"{self.label or human_name(self.attribute)} {self.message}".strip()


class ApiError(Exception):
    """An answer other than success."""

    def __init__(
        self, status: int, problems: Sequence[Problem] = (), *, message: str | None = None
    ) -> None:
        super().__init__(status, problems)
        self.status = status
        self.problems = tuple(problems)
        self.message = message


def human_name(attribute: str) -> str:
    """An attribute's name as Rails would say it: `severity_id` is `Severity`."""
    if attribute in ASSOCIATIONS:
        return ASSOCIATIONS[attribute]
    return attribute.removesuffix("_id").replace("_", " ").capitalize()


def _details(problems: Sequence[Problem]) -> dict[str, list[str]]:
    details: dict[str, list[str]] = {}
    for problem in problems:
        details.setdefault(problem.attribute or "base", []).append(problem.message)
    return details


def _error(problem: Problem, status: int, *, pointer: bool) -> dict[str, Any]:
    error: dict[str, Any] = {"title": problem.title(), "status": str(status)}
    if pointer:
        path = problem.attribute.replace(".", "/")
        error["source"] = {"pointer": f"/data/attributes/{path}"}
        error["detail"] = problem.message
    return error


def refusal(error: ApiError, dialect: Dialect, shape: str = "auto") -> Answer:
    """The answer for an error, in the shape asked for, else in the dialect's own."""
    chosen = (
        shape if error.problems and shape != "auto" else {"jsonapi": "A", "plain": "C"}[dialect]
    )
    return json_answer(error.status, _content(error, chosen), dialect)


def _content(error: ApiError, shape: str) -> Any:
    name, message = REASONS[error.status]
    message = error.message or message
    if shape == "B":
        return _details(error.problems)
    if shape == "C":
        content: dict[str, Any] = {"error": name, "message": message}
        if error.problems:
            content["details"] = _details(error.problems)
        return content
    if not error.problems:
        title = "Invalid token" if error.status == 401 else message
        return {"errors": [{"title": title, "status": str(error.status)}]}
    pointer = shape == "pointer"
    return {"errors": [_error(each, error.status, pointer=pointer) for each in error.problems]}
