"""Lists are read to their end in every style of paging, and never cut in silence."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from incidentportal.rootly import paging
from incidentportal.rootly.client import Client
from incidentportal.rootly.config import Timeouts
from incidentportal.rootly.errors import Misconfigured, OutcomeUnknown, RootlyError, Unreadable
from tests.rootly.conftest import TOKEN
from tests.rootly.upstream import Line, Upstream, answer, raw


def rows(*ids: object) -> list[dict[str, object]]:
    return [{"id": each, "type": "teams", "attributes": {"name": f"Team {each}"}} for each in ids]


def flat(*ids: object) -> list[dict[str, object]]:
    return [{"id": each, "name": f"Team {each}"} for each in ids]


def page(*ids: object, **rest: Any) -> Any:
    return answer({"data": rows(*ids), **rest})


def ids(client: Client) -> list[str]:
    return [team.id for team in client.teams()]


def queries(upstream: Upstream) -> list[dict[str, str]]:
    return [request.query for request in upstream.requests]


def test_links_lead_through_the_list(upstream: Upstream, client: Client) -> None:
    upstream.will(
        page("a", links={"next": f"{upstream.url}/teams?page%5Bnumber%5D=2&page[size]=1"}),
        page("b", links={"next": {"href": "?page[number]=3"}}),
        page("c", links={"next": None, "prev": "x"}),
    )
    assert ids(client) == ["a", "b", "c"]
    assert [query["page[number]"] for query in queries(upstream)] == ["1", "2", "3"]
    assert queries(upstream)[1]["page[size]"] == "1"


def test_only_a_links_query_is_taken(upstream: Upstream, client: Client) -> None:
    with Upstream() as elsewhere:
        elsewhere.will(page("stolen"))
        foreign = f"{elsewhere.url}/somewhere/else?page[number]=2#fragment"
        upstream.will(page("a", links={"next": foreign}), page("b", links={"next": None}))
        assert ids(client) == ["a", "b"]
        assert elsewhere.requests == [], "the token must never travel to another host"
    assert [request.path for request in upstream.requests] == ["/v1/teams"] * 2
    assert upstream.requests[1].headers["authorization"] == f"Bearer {TOKEN}"


def test_what_a_link_forgets_is_kept(upstream: Upstream, client: Client) -> None:
    field = {"id": 1, "type": "form_fields", "attributes": {}}
    upstream.will(
        answer({"data": [field], "links": {"next": "/v1/form_fields?page[number]=2"}}),
        answer({"data": [{**field, "id": 2}], "links": {"next": None}}),
    )
    assert len(client.form_fields()) == 2
    assert queries(upstream)[1]["include"] == "options,positions"


@pytest.mark.parametrize(
    ("metas", "asked"),
    [
        pytest.param(
            [{"next_page": 2}, {"next_page": "3"}, {"next_page": None}],
            [("page[number]", "1"), ("page[number]", "2"), ("page[number]", "3")],
            id="next_page",
        ),
        pytest.param(
            [{"current_page": n, "total_pages": 3} for n in (1, 2, 3)],
            [("page[number]", "1"), ("page[number]", "2"), ("page[number]", "3")],
            id="total_pages",
        ),
        pytest.param(
            [{"next_cursor": "x y"}, {"next_cursor": "z"}, {"next_cursor": None}],
            [("page[number]", "1"), ("page[after]", "x y"), ("page[after]", "z")],
            id="next_cursor",
        ),
    ],
)
@pytest.mark.parametrize("where", ["meta", "pagination", "top"])
def test_meta_leads_through_the_list(
    upstream: Upstream,
    client: Client,
    metas: list[dict[str, object]],
    asked: list[tuple[str, str]],
    where: str,
) -> None:
    told = [meta if where == "top" else {where: meta} for meta in metas]
    upstream.will(*(page(n, **told[n]) for n in range(3)))
    assert ids(client) == ["0", "1", "2"]
    assert [next(iter(query.items())) for query in queries(upstream)] == asked
    assert all(not ("page[after]" in each and "page[number]" in each) for each in queries(upstream))


def test_a_link_header_leads_through_a_bare_list(upstream: Upstream, client: Client) -> None:
    link = {"Link": '<https://api.example/teams?page=2>; rel="next"'}
    upstream.will(answer(flat(1), headers=link), answer(flat(2)), answer([]))
    assert ids(client) == ["1", "2"]
    assert queries(upstream)[1]["page"] == "2"


def test_a_server_without_paging_is_asked_until_a_page_is_empty(
    upstream: Upstream, client: Client
) -> None:
    upstream.will(answer(flat(*range(25))), answer(flat(*range(25, 50))), answer([]))
    assert len(client.teams()) == 50, "its own idea of a page's size must not cut the list"


def test_a_page_shorter_than_the_first_is_the_last(upstream: Upstream, client: Client) -> None:
    upstream.will(answer({"teams": flat(1, 2)}), answer({"teams": flat(3)}))
    assert ids(client) == ["1", "2", "3"]
    assert len(upstream.requests) == 2


def test_a_server_that_ignores_paging_is_recognised(upstream: Upstream, client: Client) -> None:
    upstream.will(answer(flat(*range(150))))
    assert len(client.teams()) == 150
    assert len(upstream.requests) == 2


@pytest.mark.parametrize("status", [400, 404, 416, 422])
def test_a_refusal_beyond_the_end_is_the_end(
    upstream: Upstream, client: Client, status: int
) -> None:
    upstream.will(answer(flat(1)), answer({"error": "no such page"}, status))
    assert ids(client) == ["1"]


def test_a_refused_list_is_an_error(upstream: Upstream, client: Client) -> None:
    upstream.will(answer({"errors": [{"title": "Not found or unauthorized"}]}, 404))
    with pytest.raises(Misconfigured, match="Not found or unauthorized"):
        client.teams()


def test_a_failure_on_a_later_page_is_an_error(upstream: Upstream, client: Client) -> None:
    upstream.will(page("a", meta={"next_page": 2}), answer({}, 403))
    with pytest.raises(Misconfigured):
        client.teams()


def test_an_empty_list_takes_one_request(upstream: Upstream, client: Client) -> None:
    upstream.will(answer([]))
    assert ids(client) == []
    assert len(upstream.requests) == 1


def test_a_record_that_slips_to_the_next_page_counts_once(
    upstream: Upstream, client: Client
) -> None:
    upstream.will(page("a", "b", meta={"next_page": 2}), page("b", "c", meta={"next_page": None}))
    assert ids(client) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "rest",
    [{"meta": {"next_page": 2}}, {"links": {"next": "?page[after]=x"}}, {"links": {"next": "?"}}],
)
def test_a_page_that_repeats_is_an_error_that_names_the_list(
    upstream: Upstream, client: Client, rest: dict[str, Any]
) -> None:
    upstream.will(page("a", **rest))
    with pytest.raises(Unreadable, match="list teams repeats a page"):
        client.teams()
    assert len(upstream.requests) <= 3


def test_a_list_without_end_is_an_error_that_names_it(
    upstream: Upstream, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "MOST_PAGES", 5)

    def more(line: Line) -> object:
        number = int(line.request.query["page[number]"])
        return page(number, meta={"next_page": number + 1})(line)

    upstream.will(more)
    with pytest.raises(Unreadable, match="list teams does not end after 5 pages"):
        client.teams()


@pytest.mark.parametrize(
    "document",
    [
        {"data": {"id": 1}},
        {"data": None},
        {"teams": {"id": 1}},
        {"teams": None},
        {"one": [], "other": []},
        {"errors": []},
        {},
        None,
        "teams",
        7,
    ],
)
def test_what_is_no_list_is_an_error_that_says_which(
    upstream: Upstream, client: Client, document: Any
) -> None:
    upstream.will(answer(document))
    with pytest.raises(Unreadable, match="list teams is not a list"):
        client.teams()


@pytest.mark.parametrize("link", ["http://[::1", "?" + "&".join(["page[number]=2"] * 2)])
def test_a_broken_link_never_ends_in_another_exception(
    upstream: Upstream, client: Client, link: str
) -> None:
    upstream.will(page("a", links={"next": link}))
    with pytest.raises(RootlyError):
        client.teams()


def test_the_lists_owner_stands_in_the_error(upstream: Upstream, client: Client) -> None:
    upstream.will(answer({}))
    with pytest.raises(Unreadable, match="form_fields/f1/placements"):
        client.placements("f1")


def alert_rows(*ids: object) -> list[dict[str, object]]:
    return [{"id": each, "type": "alerts", "attributes": {"summary": f"A{each}"}} for each in ids]


def test_the_newest_of_a_list_are_read_no_further_than_needed(
    upstream: Upstream, client: Client
) -> None:
    upstream.will(
        answer({"data": alert_rows(1, 2), "links": {"next": "?page[number]=2"}}),
        answer({"data": alert_rows(3, 4), "links": {"next": "?page[number]=3"}}),
        answer({"data": alert_rows(5), "links": {"next": None, "prev": "x"}}),
    )
    found = client.newest_alerts(3, 5.0, words="disk full")
    assert ([alert.id for alert in found], found.is_cut) == (["1", "2", "3"], True)
    assert [query["filter[search]"] for query in queries(upstream)] == ["disk full"] * 2


def test_the_newest_may_be_all_there_is(upstream: Upstream, client: Client) -> None:
    upstream.will(answer({"data": alert_rows(1, 2), "links": {"next": None, "prev": None}}))
    found = client.newest_incidents(2, 5.0)
    assert (len(found), found.is_cut) == (2, False)
    assert queries(upstream)[0]["sort"] == "-created_at"


def test_the_newest_end_with_their_time_and_keep_what_came(
    upstream: Upstream, connect: Callable[..., Client]
) -> None:
    patient = connect(timeouts=Timeouts(total=30.0, read=30.0))
    page_one = answer({"data": alert_rows(1), "links": {"next": "?page[number]=2"}})
    upstream.will(page_one, raw(b"HTTP/1.1 200 OK\r\n", hold=True))
    began = time.monotonic()
    found = patient.newest_alerts(500, 0.3)
    assert ([alert.id for alert in found], found.is_cut) == (["1"], True)
    upstream.will(raw(b"HTTP/1.1 200 OK\r\n", hold=True))
    with pytest.raises(OutcomeUnknown):
        patient.newest_alerts(500, 0.3)
    assert 0.6 <= time.monotonic() - began < 3


def test_the_newest_are_asked_for_once(upstream: Upstream, client: Client) -> None:
    upstream.will(answer({}, 503))
    with pytest.raises(OutcomeUnknown):
        client.newest_alerts(500, 5.0)
    assert len(upstream.requests) == 1
