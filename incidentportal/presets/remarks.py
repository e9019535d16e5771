"""What admins should know of Rootly's configuration as the portal reads it."""

from __future__ import annotations

from incidentportal.catalog.current import current
from incidentportal.presets.forms import forms_of


def remarks() -> list[str]:
    """What could not be fetched, and what the form shows otherwise than Rootly says, each as a
    sentence: lists that were refused, unknown kinds, rules that nobody can judge. Empty where all
    is well, and while there is no picture yet.
    """
    catalog = current()
    if catalog is None:
        return []
    problems = (*catalog.problems, *forms_of(catalog).problems)
    return list(dict.fromkeys(problem.sentence for problem in problems))
