"""People in the admin site."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from incidentportal.accounts.email import is_anothers, trust
from incidentportal.accounts.models import User


class PersonForm(UserChangeForm):  # type: ignore[type-arg]  # a parameter only in the stubs
    """A person's data. An e-mail that is another's would attribute incidents to the wrong one."""

    def clean_email(self) -> str:
        """The address, if it is nobody else's."""
        email = str(self.cleaned_data["email"])
        if email and "email" in self.changed_data and is_anothers(self.instance, email):
            raise ValidationError("Another person has this e-mail address.")
        return email


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]  # a parameter only in the stubs
    """Django's own, with the time zone. Whoever declared something stays, and can be made
    inactive.
    """

    form = PersonForm
    fieldsets = (*(UserAdmin.fieldsets or ()), ("Portal", {"fields": ("time_zone",)}))

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """An e-mail that an admin typed is believed; one that was there already, and that perhaps
        only the person claims, isn't by saving the page.
        """
        super().save_model(request, obj, form, change)
        if "email" in form.changed_data:
            trust(obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Never: what a person declared and looked at outlasts their account."""
        return False
