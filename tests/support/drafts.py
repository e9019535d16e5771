"""A form that saves its draft, over HTTP."""

from __future__ import annotations

from typing import Any

from incidentportal.declarations.models import Draft
from tests.support.controls import controls, page_of
from tests.support.portal import Form

SAVE = "/incidents/new/draft/"


class Tab:
    """A form open in a browser's tab, with the script that saves it, or without one."""

    def __init__(self, form: Form, name: str = "") -> None:
        self.form, self.name, self.step, self.version = form, name, 0, 0

    def save(self, *, script: bool = True, **answers: Any) -> Any:
        """Save what stands in the form, with these answers in their place."""
        self.step += 1
        posted = {**controls(page_of(self.form.html), "declaration"), **answers}
        if script:
            posted["draft_version"] = str(self.version)
            posted |= {"draft_tab": self.name, "draft_step": str(self.step)}
        headers = {"HX-Request": "true"} if script else {}
        kept = {name: value for name, value in posted.items() if value is not None}
        response: Any = self.form.client.post(SAVE, kept, headers=headers)
        self.version = int(response.headers.get("Draft-Version", self.version))
        return response


def again(tab: Tab, name: str = "two") -> Tab:
    """The same form in a second tab."""
    other = Tab(tab.form, name)
    other.version = tab.version
    return other


def address() -> str:
    """Of the one draft there is."""
    return f"/drafts/{Draft.objects.values_list('pk', flat=True).get()}/"
