"""One kept connection, as a browser holds it."""

from __future__ import annotations

import gzip
import http.client
import re
from html import unescape
from urllib.parse import urlencode

FORM = "/incidents/new/"


class Browser:
    """Keeps its connection and its cookies."""

    def __init__(self, port: int, *, session: str = "") -> None:
        self._wire = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._cookies: dict[str, str] = {"sessionid": session} if session else {}

    def send(
        self,
        method: str,
        path: str,
        body: str | bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """The answer's status, headers and body as it came over the wire."""
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        own = {"Accept-Encoding": "gzip"} | ({"Cookie": cookies} if cookies else {})
        self._wire.request(method, path, body, own | (headers or {}))
        answer = self._wire.getresponse()
        for value in answer.headers.get_all("Set-Cookie") or ():
            name, _, rest = value.partition("=")
            self._cookies[name] = rest.partition(";")[0]
        return answer.status, answer.headers, answer.read()

    def get(self, path: str) -> bytes:
        """The body as sent. Asserts that it is there: a redirect is quick and means nothing."""
        status, _, content = self.send("GET", path)
        assert status == 200, (path, status)
        return content

    def page(self, path: str) -> str:
        """A page's text."""
        _, headers, content = self.send("GET", path)
        return _text(headers, content)

    def post(self, path: str, answers: dict[str, str]) -> int:
        """Post a form; the answer's status."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.send("POST", path, urlencode(answers), kind)[0]

    def sign_in(self, name: str) -> None:
        """As the person whose name and password this is."""
        page = self.page("/accounts/login/")
        answers = {"login": name, "password": name} | hidden(page, "csrfmiddlewaretoken")
        assert self.post("/accounts/login/", answers) == 302

    def filled_form(self, title: str) -> dict[str, str]:
        """A new form's answers: the title, and the first choice of whatever is required."""
        page = self.page(FORM)
        answers = {"title": title} | hidden(page, "csrfmiddlewaretoken", "declaration")
        for tag in re.findall(r"<input[^>]*\srequired[^>]*>", page):
            if 'type="radio"' in tag:
                answers.setdefault(_attribute(tag, "name"), _attribute(tag, "value"))
        return answers

    def first_load(self) -> tuple[int, int]:
        """Bytes of the form page and of all files that it names: as the portal sends them, and
        with the page compressed, as a proxy in front does where the portal doesn't.
        """
        _, headers, page = self.send("GET", FORM)
        paths = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', _text(headers, page)))
        assert len(paths) > 2
        files = sum(len(self.get(path)) for path in paths)
        is_compressed = headers["Content-Encoding"] == "gzip"
        return len(page) + files, (len(page) if is_compressed else len(gzip.compress(page))) + files


def _text(headers: http.client.HTTPMessage, content: bytes) -> str:
    is_compressed = headers["Content-Encoding"] == "gzip"
    return (gzip.decompress(content) if is_compressed else content).decode()


def hidden(page: str, *names: str) -> dict[str, str]:
    """The hidden controls of these names."""
    found = {name: re.search(f'name="{name}" value="([^"]+)"', page) for name in names}
    return {name: unescape(match[1]) for name, match in found.items() if match}


def _attribute(tag: str, name: str) -> str:
    found = re.search(f'\\s{name}="([^"]*)"', tag)
    assert found, tag
    return unescape(found[1])
