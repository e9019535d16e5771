"""Which addresses a page may link to."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.conf import settings

LOOPBACK = {"localhost", "127.0.0.1", "::1"}

_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?|[0-9a-f]*:[0-9a-f:.]*", re.ASCII)
LONGEST_LINK = 2000


def safe_link(url: str, *, hosts: tuple[str, ...] = ()) -> str:
    """The address if a link may lead there (https; http on loopback alone), else blank.

    ROOTLY_WEB_HOSTS, where set, names the hosts; `hosts` are allowed besides them. A host's
    subdomains count as the host.
    """
    host, allowed = _host(url), settings.ROOTLY_WEB_HOSTS
    return url if host and (not allowed or _is_among(host, [*allowed, *hosts])) else ""


def is_plain(url: str) -> bool:
    """Whether a link may lead there as far as its shape goes, whatever its host is."""
    return bool(_host(url))


def _host(url: str) -> str:
    """The host of an address that a link may have, in lower case; blank: it may not.

    What browsers and Python could read differently leads nowhere: backslashes, control
    characters, encoded or international host names (`xn--…` will do).
    """
    if len(url) > LONGEST_LINK or not url.isprintable() or " " in url or "\\" in url:
        return ""
    try:
        parts = urlsplit(url)
        host, _ = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return ""
    if parts.username is not None or "@" in parts.netloc or not _HOST.fullmatch(host):
        return ""
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        return ""
    return host


def _is_among(host: str, hosts: list[str]) -> bool:
    return any(host == item.lower() or host.endswith("." + item.lower()) for item in hosts)
