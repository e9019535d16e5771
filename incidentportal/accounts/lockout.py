"""Who tried a password too often, and what they are told. django-axes counts (`AXES_*` in the
settings).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from incidentportal.accounts import kept

TITLE = "Too many wrong passwords"


def client_address(request: HttpRequest) -> str:
    """Where a request comes from: forwarded headers count from `TRUSTED_PROXIES` alone
    (`portal/proxies.py`). Of an IPv6 address the network: its owner has 2^64 of them.
    """
    given: str = request.META.get("REMOTE_ADDR", "")
    try:
        address = ipaddress.ip_address(given)
    except ValueError:
        return given
    if address.version == 6:
        return str(ipaddress.ip_network(f"{given.partition('%')[0]}/64", strict=False))
    return given


def name_tried(request: HttpRequest, credentials: Mapping[str, Any] | None) -> str:
    """The name as the sign-in compares it: another spelling is no new try."""
    return str((credentials or {}).get("username") or "").strip().casefold()


def locked_out(
    request: HttpRequest, response: HttpResponseBase, credentials: Mapping[str, Any] | None
) -> HttpResponseBase:
    """429 in the place of the answer, with what was typed into a form."""
    seconds = int(settings.AXES_COOLOFF_TIME.total_seconds())
    sentences = [
        f"This name was tried {settings.AXES_FAILURE_LIMIT} times with a wrong password.",
        f"From where you are it can be used again in {seconds // 60} minutes.",
        "Nobody else is kept out. An admin can give you a new password.",
    ]
    if kept.is_form(request):
        return kept.page(request, 429, TITLE, sentences, retry_after=seconds)
    context = {"title": TITLE, "sentences": sentences}
    answer = render(request, "portal/message.html", context, status=429)
    answer["Retry-After"] = str(seconds)
    return answer
