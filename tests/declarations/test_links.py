"""Where a link to an incident may lead."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from incidentportal.declarations.links import LONGEST_LINK, safe_link

ANYWHERE = [
    "https://rootly.com/incidents/12-down", "https://rootly.com", "https://rootly.com:8443/x",
    "https://ROOTLY.com/X?a=1#b", "https://xn--bcher-kva.example/x", "https://192.0.2.7/x",
    "https://[2001:db8::1]/x", "http://127.0.0.1:8001/x", "http://localhost/x", "http://[::1]:1/x",
    "https://rootly.com/?next=//evil.example", "https://rootly.com/a@b", "https://rootly.com./x",
    "https://rootly.com/%22onmouseover", "https://rootly.com/überblick",
]  # fmt: skip
NOWHERE = [
    "", " ", "x", "/x", "//rootly.com/x", "///rootly.com", "https:", "https:/rootly.com",
    "https:///rootly.com", "https://", "https:rootly.com", "http://rootly.com/x",
    "http://127.0.0.1.evil.example/", "http://127.1/", "http://0x7f.1/", "http://2130706433/",
    "http://0.0.0.0/", "http://localhost.evil.example/", "http://evil.example#127.0.0.1",
    "ftp://rootly.com/", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)",
    "\x01javascript:alert(1)", "javascript://rootly.com/%0aalert(1)", "vbscript:x", "blob:x",
    "data:text/html,<script>alert(1)</script>", "file:///etc/passwd", "view-source:https://x.y",
    "https://user@rootly.com/", "https://user:pass@rootly.com/", "https://@rootly.com/",
    "https://rootly.com@evil.example/", "https://rootly.com%40evil.example/",
    "https://rootly.com\\@evil.example/", "https://evil.example\\.rootly.com/",
    "https:\\\\rootly.com/", "\\\\rootly.com\\x", "https://rootly.com/\\evil.example",
    "https://rootly.com\n.evil.example/", "https://rootly\t.com/", "https://rootly.com /x",
    " https://rootly.com/x", "https://rootly.com/x ", "https://rootly.com/\r\nSet-Cookie: a=b",
    "https://rootly.com/\x00", "https://rootly.com/\u202etxt.exe", "https://rootly.com/\u2028",
    "https://rootly。com/", "https://ｒootly.com/", "https://rootlу.com/", "https://rootly.com／x/",
    "https://evil.example%2f.rootly.com/", "https://evil.example%5c.rootly.com/",
    "https://[broken/", "https://[::1%25eth0]/", "https://rootly.com:99999/", "https://a:b:c/",
    "https://rootly.com:x/", "https://rootly..com/", "https://.rootly.com/", "https://ro(otly.com/",
    "https://rootly.com;evil.example/", "https://rootly.com,evil.example/", "https://*/",
    "https://rootly.com/" + "x" * LONGEST_LINK,
]  # fmt: skip
ELSEWHERE = [
    "https://notrootly.com/x", "https://rootly.com.evil.example/x", "https://evil.example/rootly.com",
    "https://evil.example?rootly.com", "https://evil.example#.rootly.com", "https://com/",
    "https://evil.example/?.rootly.com", "https://evil.example:443/.rootly.com",
    "https://rootly.co/", "https://rootly.comx/", "http://rootly.com/", "https://127.0.0.1/",
]  # fmt: skip


@pytest.mark.parametrize("url", ANYWHERE)
def test_anywhere_on_https(url: str, settings: Settings) -> None:
    settings.ROOTLY_WEB_HOSTS = []
    assert safe_link(url) == url


@pytest.mark.parametrize("hosts", [[], ["rootly.com", "evil.example"]], ids=["any", "named"])
@pytest.mark.parametrize("url", NOWHERE)
def test_nowhere_at_all(url: str, hosts: list[str], settings: Settings) -> None:
    settings.ROOTLY_WEB_HOSTS = hosts
    assert safe_link(url) == ""


@pytest.mark.parametrize("url", ELSEWHERE)
def test_only_to_hosts_that_are_named(url: str, settings: Settings) -> None:
    settings.ROOTLY_WEB_HOSTS = ["rootly.com"]
    assert safe_link(url) == ""
    assert safe_link(url, hosts=("slack.com",)) == ""


@pytest.mark.parametrize("url", ["https://rootly.com/x", "https://eu.ROOTLY.com:8443/x"])
def test_a_named_host_and_what_is_below_it(url: str, settings: Settings) -> None:
    settings.ROOTLY_WEB_HOSTS = ["Rootly.com"]
    assert safe_link(url) == url
    assert safe_link("https://acme.slack.com/x", hosts=("slack.com",))
