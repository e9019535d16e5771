"""Django's settings for `make run`: the portal's own, but that its log is read at a terminal."""

from incidentportal.settings import *  # noqa: F403  # all of them

LOGGING["formatters"]["line"]["readable"] = True  # type: ignore[index]  # noqa: F405  # as above
