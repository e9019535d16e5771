"""Headers that every answer bears, whoever gave it: a page, a redirect, an error, a file."""

from __future__ import annotations

from collections.abc import Callable

from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

GetResponse = Callable[[HttpRequest], HttpResponseBase]

_UNUSED = (
    "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media",
    "fullscreen", "gamepad", "geolocation", "gyroscope", "hid", "idle-detection", "local-fonts",
    "magnetometer", "microphone", "midi", "otp-credentials", "payment", "picture-in-picture",
    "screen-wake-lock", "serial", "storage-access", "usb", "window-management",
    "xr-spatial-tracking",
)  # fmt: skip
"""What a browser may offer to pages and no page of the portal asks for."""


class HeadersMiddleware:
    """Adds what the answer doesn't have yet. To stand first: then nothing answers without it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.always = {
            "Permissions-Policy": ", ".join(f"{name}=()" for name in _UNUSED),
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cross-Origin-Embedder-Policy": "require-corp",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": settings.X_FRAME_OPTIONS,
            "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
            "Content-Security-Policy": build_policy(),
            # Every page names its reader; the portal's own files say otherwise themselves.
            "Cache-Control": "no-store",
        }

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Serve one request."""
        response = self.get_response(request)
        for name, value in self.always.items():
            response.headers.setdefault(name, value)
        # Judged now: by here it is settled whose forwarded headers count.
        if settings.SECURE_HSTS_SECONDS and request.is_secure():
            hsts = f"max-age={settings.SECURE_HSTS_SECONDS}"
            response.headers.setdefault("Strict-Transport-Security", hsts)
        return response
