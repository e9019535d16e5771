"""What Operations says first: what there is to do for an admin, and where."""

from __future__ import annotations

import re
from datetime import timedelta

from django.utils import timezone
from msgspec.structs import replace

from incidentportal.accounts.models import User
from incidentportal.catalog import connection as upstreams
from incidentportal.catalog.models import SyncState
from incidentportal.declarations import queue
from incidentportal.declarations.beat_model import Beat
from incidentportal.declarations.course import SENTENCES, Cause
from incidentportal.declarations.models import Attempt
from incidentportal.declarations.states import State
from tests.portal.test_operations import OTHER, PAGE, text, waiting
from tests.presets.conftest import make_preset, setting
from tests.support.people import PageClient
from tests.support.sandbox import Sandbox


def needed(html: str) -> dict[str, str]:
    """What the page says first that there is to do, by kind."""
    found = re.findall(r'data-need="(\w+)">(.*?)</li>', html, re.DOTALL)
    return {kind: text(said) for kind, said in found}


def test_what_there_is_to_do_stands_first(
    connected: Sandbox, reporter: User, admin_page: PageClient
) -> None:
    beat = Beat.objects.create(host="a", process=1)
    html = admin_page.get(PAGE).content.decode()
    assert (needed(html), "Nothing needs you" in html) == ({}, True)
    beat.delete()
    queue.hold(upstreams.upstream(), SENTENCES[Cause.TOKEN], Cause.TOKEN)
    for _ in range(21):
        waiting(reporter, 20, failures=1)
    late = waiting(reporter, 20, state=State.REJECTED)
    Attempt.objects.create(
        declaration=late, claim=0, finished_at=timezone.now() - timedelta(hours=1)
    )
    just_now = waiting(reporter, 0, state=State.REJECTED)
    Attempt.objects.create(declaration=just_now, claim=0, finished_at=timezone.now())
    for _ in range(2):
        waiting(reporter, 1, state=State.UNCONFIRMED)
    waiting(reporter, 1, upstream=OTHER)
    SyncState.objects.update(error="Rootly answered 500.")
    settings_gone = setting("Severity", "SEV1 Critical")[1]
    make_preset(("severity_id", replace(settings_gone, values=("nowhere",))), name="Pay <now>")
    html = admin_page.get(PAGE).content.decode()
    found = needed(html)
    assert list(found) == [
        "held", "worker", "stuck", "unclear", "returned", "elsewhere", "sync", "presets"
    ]  # fmt: skip
    assert "Set ROOTLY_API_TOKEN to a key that Rootly accepts" in found["held"]
    assert "admins are told" not in text(html), "they read this"
    assert found["stuck"].startswith("21 declarations have waited for Rootly for more than 15")
    assert found["unclear"].startswith("Whether 2 declarations are in Rootly is unclear")
    assert found["returned"].startswith("1 declaration was sent back and left uncorrected")
    assert found["elsewhere"].startswith("1 declaration is meant for another Rootly")
    assert "“Pay <now>”" in found["presets"]
    assert 'href="/operations/configuration/">Mend it' in html
    assert "data-banner" not in html, "nothing is said twice"
    for place in re.findall(r'href="#([\w-]+)"', html.split("data-needs", 1)[1]):
        assert f'id="{place}"' in html
    assert html.index("data-needs") < html.index('id="attention"') < html.index('id="queue"')


def test_what_is_unclear_is_listed_however_much_was_sent_back(
    connected: Sandbox, reporter: User, admin_page: PageClient
) -> None:
    for _ in range(21):
        waiting(reporter, 60, state=State.REJECTED)
    unclear = waiting(reporter, 1, state=State.UNCONFIRMED)
    assert f'data-attention="{unclear.pk}"' in admin_page.get(PAGE).content.decode()
