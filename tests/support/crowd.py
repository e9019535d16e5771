"""People who declare over HTTP, one after the other, whatever becomes of the server meanwhile."""

from __future__ import annotations

import http.client
import json
import random
import re
import threading
import time
import uuid
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urlencode

from django.core import signing

from tests.support.controls import controls, page_of
from tests.support.processes import Tree, manage

FORM = "/incidents/new/"
SIGN_IN = """
import json
from django.test import Client
from incidentportal.accounts.models import User
keys = []
for number in range({count}):
    client = Client()
    person, _ = User.objects.get_or_create(username=f"person{{number}}")
    client.force_login(person)
    keys.append(client.cookies["sessionid"].value)
print(json.dumps(keys))
"""


def sessions(tree: Tree, count: int) -> list[str]:
    """Session keys of so many people, new or known."""
    done = manage(tree.environment, "shell", "-v", "0", "-c", SIGN_IN.format(count=count))
    assert done.returncode == 0, done.stderr
    keys: list[str] = json.loads(done.stdout)
    return keys


@dataclass
class Sent:
    """A form that was posted at least once: its declaration's id, title, and the statuses of the
    answers; 0 is none.
    """

    pk: uuid.UUID
    title: str
    answers: list[int] = field(default_factory=list)

    @property
    def is_promised(self) -> bool:
        """Whether the portal said that it has it."""
        return 303 in self.answers


class Browser:
    """One signed-in person's, with a connection of its own for each request."""

    def __init__(self, port: int, session: str) -> None:
        self.port = port
        self.cookies = {"sessionid": session}

    def send(self, method: str, path: str, body: str | None = None) -> tuple[int, str]:
        """Status and text; 0 where no whole answer came."""
        wire = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            wire.request(method, path, body, headers)
            answer = wire.getresponse()
            for value in answer.headers.get_all("Set-Cookie") or ():
                name, _, rest = value.partition("=")
                self.cookies[name] = rest.partition(";")[0]
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            wire.close()

    def filled(self, title: str) -> dict[str, list[str]] | None:
        """A new form with this title and the first choice of whatever is required; None: no form
        came.
        """
        status, page = self.send("GET", FORM)
        if status != 200:
            return None
        answers = {**controls(page_of(page), "declaration"), "title": [title]}
        for tag in re.findall(r"<input[^>]*\srequired[^>]*>", page):
            if 'type="radio"' in tag:
                answers.setdefault(_attribute(tag, "name"), [_attribute(tag, "value")])
        return answers


def _identity(carried: str) -> uuid.UUID:
    """The id that a form carries, signed."""
    return uuid.UUID(json.loads(signing.b64_decode(carried.partition(":")[0].encode()))[0])


def _attribute(tag: str, name: str) -> str:
    found = re.search(f'\\s{name}="([^"]*)"', tag)
    assert found, tag
    return unescape(found[1])


class Crowd:
    """So many people, each declaring one thing after the other until told to stop.

    Who gets no answer presses the button again later, or goes away: `chance` decides.
    """

    def __init__(self, tree: Tree, count: int, chance: random.Random) -> None:
        self.sent: list[Sent] = []
        self._port = tree.port
        self._over = threading.Event()
        self._people = [
            threading.Thread(
                target=self._declare, args=(Browser(tree.port, key), chance.randrange(2**32))
            )
            for key in sessions(tree, count)
        ]

    def __enter__(self) -> Crowd:
        for person in self._people:
            person.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for person in self._people:
            person.join()

    def _declare(self, browser: Browser, seed: int) -> None:
        chance = random.Random(seed)
        while not self._over.is_set():
            title = f"Checkout is slow {uuid.UUID(int=chance.getrandbits(128))}"
            answers = browser.filled(title)
            if answers is None:
                time.sleep(0.05)
                continue
            sent = Sent(_identity(answers["declaration"][0]), title)
            self.sent.append(sent)
            is_patient = chance.random() < 0.5
            body = urlencode(answers, doseq=True)
            while True:
                status, _ = browser.send("POST", FORM, body)
                sent.answers.append(status)
                if status == 303 or not is_patient or self._over.is_set():
                    break
                time.sleep(0.05)
