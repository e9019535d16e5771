"""The portal as a WSGI application."""

import os
from collections.abc import Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

from incidentportal.declarations import patience
from incidentportal.portal.logs import begin
from incidentportal.portal.startup import open_only_what_exists

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "incidentportal.settings")

begin("web")
_django = get_wsgi_application()
open_only_what_exists()
patience.of_a_web_process()
_process_environment = frozenset(os.environ)


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Serve a request, without the process's own environment.

    Servers copy `os.environ` into each request, as CGI did; there it would lie beside what error
    pages and reports show of the request, the token for Rootly included.
    """
    for name in _process_environment & environ.keys():
        if environ[name] == os.environ.get(name):
            del environ[name]
    return _django(environ, start_response)
