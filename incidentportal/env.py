"""The portal's settings as an operator knows them: one table, read from the environment.

A value comes from `NAME_FILE` (the path of a file that holds it, for secrets), else `NAME`, else
`.env`; an empty value counts as none. A value that can't be read never stops the import of the
settings: it becomes a `Wrong`, which a system check reports with the name and what to type, so
that `manage.py` can still say so in plain words.
"""

from __future__ import annotations

import base64
import ipaddress
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

Reader = Callable[[str], Any]


class UnusableError(ValueError):
    """A value that can't be used; its text completes the sentence that begins with the name."""


def text(raw: str) -> str:
    """Text as it stands, without surrounding blanks."""
    return raw.strip()


def flag(raw: str) -> bool:
    """Yes or no. UnusableError: neither of them."""
    known = {"1": True, "true": True, "yes": True, "on": True}
    known |= {"0": False, "false": False, "no": False, "off": False}
    try:
        return known[raw.strip().lower()]
    except KeyError:
        raise UnusableError("is neither true nor false") from None


def items(raw: str) -> list[str]:
    """A list, separated by commas."""
    return [item.strip() for item in raw.split(",") if item.strip()]


def networks(raw: str) -> list[str]:
    """Addresses or networks (`10.0.0.0/8`). UnusableError: one of them is none."""
    for item in items(raw):
        try:
            ipaddress.ip_network(item, strict=False)
        except ValueError:
            raise UnusableError("must list addresses such as 10.0.0.0/8") from None
    return items(raw)


def seconds(raw: str) -> float:
    """A time above zero. UnusableError: no such number."""
    return _number(raw, "must be a number above 0", lambda value: 0 < value < 10**7)


def hours(raw: str) -> float:
    """A time above zero and up to ten years. UnusableError: no such number."""
    return _number(raw, "must be a number above 0", lambda value: 0 < value <= 87_600)


def minutes(raw: str) -> float:
    """A time above zero and up to a year. UnusableError: no such number."""
    return _number(raw, "must be a number above 0", lambda value: 0 < value <= 525_600)


def count(raw: str) -> int:
    """How many, at least one. UnusableError: no such number."""
    wanted = "must be a whole number above 0"
    return int(_number(raw, wanted, lambda value: 0 < value < 10**9 and value == int(value)))


def days(raw: str) -> float:
    """A time above zero and up to ten years. UnusableError: no such number."""
    return _number(raw, "must be a number above 0", lambda value: 0 < value <= 3650)


def share(raw: str) -> float:
    """A share above 0 and up to 1. UnusableError: no such number."""
    return _number(raw, "must be a number above 0 and at most 1", lambda value: 0 < value <= 1)


def pair(raw: str) -> tuple[float, float]:
    """Two times, `first,second`. UnusableError: not two numbers."""
    wanted = "must be two numbers with a comma between them"
    first, _, second = raw.partition(",")
    return _number(first, wanted, _is_wait), _number(second, wanted, _is_wait)


def port(raw: str) -> int:
    """A TCP port. UnusableError: no such number."""
    wanted = "must be a whole number between 1 and 65535"
    return int(_number(raw, wanted, lambda value: 0 < value < 65536 and value == int(value)))


def zone(raw: str) -> str:
    """A time zone's name. UnusableError: this machine knows no such zone."""
    try:
        zoneinfo.ZoneInfo(raw.strip())
    except (zoneinfo.ZoneInfoNotFoundError, OSError) as error:
        raise UnusableError("is no time zone such as Europe/Paris") from error
    return raw.strip()


def database(raw: str) -> dict[str, Any]:
    """Django's settings for `sqlite:///path` or `postgres://…`. UnusableError: neither."""
    if _scheme(raw) not in {"sqlite", "postgres", "postgresql"}:
        raise UnusableError("begins neither with sqlite:/// nor with postgres://")
    try:
        return dict(environ.Env.db_url_config(raw.strip()))
    except ValueError:
        raise UnusableError("is no database URL") from None


def cache(raw: str) -> str:
    """A `redis://` (or `rediss://`, `unix://`) address. UnusableError: another one."""
    if _scheme(raw) not in {"redis", "rediss", "unix"}:
        raise UnusableError("does not begin with redis://")
    return raw.strip()


def encryption_keys(raw: str) -> list[str]:
    """Keys of 32 bytes in base64, of either alphabet, as Fernet takes them. UnusableError: one of
    them is none; the sentence doesn't show it.
    """
    wanted = "must list keys of 32 random bytes in base64, newest first"
    found = [item.replace("+", "-").replace("/", "_") for item in items(raw)]
    for key in found:
        try:
            size = len(base64.b64decode(key.encode(), altchars=b"-_", validate=True))
        except ValueError:
            raise UnusableError(wanted) from None
        if size != 32:
            raise UnusableError(wanted)
    return found


def mail(raw: str) -> dict[str, Any]:
    """Django's settings for a mail server, `smtp+tls://user:password@host:587`; its password never
    shows in an error. UnusableError: no such address.
    """
    try:
        found = environ.Env.email_url_config(raw.strip())
    except (ValueError, ImproperlyConfigured):
        raise UnusableError("is no address such as smtp+tls://user:password@host:587") from None
    if found["EMAIL_BACKEND"].endswith("smtp.EmailBackend"):
        if not found["EMAIL_HOST"]:
            raise UnusableError("names no host")
        usual = 587 if found.get("EMAIL_USE_TLS") else 465 if found.get("EMAIL_USE_SSL") else 25
        found["EMAIL_PORT"] = found["EMAIL_PORT"] or usual
    return {name: value for name, value in found.items() if name.startswith("EMAIL_")}


def _scheme(raw: str) -> str:
    try:
        return urlsplit(raw.strip()).scheme
    except ValueError:  # such as a bracket without its other half
        raise UnusableError("is no URL") from None


def _is_wait(value: float) -> bool:
    return 0 <= value < 10**7


def _number(raw: str, wanted: str, fits: Callable[[float], bool]) -> float:
    try:
        value = float(raw)
    except ValueError:
        raise UnusableError(wanted) from None
    if not fits(value):
        raise UnusableError(wanted)
    return value


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the README's table. `default` is what the code uses, `default_text` is shown."""

    name: str
    read: Reader
    default: Any
    default_text: str
    meaning: str
    example: str


@dataclass(frozen=True, slots=True)
class Wrong:
    """A value that can't be used: the setting, what is wrong, and what to type instead."""

    name: str
    sentence: str
    hint: str


SETTINGS: tuple[Setting, ...] = (
    Setting("ROOTLY_API_URL", text, "", "none: the portal says what to set",
            "base URL of Rootly's API with its version prefix", "https://api.rootly.com/v1"),
    Setting("ROOTLY_API_TOKEN", text, "", "none", "bearer token for the API", "rootly_…"),
    Setting("ROOTLY_API_DIALECT", text, "jsonapi", "`jsonapi`",
            "what is written: `jsonapi` (the API reference) or `plain` (flat JSON, integer ids)",
            "jsonapi"),
    Setting("ROOTLY_FORM", text, "web_new_incident_form", "`web_new_incident_form`",
            "the Rootly form whose fields are used", "web_new_incident_form"),
    Setting("ROOTLY_WEB_HOSTS", items, [], "any https host",
            "hosts that links to incidents may lead to", "rootly.com"),
    Setting("INSECURE_HTTP_HOSTS", items, [], "none",
            "hosts besides loopback that may be spoken to over `http://`", "rootly.internal"),
    Setting("SYNC_INTERVAL", seconds, 300.0, "300",
            "seconds between looks at Rootly's configuration", "300"),
    Setting("DATABASE_URL", database, None, "an SQLite file under `var/`",
            "`sqlite:///…` or `postgres://…`", "postgres://portal:secret@db/portal"),
    Setting("CACHE_URL", cache, "", "in-process", "`redis://…`, to share between machines",
            "redis://cache:6379/0"),
    Setting("SECRET_KEY", text, "", "none: refuses to start, unless `DEBUG`",
            "signs sessions and forms; 50 random characters", "run: openssl rand -base64 48"),
    Setting("SECRET_KEY_FALLBACKS", items, [], "none", "earlier secrets that are still believed",
            "old-secret"),
    Setting("FIELD_ENCRYPTION_KEYS", encryption_keys, [], "derived from `SECRET_KEY`",
            "keys that protect private text at rest, newest first", "run: openssl rand -base64 32"),
    Setting("DEBUG", flag, False, "false", "development mode; never in production", "false"),
    Setting("ALLOWED_HOSTS", items, ["localhost", "127.0.0.1", "[::1]"], "this machine's names",
            "host names under which the portal is reached", "incidents.example.com"),
    Setting("CSRF_TRUSTED_ORIGINS", items, [], "none",
            "origins besides its own that may post forms; links in mails begin with the first", "https://incidents.example.com"),
    Setting("HOST", text, "127.0.0.1", "127.0.0.1", "address to listen on", "127.0.0.1"),
    Setting("PORT", port, 8000, "8000", "port to listen on", "8000"),
    Setting("TIME_ZONE", zone, "UTC", "UTC", "time zone of people who have set none",
            "Europe/Paris"),
    Setting("HTTPS_ONLY", flag, None, "on unless `DEBUG`",
            "redirect to https, `__Host-` cookies, HSTS; `false` serves plain http", "true"),
    Setting("TRUSTED_PROXIES", networks, [], "none",
            "addresses whose `X-Forwarded-*` headers are believed", "10.0.0.0/8"),
    Setting("DELIVERY_DEADLINE", seconds, 4.0, "4", "seconds a person waits for Rootly's answer",
            "4"),
    Setting("DELIVERY_TIMEOUT", seconds, 25.0, "25", "seconds a call to Rootly may take", "25"),
    Setting("DELIVERY_LEASE", seconds, 30.0, "30", "seconds that a claim on a delivery holds",
            "30"),
    Setting("DELIVERY_BACKOFF", pair, (2.0, 300.0), "2,300",
            "seconds: first and longest wait between attempts", "2,300"),
    Setting("DELIVERY_LOOK", pair, (30.0, 5.0), "30,5",
            "seconds after an attempt began before it may be sent again: outcome unknown, "
            "complete 500 or 503", "30,5"),
    Setting("DELIVERY_PROBE", seconds, 15.0, "15", "seconds between tries while the queue is held",
            "15"),
    Setting("DELIVERY_RATE_SHARE", share, 0.8, "0.8",
            "share of Rootly's write limit that may be used", "0.8"),
    Setting("THROTTLE_DECLARATIONS", count, 600, "600", "declarations per person and minute",
            "600"),
    Setting("THROTTLE_SEARCHES", count, 300, "300", "searches and previews per person and minute",
            "300"),
    Setting("SESSION_IDLE", hours, 12.0, "12", "hours without a request that end a session", "12"),
    Setting("SESSION_LIMIT", hours, 168.0, "168", "hours after which a session ends in any case",
            "168"),
    Setting("ALLOW_SIGNUP", flag, False, "false", "whether people may make accounts by themselves",
            "false"),
    Setting("ALERT_STUCK_AFTER", minutes, 15.0, "15",
            "minutes that a declaration may wait, be unclear or uncorrected before admins are told",
            "15"),
    Setting("EMAIL_URL", mail, None,
            "none: no mail: no password reset, no word of a refusal, no alert to admins",
            "mail server: `smtp+tls://…`, `smtp+ssl://…` or `smtp://…`",
            "smtp+tls://user:password@mail.example.com:587"),
    Setting("DEFAULT_FROM_EMAIL", text, "incident-portal@localhost", "`incident-portal@localhost`",
            "sender of the portal's mail", "incidents@example.com"),
    Setting("EMERGENCY_CONTACT", text, "", "none",
            "whom to call while Rootly can't be reached: text, with phone numbers or https links",
            "on-call desk: +1 555 0100"),
    Setting("DRAFT_DAYS", days, 30.0, "30", "days after which a draft that nobody touched goes",
            "30"),
    Setting("METRICS_TOKEN", text, "", "none: `/metrics` is off",
            "bearer token that `/metrics` asks for", "run: openssl rand -base64 32"),
)  # fmt: skip


@dataclass(slots=True)
class Environment:
    """Reads the table. `wrong` collects what could not be used; a default stands in for it."""

    source: environ.FileAwareEnv
    wrong: list[Wrong] = field(default_factory=list)

    @classmethod
    def load(cls, dotenv: Path) -> Environment:
        """The process's environment, completed from `dotenv` where that file exists."""
        if dotenv.is_file():
            environ.FileAwareEnv.read_env(dotenv)
        return cls(environ.FileAwareEnv())

    def values(self) -> dict[str, Any]:
        """Every setting's value, by name."""
        return {setting.name: self._value(setting) for setting in SETTINGS}

    def _value(self, setting: Setting) -> Any:
        try:
            raw = self.source.str(setting.name, default="")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not text"
            self._report(setting, f"{setting.name}_FILE names a file that can't be read: {reason}.")
            return setting.default
        if not raw.strip():
            return setting.default
        try:
            return setting.read(raw)
        except UnusableError as error:
            self._report(setting, f"{setting.name} {error}.")
            return setting.default

    def _report(self, setting: Setting, sentence: str) -> None:
        command = setting.example.removeprefix("run: ")
        value = setting.example if command == setting.example else f'"$({command})"'
        hint = f"Set, for example, {setting.name}={value}"
        self.wrong.append(Wrong(setting.name, sentence, hint))
