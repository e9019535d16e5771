"""What keeps the portal from running, or from running well, as Django system checks.

Each has a stable id, names the setting and says what to type.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004  # Django's name
from django.db import DatabaseError

from incidentportal.accounts import samples
from incidentportal.catalog.connection import config_problem

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
Configs = Sequence[AppConfig] | None


@register()
def settings_can_be_used(app_configs: Configs, **kwargs: Any) -> list[CheckMessage]:
    """portal.E001: a setting has a value that can't be used."""
    return [
        Error(wrong.sentence, hint=wrong.hint, id="portal.E001")
        for wrong in settings.SETTINGS_WRONG
    ]


@register()
def secret_is_set(app_configs: Configs, **kwargs: Any) -> list[CheckMessage]:
    """portal.E002: there is no secret, and this is not development."""
    if settings.DEBUG or not settings.SECRET_KEY_MISSING:
        return []
    hint = (
        'Set SECRET_KEY="$(openssl rand -base64 48)", and keep it: sessions and forms depend on it.'
    )
    return [Error("SECRET_KEY is not set.", hint=hint, id="portal.E002")]


@register()
def rootly_is_configured(app_configs: Configs, **kwargs: Any) -> list[CheckMessage]:
    """portal.E003: Rootly's address or token can't be used; portal.W001: it is missing."""
    problem = config_problem()
    if problem is None:
        return []
    name, reason = problem
    sentence = f"{name} {reason}"
    if not getattr(settings, name):
        example = {"ROOTLY_API_URL": "https://api.rootly.com/v1"}.get(name, "<a Rootly API token>")
        return [Warning(sentence, hint=f"Set {name}={example}", id="portal.W001")]
    return [Error(sentence, hint=f"Correct {name}.", id="portal.E003")]


@register(Tags.security, deploy=True)
def https_is_on(app_configs: Configs, **kwargs: Any) -> list[CheckMessage]:
    """portal.W003: the portal serves plain http."""
    if settings.HTTPS_ONLY:
        return []
    hint = "Set HTTPS_ONLY=true and put a TLS proxy in front (TRUSTED_PROXIES)."
    return [Warning("The portal serves plain http: passwords can be read on the way.", hint=hint,
                    id="portal.W003")]  # fmt: skip


@register(Tags.security, deploy=True)
def private_text_has_its_own_key(app_configs: Configs, **kwargs: Any) -> list[CheckMessage]:
    """portal.W004: private declarations are encrypted with a key made from SECRET_KEY."""
    if settings.FIELD_ENCRYPTION_KEYS:
        return []
    hint = (
        'Set FIELD_ENCRYPTION_KEYS="$(openssl rand -base64 32)", keep it, and run '
        "manage.py rotate_keys."
    )
    said = "FIELD_ENCRYPTION_KEYS is not set: whoever learns SECRET_KEY can read private texts."
    return [Warning(said, hint=hint, id="portal.W004")]


@register(Tags.database)
def stored_texts_can_be_read(app_configs: Configs, **kwargs: Any) -> list[CheckMessage]:
    """portal.E005: a key that private declarations are encrypted with is not given."""
    if not kwargs.get("databases") or settings.SETTINGS_WRONG:
        return []  # first things first
    try:
        found = samples.problems()
    except DatabaseError:  # not migrated yet: then nothing is encrypted
        return []
    return [Error(sentence, id="portal.E005") for sentence in found]


@register(Tags.database)
def demo_stays_at_home(app_configs: Configs, **kwargs: Any) -> list[CheckMessage]:
    """portal.E004: demo accounts, whose passwords everybody knows, beside a real Rootly."""
    from incidentportal.accounts.models import User  # noqa: PLC0415  # models load after checks register

    host = urlsplit(settings.ROOTLY_API_URL).hostname
    if not kwargs.get("databases") or host is None or host in LOOPBACK:
        return []
    try:
        if not User.objects.filter(is_demo=True).exists():
            return []
    except DatabaseError:  # not migrated yet: then there are none
        return []
    hint = "Use another DATABASE_URL, or delete the accounts that `make run` made."
    return [Error(f"This database has the demo accounts, and ROOTLY_API_URL leads to {host}.",
                  hint=hint, id="portal.E004")]  # fmt: skip
