from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time

import httpx
import pytest

from tests.support.sandbox import ROOT, Sandbox


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_and_at_once_while_a_request_hangs(signal_number: signal.Signals) -> None:
    with Sandbox("--fault", '{"kind": "hang", "seconds": 60}') as running:
        connection = socket.create_connection(("127.0.0.1", running.port))
        connection.sendall(b"GET /v1/services HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.1)
        running.process.send_signal(signal_number)
        assert running.process.wait(5) == 0, "it does not wait for a request that hangs"
        connection.close()


def test_the_large_data_set_has_its_sizes() -> None:
    with Sandbox("--size", "large") as running:
        assert len(running.records("services")) == 5_000
        assert len(running.records("users")) == 2_000 + 1
        assert len(running.records("form_field_placement_conditions")) == 120
        default = running.record("form_sets", "Default")["id"]
        placed = [
            each
            for each in running.records("form_field_placements")
            if each["form_set_id"] == default and each["form"] == "web_new_incident_form"
        ]
        assert len(placed) == 60


def test_the_same_start_gives_the_same_ids(sandbox: Sandbox) -> None:
    with Sandbox("--services", "50") as another:
        for name in ("services", "severities", "form_fields", "form_field_options", "users"):
            assert another.records(name)[:40] == sandbox.records(name)[:40]
        assert len(another.records("services")) == 50


def test_flags_are_switches_and_listen_on_loopback_only() -> None:
    with Sandbox("--token", "abc", "--inline-values", "refuse", "--hide-private") as running:
        switches = running.state()["switches"]
        assert switches["token"] == "abc"
        assert switches["inline_values"] == "refuse"
        assert switches["hide_private"] is True
        assert running.url == f"http://127.0.0.1:{running.port}"
        with pytest.raises(OSError, match="refused"):  # any address but the one it is bound to
            socket.create_connection(("127.0.0.2", running.port), timeout=1)


@pytest.mark.parametrize("flag", [["--fault", '{"kind": "x"}'], ["--inline-values", "perhaps"]])
def test_a_wrong_flag_says_what_is_wrong(flag: list[str]) -> None:
    command = [sys.executable, "-m", "incidentportal.sandbox", *flag]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "one of" in ended.stderr or "choose from" in ended.stderr


def test_it_is_down_for_as_long_as_told_even_for_kept_connections(sandbox: Sandbox) -> None:
    with httpx.Client(base_url=sandbox.url) as client:
        for seconds in (0.3, 1, 3, 9):  # longer where this machine is too busy to ask in time
            assert client.get("/").status_code == 200
            began = time.monotonic()
            sandbox.down(seconds)
            refused = _refuses(client)
            in_time = time.monotonic() < began + seconds
            assert refused or not in_time
            sandbox.wait_until_up()
            assert time.monotonic() >= began + seconds
            assert client.get("/").status_code == 200
            if refused:
                break
        assert refused
    assert len(sandbox.records("services")) == 40


def _refuses(client: httpx.Client) -> bool:
    try:
        client.get("/")
    except httpx.ConnectError:
        return True
    return False


def test_it_needs_nothing_of_the_portal() -> None:
    script = (
        "import sys, incidentportal.sandbox.__main__ as _;"
        "print([each for each in sys.modules if each.startswith(('django', 'httpx', 'msgspec'))"
        " or each.startswith('incidentportal.') and '.sandbox' not in each])"
    )
    command = [sys.executable, "-c", script]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
