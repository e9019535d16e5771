"""The token never appears in a log, a page or the database."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from django.db import connection as database
from pytest_django import Settings

from incidentportal.declarations.models import Declaration
from tests.support.people import PageClient
from tests.support.portal import Form
from tests.support.sandbox import Sandbox

TOKEN = "canary-2b1f9d-in-the-coal-mine"


def everything_stored() -> bytes:
    """The database as it lies on disk, or as the server gives it back."""
    if database.vendor == "sqlite":
        name = database.settings_dict["NAME"]
        return b"".join(path.read_bytes() for path in Path(name).parent.glob(Path(name).name + "*"))
    found = b""
    with database.cursor() as cursor:
        for table in database.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            found += "".join(str(row) for row in cursor.fetchall()).encode()
    return found


@pytest.mark.store
@pytest.mark.parametrize("fault", [{"kind": "status", "status": 401}, {"kind": "drop_after"}, {
    "kind": "status", "status": 302, "headers": {"Location": "http://127.0.0.1:9/"}}, {}],
    ids=["401", "dropped", "redirect", "delivered"])  # fmt: skip
def test_the_token_stays_between_the_portal_and_rootly(
    connected: Sandbox, visitor: PageClient, admin_page: PageClient, settings: Settings,
    caplog: pytest.LogCaptureFixture, fault: dict[str, object],
) -> None:  # fmt: skip
    connected.switch(token=TOKEN)
    settings.ROOTLY_API_TOKEN = TOKEN
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore", "incidentportal"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    if fault:
        connected.fault(**fault, method="POST", path="/incidents$", times=1)  # type: ignore[arg-type]  # by name
    form = Form(visitor)
    response = form.send(**form.filled())
    pages = [response, visitor.get(response["Location"]), admin_page.get("/")]
    assert Declaration.objects.count() == 1
    assert connected.requests()[-1]["headers"]["authorization"] == f"Bearer {TOKEN}"
    assert not [page for page in pages if TOKEN.encode() in page.content]
    assert caplog.records
    assert TOKEN not in caplog.text
    assert not [record for record in caplog.records if TOKEN in repr(record.__dict__)]
    assert TOKEN.encode() not in everything_stored()
