from __future__ import annotations

import multiprocessing

import pytest
from pytest_django import Settings

from incidentportal.catalog import connection
from incidentportal.rootly.config import ConfigError


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("https://API.rootly.com:443/v1/", "https://api.rootly.com/v1"),
        ("http://127.0.0.1:80/api/v1", "http://127.0.0.1/api/v1"),
        ("", ""),
        ("rootly", ""),
    ],
)
def test_the_upstream_has_one_spelling(settings: Settings, given: str, expected: str) -> None:
    settings.ROOTLY_API_URL = given
    assert connection.upstream() == expected


def test_the_client_is_kept_until_settings_change(portal: Settings) -> None:
    first = connection.client()
    assert connection.client() is first
    portal.ROOTLY_API_TOKEN = "another"
    second = connection.client()
    assert second is not first
    connection.close()
    assert connection.client() is not second


def _put_client(queue: multiprocessing.Queue[int]) -> None:
    queue.put(id(connection.client()))


def test_a_forked_process_makes_its_own_client(portal: Settings) -> None:
    mine = connection.client()
    forking = multiprocessing.get_context("fork")
    queue = forking.Queue()
    child = forking.Process(target=_put_client, args=(queue,))
    child.start()
    theirs = queue.get(timeout=10)
    child.join(10)
    assert child.exitcode == 0
    assert theirs != id(mine)
    assert connection.client() is mine


@pytest.mark.parametrize(
    ("changes", "setting"),
    [
        ({"ROOTLY_API_URL": ""}, "ROOTLY_API_URL"),
        ({"ROOTLY_API_URL": "http://rootly.example/v1"}, "ROOTLY_API_URL"),
        ({"ROOTLY_API_TOKEN": ""}, "ROOTLY_API_TOKEN"),
        ({"ROOTLY_API_TOKEN": "two words"}, "ROOTLY_API_TOKEN"),
        ({"ROOTLY_API_DIALECT": "xml"}, "ROOTLY_API_DIALECT"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    portal: Settings, changes: dict[str, str], setting: str
) -> None:
    assert connection.config_problem() is None
    for name, value in changes.items():
        setattr(portal, name, value)
    problem = connection.config_problem()
    assert problem is not None
    assert problem[0] == setting
    with pytest.raises(ConfigError) as raised:
        connection.client()
    assert (raised.value.setting, raised.value.sentence) == problem


def test_a_host_that_may_be_spoken_to_over_http(portal: Settings) -> None:
    portal.ROOTLY_API_URL = "http://rootly.internal/v1"
    portal.INSECURE_HTTP_HOSTS = ["rootly.internal"]
    assert connection.config_problem() is None
