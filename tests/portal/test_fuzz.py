"""Generated requests to every address: never a failure, and nothing stored that can't be read.

`FUZZ_REQUESTS` says how many; `make fuzz` sends 10,000.
"""

from __future__ import annotations

import os
import re
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import pytest
from django.http import HttpResponse
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from incidentportal.accounts.models import User
from incidentportal.catalog import connection, current
from incidentportal.declarations import identity, queue, start_links
from incidentportal.declarations.models import Declaration
from incidentportal.formengine.definition import Forms
from incidentportal.presets.forms import forms_of
from incidentportal.presets.models import Change
from tests.presets.conftest import make_preset, setting
from tests.support.addresses import routes
from tests.support.controls import controls, page_of
from tests.support.people import PageClient, Person
from tests.support.sandbox import Sandbox

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "600"))
BATCH = 20
ROUTES = routes()
FIXED = ("/", "/healthz", "/readyz", "/metrics", "/static/portal/portal.css", "/static/../x")
SIGNS = ("nobody", "reporter", "admin")
ACTIONS = ("hold", "release", "refresh", "learn-again", "retry", "give-up", "nonsense")
TOKEN = "csrfmiddlewaretoken"
FORM = "application/x-www-form-urlencoded"
BOUNDARY = "fuzz"
OTHERS = ("declaration", "form_state", "search", "update", "suggest", "preview", "field", "page",
          "next", "private", "draft", "login", "password", "sign_in_name", "action", "reason", "of",
          "as", "sign_link", "fix_field", "listed_field", "signed", "preset", "incident_id", "step",
          "e", "q", "o", "p", "all", "_popup", "_to_field", "_changelist_filters")  # fmt: skip
OFTEN = (*["incidents/new/"] * 6, "incidents/new/options/", "operations/act/",
         "operations/declarations/{}/", "presets/link/", "presets/preview/",
         "admin/presets/preset/{}/change/", "admin/presets/preset/{}/field/",
         "admin/presets/preset/history/{}/")  # fmt: skip
"""Where most can go wrong: these again and again."""
OPERATIONS = ("/operations/", "/operations/configuration/", "/presets/link/")

text = st.one_of(
    st.sampled_from([
        "", "0", "1", "2", "-1", "true", "x", "\x00", "\u202e", "\ud800",
        "%00", "../..", "<script>",
        "day", "ever", "payments",
        "ß" * 300, "9" * 400, "2026-02-30", "2026-01-31T10:00", "a=b", "a@b.c",
        "1e999", "nan", "[]", "{}",
        '{"snapshot": -1}', '{"kept":{"title":["x"]},"own":["title"]}', "a" * 9000,
    ]),
    st.text(max_size=30),
)  # fmt: skip
methods = st.sampled_from(["GET", "POST", "POST", "POST", "HEAD", "PUT", "DELETE", "OPTIONS",
                           "PATCH", "TRACE", "BREW"])  # fmt: skip
kinds = st.sampled_from([FORM, FORM, FORM, f"multipart/form-data; boundary={BOUNDARY}",
                         "multipart/form-data", "application/json", "text/plain", "",
                         f"{FORM}; charset=utf-16", f"{FORM}; charset=nonsense"])  # fmt: skip
headers = st.dictionaries(
    st.sampled_from([
        "HX-Request", "HX-Trigger", "HX-Boosted", "HX-Current-URL", "Accept", "Accept-Language",
        "Accept-Encoding", "Cookie", "Referer", "Origin", "X-Forwarded-For", "X-Forwarded-Proto",
        "X-Forwarded-Host", "If-Modified-Since", "Range", "X-Requested-With", "X-CSRFToken",
    ]),
    st.one_of(st.sampled_from(["true", "waiting", "*", "gzip", "sessionid=x", "bytes=0-1"]),
              st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=20)),
    max_size=3,
)  # fmt: skip


class Sent(NamedTuple):
    """One request; `answers` are by place in the list of known names, so that they fit any form."""

    who: str
    route: int
    parts: tuple[str, ...]
    method: str
    kind: str
    query: tuple[tuple[int | str, str], ...]
    answers: tuple[tuple[int | str, str], ...]
    raw: bytes
    is_whole: bool
    is_as_shown: bool
    headers: tuple[tuple[str, str], ...]


WHOLE = Sent(
    "reporter", len(ROUTES) + len(FIXED), ("", "", ""), "POST", FORM, (), (), b"",
    is_whole=True, is_as_shown=False, headers=(),
)  # fmt: skip
"""What declares, if `route` names the form: `OFTEN` begins there."""
names = st.one_of(st.integers(0, 1000), st.integers(0, 1000), text)
pairs = st.lists(st.tuples(names, text), max_size=6).map(tuple)
requests = st.builds(
    Sent,
    who=st.sampled_from(SIGNS),
    route=st.integers(0, 10_000),
    parts=st.lists(text, min_size=3, max_size=3).map(tuple),
    method=methods,
    kind=kinds,
    query=pairs,
    answers=pairs,
    raw=st.one_of(st.just(b""), st.just(b""), st.binary(max_size=40)),
    is_whole=st.booleans(),
    is_as_shown=st.booleans(),
    headers=headers.map(lambda found: tuple(found.items())),
)


class Fuzzed:
    """The portal under fire: browsers of each kind, and what is known of its form."""

    def __init__(self, people: dict[str, User]) -> None:
        self.people = people
        self.sent = 0
        self.seen: set[str] = set()
        catalog = current.current()
        assert catalog is not None
        self.forms: Forms = forms_of(catalog)
        fields = list(self.forms.by_name)
        self.link = start_links.sign({"title": ["Fuzz"]}, ["title"], None)
        self.preset = make_preset(setting("Severity", "SEV1 Critical", locked=True))
        self.begin()
        shown = {name for at in OFTEN[6:] for name in self._shown(at)}
        self.names = [
            *fields, *(f"{name}__q" for name in fields[:20]), *OTHERS, *OTHERS, *sorted(shown),
        ]  # fmt: skip

    def begin(self) -> None:
        """All are there and signed in: they may have signed out, and admins delete people. Nothing
        is sent: an admin may have let it go on.
        """
        for person in self.people.values():
            person.save()
        self.preset.save()
        queue.hold(connection.upstream(), "Held for a test.")
        self.clients = {who: self._client(who) for who in SIGNS}

    def _client(self, who: str) -> Client:
        client = Client()
        if who in self.people:
            client.force_login(self.people[who])
        return client

    def _shown(self, template: str) -> set[str]:
        """The names of the controls that an admin's page has."""
        found = self.clients["admin"].get(self._at(template, [self._known(template)]))
        return set(re.findall(r'name="([^"]+)"', found.content.decode()))

    def _known(self, template: str) -> str:
        """What often stands in an address's varying part: a row that exists."""
        if "history/{}" in template:
            return str(Change.objects.values_list("pk", flat=True).last())
        if template.startswith("admin/presets/preset/"):
            return str(self.preset.pk)
        row = Declaration.objects.values_list("pk", flat=True).first()
        return str(row or "00000000-0000-4000-8000-000000000000")

    @staticmethod
    def _at(template: str, parts: list[str]) -> str:
        return "/" + template.format(*(parts * template.count("{}"))[: template.count("{}")])

    def address(self, sent: Sent) -> str:
        """Nearly always one that exists; its varying parts often a row that does."""
        at = sent.route % (len(ROUTES) + len(FIXED) + 5 * len(OFTEN))
        if len(ROUTES) <= at < len(ROUTES) + len(FIXED):
            return FIXED[at - len(ROUTES)]
        often = OFTEN[(at - len(ROUTES) - len(FIXED)) % len(OFTEN)]
        template = ROUTES[at][0] if at < len(ROUTES) else often
        is_known = sent.is_whole or at >= len(ROUTES)
        parts = [self._known(template)] if is_known else [_quoted(part) for part in sent.parts]
        return self._at(template, parts)

    def name(self, given: int | str) -> str:
        return self.names[given % len(self.names)] if isinstance(given, int) else given

    def body(self, sent: Sent) -> bytes:
        pairs = [(self.name(name), value) for name, value in sent.answers]
        if "operations/" in self.address(sent) and sent.is_as_shown:
            pairs.append(("action", ACTIONS[sent.route % len(ACTIONS)]))
        elif sent.is_whole and sent.who in self.people:
            pairs += self._whole(self.people[sent.who], by_link=sent.is_as_shown)
        elif sent.is_as_shown and sent.method == "POST":
            pairs += self._as_shown(sent)
        if sent.kind.endswith(BOUNDARY):
            head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="'
            parts = [f'{head}{name}"\r\n\r\n{value}\r\n' for name, value in pairs]
            return "".join([*parts, f"--{BOUNDARY}--"]).encode("utf-8", "surrogatepass") + sent.raw
        return urlencode(_bytes(pairs)).encode() + sent.raw

    def _as_shown(self, sent: Sent) -> list[tuple[str, str]]:
        """What the page itself would post, apart from what was generated."""
        if not self.address(sent).startswith(("/admin/presets/", "/presets/")):
            return []
        page = self.clients[sent.who].get(self.address(sent))
        if page.streaming or page.status_code != 200 or TOKEN.encode() not in page.content:
            return []
        forms = page_of(page.content.decode()).iter("form")
        found = [controls(form, TOKEN) for form in forms if form.get("method") == "post"]
        given = {self.name(name) for name, _ in sent.answers}
        rest = {name: all_ for name, all_ in max(found, key=len).items() if name not in given}
        return [(name, value) for name, values in rest.items() for value in values]

    def _whole(self, person: User, *, by_link: bool) -> list[tuple[str, str]]:
        """A form that can be declared, if nothing that was generated speaks against it."""
        found = [("title", "Fuzz"), ("declaration", identity.new(person))]
        if by_link:
            found.append(("start_link", self.link))
        for state in self.forms.definitions[0].fields:
            options = list(state.options or ())[:1]
            if options and state.control == "choice":
                found.append((state.name, options[0].id))
        return found

    def send(self, sent: Sent) -> None:
        """Send it; no answer may be a failure of the portal."""
        if not User.objects.filter(pk=self.people["admin"].pk).exists():
            self.begin()
        client = self.clients[sent.who]
        query = urlencode(_bytes([(self.name(name), value) for name, value in sent.query]))
        address = self.address(sent)
        self.seen.add(address.partition("?")[0])
        own = {name: value for name, value in sent.headers if name != "Cookie"}
        response = client.generic(
            sent.method, address, self.body(sent), content_type=sent.kind,
            query_params=None, headers=own, QUERY_STRING=query,
        )  # fmt: skip
        self.sent += 1
        assert response.status_code < 500 or response.status_code == 503, (address, sent)
        if response.streaming:
            b"".join(response)
        response.close()
        _read_back(response)


def _read_back(response: Any) -> None:
    assert isinstance(response, HttpResponse) or response.streaming
    for name, value in response.headers.items():
        assert "\n" not in f"{name}{value}"


def _quoted(part: str) -> str:
    return quote(part.encode("utf-8", "surrogatepass"), safe="")[:300] or "x"


def _bytes(pairs: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("utf-8", "surrogatepass"), value.encode("utf-8", "surrogatepass"))
            for name, value in pairs]  # fmt: skip


def _all_can_be_read(known: Fuzzed) -> None:
    """Every new row is loaded whole, and its pages are pages."""
    for row in Declaration.objects.order_by("-submitted_at")[:5]:
        assert row.title is not None
        assert isinstance(row.answers, dict)
        assert isinstance(row.payload, dict)
        client = PageClient()
        client.force_login(row.author)
        assert client.get(f"/declarations/{row.pk}/").status_code == 200
    for who in ("reporter", "admin"):
        client = PageClient()
        client.force_login(known.people[who])
        for address in ("/", "/declarations/"):
            assert client.get(address).status_code == 200


@pytest.fixture
def fuzzed(connected: Sandbox, make_person: Person) -> Fuzzed:
    """Deliveries are held: what is declared stays here."""
    queue.hold(connection.upstream(), "Held for a test.")
    people = {
        "reporter": make_person(),
        "admin": make_person("ada", "admin", is_staff=True, is_superuser=True),
    }
    return Fuzzed(people)


def test_no_request_makes_the_portal_fail(fuzzed: Fuzzed) -> None:
    @settings(
        max_examples=max(1, REQUESTS // BATCH), deadline=None, database=None,
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(batch=st.lists(requests, min_size=BATCH, max_size=BATCH))
    def fire(batch: list[Sent]) -> None:
        fuzzed.begin()
        for sent in batch:
            fuzzed.send(sent)
        fuzzed.begin()
        _all_can_be_read(fuzzed)

    for by_link in (True, False):  # as those that are generated, without anything against it
        fuzzed.send(WHOLE._replace(is_as_shown=by_link))
    assert Declaration.objects.count() == 2, "the fuzz reaches the database"
    fire()
    for address in OPERATIONS:
        assert fuzzed.clients["admin"].get(address).status_code == 200
    assert fuzzed.sent >= REQUESTS
    assert len(fuzzed.seen) > 20


def test_the_walk_finds_the_addresses() -> None:
    found = {template for template, _ in ROUTES}
    assert {"", "incidents/new/", "declarations/{}/", "admin/login/"} <= found
    assert any(template.startswith("admin/presets/") for template in found)
