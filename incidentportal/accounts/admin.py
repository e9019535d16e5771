"""People in the admin site."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from incidentportal.accounts.models import User


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]  # a parameter only in the stubs
    """Django's own, with the time zone."""

    fieldsets = (*(UserAdmin.fieldsets or ()), ("Portal", {"fields": ("time_zone",)}))
