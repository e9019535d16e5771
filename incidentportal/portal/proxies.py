"""Forwarded headers, believed only from the proxies that the operator named."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

GetResponse = Callable[[HttpRequest], HttpResponseBase]
FORWARDED = (
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_REQUEST_ID",
)


class TrustedProxiesMiddleware:
    """Drops `X-Forwarded-*` and `X-Request-ID` from strangers; takes host and address from a
    trusted proxy.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.trusted = [
            ipaddress.ip_network(item, strict=False) for item in settings.TRUSTED_PROXIES
        ]

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Serve one request."""
        meta = request.META
        if not self._is_trusted(meta.get("REMOTE_ADDR", "")):
            for name in FORWARDED:
                meta.pop(name, None)
            return self.get_response(request)
        if host := meta.get("HTTP_X_FORWARDED_HOST"):
            meta["HTTP_HOST"] = host.rpartition(",")[2].strip()
        # The chain is read from the near end: what stands before the first stranger is hearsay.
        for address in reversed(meta.get("HTTP_X_FORWARDED_FOR", "").split(",")):
            meta["REMOTE_ADDR"] = address.strip() or meta["REMOTE_ADDR"]
            if not self._is_trusted(address.strip()):
                break
        return self.get_response(request)

    def _is_trusted(self, address: str) -> bool:
        try:
            return any(ipaddress.ip_address(address) in network for network in self.trusted)
        except ValueError:
            return False
