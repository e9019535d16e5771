"""Settings are judged before the first call, and complaints say what to type."""

from __future__ import annotations

import pytest

from incidentportal.rootly.config import ClientConfig, ConfigError, canonical_url, same_upstream

URL = "https://api.rootly.com/v1"


@pytest.mark.parametrize(
    "other",
    [
        "https://api.rootly.com/v1/",
        "https://api.rootly.com:443/v1",
        "HTTPS://API.Rootly.com/v1//",
        " https://api.rootly.com/v1\n",
    ],
)
def test_one_upstream_has_one_spelling(other: str) -> None:
    assert canonical_url(other) == URL
    assert same_upstream(URL, other)


@pytest.mark.parametrize(
    "other",
    [
        "http://api.rootly.com/v1",
        "https://api.rootly.com:8443/v1",
        "https://api.rootly.com/V1",
        "https://api.rootly.com/api/v1",
        "https://rootly.com/v1",
        "nonsense",
        "",
    ],
)
def test_other_upstreams_are_told_apart(other: str) -> None:
    assert not same_upstream(URL, other)
    assert same_upstream(other, other)


@pytest.mark.parametrize(
    "url",
    [
        "", "api.rootly.com/v1", "ftp://api.rootly.com", "https://", "https:///v1",
        "https://api rootly.com", "https://api.rootly.com:99999", "https://api.rootly.com:x",
        "https://user:secret@api.rootly.com", "https://@api.rootly.com", "https://[::1",
        "https://api.rootly.com/v1?team=1", "https://api.rootly.com/v1#x", "https://exämple.com",
    ],
)  # fmt: skip
def test_a_url_that_cannot_be_used_is_refused_by_name(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        ClientConfig.create(url, "t")
    assert caught.value.setting == "ROOTLY_API_URL"
    assert "https://api.rootly.com/v1" in caught.value.sentence
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "127.8.9.1", "[::1]", "LOCALHOST:8000", "127.0.0.1:1"]
)
def test_plain_http_is_fine_on_loopback(host: str) -> None:
    assert ClientConfig.create(f"http://{host}/v1", "t").base_url.startswith("http://")


@pytest.mark.parametrize(
    "host",
    ["rootly.test", "10.0.0.1", "localhost.evil.test", "127.0.0.1.evil.test", "0.0.0.0", "[::2]"],
)
def test_plain_http_is_refused_elsewhere(host: str) -> None:
    with pytest.raises(ConfigError, match="INSECURE_HTTP_HOSTS") as caught:
        ClientConfig.create(f"http://{host}/v1", "t", insecure_hosts=["other.test"])
    assert caught.value.setting == "ROOTLY_API_URL"


@pytest.mark.parametrize("listed", ["rootly.test", " Rootly.TEST ", "rootly.test:8080"])
def test_plain_http_is_fine_where_it_was_allowed(listed: str) -> None:
    config = ClientConfig.create("http://rootly.test:8080", "t", insecure_hosts=[listed])
    assert config.base_url == "http://rootly.test:8080"


def test_a_token_from_a_file_may_end_with_a_line() -> None:
    assert ClientConfig.create(URL, " abc\n").token.reveal() == "abc"


@pytest.mark.parametrize("token", ["", "  \n", "a b", "a\nb", "a\x00b", "tökén"])
def test_a_token_that_no_header_can_carry_is_refused_by_name(token: str) -> None:
    with pytest.raises(ConfigError) as caught:
        ClientConfig.create(URL, token)
    assert caught.value.setting == "ROOTLY_API_TOKEN"


def test_an_unknown_dialect_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="jsonapi or plain") as caught:
        ClientConfig.create(URL, "t", "json")
    assert caught.value.setting == "ROOTLY_API_DIALECT"
