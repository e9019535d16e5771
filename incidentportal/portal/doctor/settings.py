"""The settings by themselves: whether they can be used, and whether they are safe on the web."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.core.checks import Tags, run_checks

from incidentportal.portal.doctor.findings import Finding, error, ok, warning

_OWN_WORDS = {"security.W009", "security.W018", "security.W020"}
"""Django's about SECRET_KEY, DEBUG and ALLOWED_HOSTS: told below in ours."""
_LONG, _VARIED = 50, 5
"""What Django asks of a secret: characters, and different ones."""
_LOCAL = {"localhost", "127.0.0.1", "[::1]"}


def values() -> Iterator[Finding]:
    """Each value that can't be used, and the secret."""
    for wrong in settings.SETTINGS_WRONG:
        yield error(f"settings.{wrong.name}", wrong.sentence, wrong.hint)
    if not settings.SETTINGS_WRONG:
        yield ok("settings.values", "Every setting has a value that can be used.")
    yield _secret()


def _secret() -> Finding:
    remedy = (
        'Set SECRET_KEY="$(openssl rand -base64 48)", and keep it: sessions and forms depend on it.'
    )
    secret = settings.SECRET_KEY
    if settings.SECRET_KEY_MISSING and not settings.DEBUG:
        return error("settings.secret", "SECRET_KEY is not set: the portal won't start.", remedy)
    if settings.SECRET_KEY_MISSING:
        said = "SECRET_KEY is not set: everybody is signed out whenever the portal starts."
        return warning("settings.secret", said, remedy)
    if len(secret) < _LONG or len(set(secret)) < _VARIED:
        said = "SECRET_KEY is short or simple enough to be guessed."
        return warning("settings.secret", said, remedy)
    return ok("settings.secret", "SECRET_KEY is set.")


def web() -> Iterator[Finding]:
    """Debugging, https, proxies, host names, and what Django's deploy checks say besides."""
    if settings.DEBUG:
        said = "DEBUG is on: errors show the portal's insides to everybody."
        yield warning("web.debug", said, "Set DEBUG=false.")
    else:
        yield ok("web.debug", "DEBUG is off.")
    yield _https()
    yield _proxies()
    yield _hosts()
    for each in run_checks(tags=[Tags.security], include_deployment_checks=True):
        told = each.id in _OWN_WORDS or str(each.id).startswith("portal.")
        if not told and not each.is_silenced():
            remedy = each.hint or "See Django's documentation of this check."
            yield warning(f"web.{each.id}", str(each.msg), remedy)


def _https() -> Finding:
    if settings.HTTPS_ONLY:
        return ok("web.https", "Only https is served: cookies and passwords stay unread.")
    return warning(
        "web.https",
        "The portal serves plain http: passwords can be read on the way.",
        "Set HTTPS_ONLY=true and put a TLS proxy in front (TRUSTED_PROXIES).",
    )


def _proxies() -> Finding:
    proxies = settings.TRUSTED_PROXIES
    if proxies:
        said = f"X-Forwarded-* headers are believed from {', '.join(proxies)}."
        if {"0.0.0.0/0", "::/0"} & set(proxies):
            remedy = "List your proxy's own addresses in TRUSTED_PROXIES."
            return warning("web.proxies", f"{said} That is everybody.", remedy)
        return ok("web.proxies", said)
    if settings.HTTPS_ONLY:
        said = "No proxy is trusted, and the portal itself speaks no TLS: every page redirects."
        remedy = "Set TRUSTED_PROXIES to your TLS proxy's address, such as 10.0.0.0/8."
        return warning("web.proxies", said, remedy)
    return ok("web.proxies", "No proxy is trusted: people's own addresses count.")


def _hosts() -> Finding:
    names = set(settings.ALLOWED_HOSTS)
    remedy = "Set ALLOWED_HOSTS to the names in its address, such as incidents.example.com."
    if "*" in names:
        return warning("web.hosts", "The portal answers under any host name.", remedy)
    if names <= _LOCAL and not settings.DEBUG:
        said = "The portal answers on this machine's own names only."
        return warning("web.hosts", said, remedy)
    return ok("web.hosts", f"The portal answers as {', '.join(sorted(names))}.")
