"""How a person fills the sandbox's form in."""

from __future__ import annotations

import re

from playwright.sync_api import Page

DECLARE = "[data-action=declare]"


def fill(page: Page, title: str = "Checkout is down") -> None:
    """A new form with an answer to everything that it requires."""
    page.goto("/incidents/new/")
    answer(page, title)


def answer(page: Page, title: str = "Checkout is down") -> None:
    """The same in the form that stands there."""
    page.get_by_label(re.compile("^Title")).fill(title)
    page.get_by_label("SEV1 Critical").check()
    page.get_by_label("Customer report").check()
