"""Reading a declaration: what every page that shows one goes through.

What a person may not see is asked for, and answered, exactly as what doesn't exist.
"""

from __future__ import annotations

from uuid import UUID

from django.shortcuts import get_object_or_404

from incidentportal.accounts.models import PrivateView, User
from incidentportal.accounts.roles import Ability, may
from incidentportal.declarations.models import Declaration

KIND = "declaration"


def read(person: User, pk: UUID) -> Declaration:
    """The declaration, with its author, to be shown to this person. Raises Http404.

    Of another's private one it is kept first that it was seen: without that it isn't shown.
    """
    rows = Declaration.objects.visible_to(person).select_related("author")
    declaration = get_object_or_404(rows, pk=pk)
    if declaration.private and declaration.author_id != person.pk:
        PrivateView.objects.record(person, KIND, declaration.pk)
    return declaration


def may_see_others(person: User) -> bool:
    """Whether there may be declarations of others that this person sees."""
    return may(person, Ability.VIEW_OTHERS) or may(person, Ability.VIEW_PRIVATE)
