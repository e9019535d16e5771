"""Where Rootly is and how to speak with it: checked once, before the first call."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, cast, get_args
from urllib.parse import SplitResult, urlsplit

Dialect = Literal["jsonapi", "plain"]
DIALECTS: tuple[str, ...] = get_args(Dialect)
DEFAULT_PORTS = {"http": 80, "https": 443}


class ConfigError(ValueError):
    """A setting that can't be used: which one, and a sentence that says what to type."""

    def __init__(self, setting: str, sentence: str) -> None:
        super().__init__(f"{setting}: {sentence}")
        self.setting = setting
        self.sentence = sentence


class Token:
    """A bearer token that shows itself only where it is asked to."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The token itself, for the one header that carries it."""
        return self._value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Token) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "Token(…)"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait for a connection, for each read, each write and a place in the pool.

    `total` bounds a whole call: without it a server that drips its answer would hold it for ever.
    """

    connect: float = 5.0
    read: float = 20.0
    write: float = 10.0
    pool: float = 5.0
    total: float = 25.0


@dataclass(frozen=True, slots=True)
class ClientConfig:
    """All that a client needs; made by `create`, which judges it."""

    base_url: str
    token: Token
    dialect: Dialect = "jsonapi"
    insecure_hosts: frozenset[str] = frozenset()
    timeouts: Timeouts = field(default_factory=Timeouts)

    @classmethod
    def create(
        cls,
        base_url: str,
        token: str,
        dialect: str = "jsonapi",
        *,
        insecure_hosts: Iterable[str] = (),
        timeouts: Timeouts | None = None,
    ) -> ClientConfig:
        """Check the settings and put them together; raises `ConfigError`.

        `insecure_hosts` are the hosts besides loopback that may be spoken to over `http://`.
        """
        url = canonical_url(base_url)
        hosts = frozenset(host.strip().lower().strip("[]") for host in insecure_hosts)
        _check_secure(url, hosts)
        if dialect not in DIALECTS:
            raise ConfigError("ROOTLY_API_DIALECT", f"must be {' or '.join(DIALECTS)}.")
        return cls(
            base_url=url,
            token=_checked_token(token),
            dialect=cast("Dialect", dialect),
            insecure_hosts=hosts,
            timeouts=timeouts or Timeouts(),
        )


def canonical_url(url: str) -> str:
    """One spelling for one upstream: lower case, no default port, no trailing slash.

    Raises `ConfigError` for what is no usable base URL.
    """
    parts = _split(url.strip())
    scheme, host = parts.scheme.lower(), (parts.hostname or "").lower()
    if ":" in host:
        host = f"[{host}]"
    port = "" if parts.port in (None, DEFAULT_PORTS[scheme]) else f":{parts.port}"
    return f"{scheme}://{host}{port}{parts.path.rstrip('/')}"


def same_upstream(one: str, other: str) -> bool:
    """Whether two URLs name one upstream; what is no URL equals only itself."""
    try:
        return canonical_url(one) == canonical_url(other)
    except ConfigError:
        return one == other


def _split(url: str) -> SplitResult:
    example = "Type it as in https://api.rootly.com/v1."
    if not url:
        raise ConfigError("ROOTLY_API_URL", f"is not set. {example}")
    if not re.fullmatch(r"[!-~]+", url):
        raise ConfigError("ROOTLY_API_URL", f"has a space or an unusual character. {example}")
    try:
        parts = urlsplit(url)
        usable = parts.scheme.lower() in DEFAULT_PORTS and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ConfigError("ROOTLY_API_URL", f"is not an http or https address. {example}")
    if parts.username is not None or parts.query or parts.fragment:
        raise ConfigError(
            "ROOTLY_API_URL", f"must hold no credentials, query or fragment. {example}"
        )
    return parts


def _check_secure(url: str, insecure_hosts: frozenset[str]) -> None:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https" or is_loopback(host):
        return
    if host not in insecure_hosts and f"{host}:{parts.port}" not in insecure_hosts:
        raise ConfigError(
            "ROOTLY_API_URL",
            "must begin with https://, or the token would travel in the open. "
            f"If that is meant, add {host} to INSECURE_HTTP_HOSTS.",
        )


def is_loopback(host: str) -> bool:
    """Whether a host name or address never leaves this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _checked_token(token: str) -> Token:
    token = token.strip()
    if not token:
        raise ConfigError("ROOTLY_API_TOKEN", "is not set. Make an API key in Rootly and type it.")
    if not re.fullmatch(r"[!-~]+", token):
        raise ConfigError(
            "ROOTLY_API_TOKEN", "has a space, a line end or an unusual character: copy it again."
        )
    return Token(token)
