"""How lines are logged: as JSON, or readable (`make run`, DEBUG); and what must not reach a log,
however talkative it is set.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from contextvars import ContextVar

import structlog
from django.http import HttpRequest
from structlog.typing import EventDict, WrappedLogger

from incidentportal.declarations.frames import frames

WITH_DECLARATION = frozenset({"declaration", "act", "operations_declaration"})
"""Views whose address names a declaration."""
REQUEST: ContextVar[HttpRequest | None] = ContextVar("request", default=None)
"""The request that is being answered."""

_log = logging.getLogger(__name__)
_role = "command"


class WithoutContext(logging.Filter):
    """For `django.template`, whose debug lines about a missing variable come with an exception that
    shows the whole context: what somebody typed, private or not. The line stays, the rest goes.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Always true."""
        record.exc_info = None
        return True


def begin(role: str) -> None:
    """This process is the `web` or the `worker`: its lines say so, and what Python itself would
    print (warnings, the end of a thread) becomes lines too.
    """
    global _role  # noqa: PLW0603  # a process has one
    _role = role
    logging.captureWarnings(True)
    threading.excepthook = _thread_ended
    sys.excepthook = _process_ended


def _thread_ended(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_value is not None and not isinstance(ended.exc_value, SystemExit):
        name = ended.thread.name if ended.thread else "?"
        _log.critical("the thread %s ended", name, exc_info=ended.exc_value)


def _process_ended(kind: type[BaseException], error: BaseException, _: object) -> None:
    _log.critical("the process ends", exc_info=error)


def formatter(*, readable: bool) -> logging.Formatter:
    """For the lines of the standard library's loggers and of structlog's alike."""
    return structlog.stdlib.ProcessorFormatter(
        processors=[
            structlog.contextvars.merge_contextvars,
            _add_origin,
            _add_request,
            _add_error,
            *([_as_line] if readable else _AS_JSON),
        ]
    )


def server_formatter(*, readable: bool = False) -> logging.Formatter:
    """For the web server's own lines, in the process that starts those that answer."""
    global _role  # noqa: PLW0603  # as above
    _role = "server"
    return formatter(readable=readable)


def configure() -> None:
    """Have structlog's own loggers hand their lines to the standard library's."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


_AS_JSON = (
    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
    structlog.processors.JSONRenderer(),
)
_stamp = structlog.processors.TimeStamper(fmt="iso", utc=True, key="time")


def _add_origin(logger: WrappedLogger, method: str, line: EventDict) -> EventDict:
    """When, how bad, and who says so."""
    record: logging.LogRecord = line["_record"]
    stamped = _stamp(logger, method, {"level": record.levelname.lower(), "logger": record.name})
    return {
        **stamped,
        "event": line.pop("event"),
        "role": _role,
        "process": os.getpid(),
        "thread": record.threadName,
        **line,
    }


def _add_request(logger: WrappedLogger, method: str, line: EventDict) -> EventDict:
    """Whose request it is, as far as that is known by now: nothing is asked for here.

    Django speaks of an answer when no middleware is at work any more: it hands the request on.
    """
    request = REQUEST.get() or getattr(line["_record"], "request", None)
    if not isinstance(request, HttpRequest):
        return line
    if request_id := getattr(request, "request_id", ""):
        line.setdefault("request_id", request_id)
    user = getattr(request, "_cached_user", None)  # Django's own; looking at `user` would load it
    if user is not None and user.pk is not None:
        line.setdefault("user_id", user.pk)
    match = request.resolver_match
    if match is not None and match.view_name in WITH_DECLARATION:
        line.setdefault("declaration_id", str(match.kwargs["pk"]))
    return line


def _add_error(logger: WrappedLogger, method: str, line: EventDict) -> EventDict:
    """Where it went wrong, never an exception's message."""
    if "caused_by" in line:  # a retry's (stamina): what Python shows of the exception
        line["caused_by"] = str(line["caused_by"]).partition("(")[0]
    found = line.pop("exc_info", None)
    error = found[1] if isinstance(found, tuple) else found
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        line["error"] = frames(error)
    return line


def _as_line(logger: WrappedLogger, method: str, line: EventDict) -> str:
    """For people at a terminal: what they look for first. One line each, whatever stands in it,
    apart from where an error came from.
    """
    record: logging.LogRecord = line["_record"]
    error = line.pop("error", "")
    at = time.strftime("%H:%M:%S", time.localtime(record.created))
    said = " ".join(str(line.get(name, "")) for name in ("request", "code")).strip()
    if not said:
        said = f"{str(line['logger']).removeprefix('incidentportal.')}: {line['event']}"
    told = [
        f"{name}={value}" for name, value in line.items() if name in {"declaration_id", "user_id"}
    ]
    rest = f" ({', '.join([line['role'], *told])})"
    level = "" if line["level"] in {"debug", "info"} else f"{line['level'].upper()} "
    return _visible(f"{at} {level}{said}{rest}") + (f"\n{error}" if error else "")


def _visible(text: str) -> str:
    """With what moves a cursor or ends a line written out."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )
