"""What the environment says of mail, sessions and limits."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from incidentportal.env import SETTINGS, UnusableError

READERS = {setting.name: setting.read for setting in SETTINGS}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp+tls://me:p%40ss@mail.example.com", ("mail.example.com", 587, "p@ss", True, None)),
        ("smtp+ssl://me:x@mail.example.com:4650", ("mail.example.com", 4650, "x", None, True)),
        ("smtp://localhost", ("localhost", 25, None, None, None)),
    ],
)
def test_a_mail_server_is_one_address(url: str, expected: tuple[object, ...]) -> None:
    found = READERS["EMAIL_URL"](url)
    names = ("HOST", "PORT", "HOST_PASSWORD", "USE_TLS", "USE_SSL")
    assert tuple(found.get(f"EMAIL_{name}") for name in names) == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EMAIL_URL", "mail.example.com"),
        ("EMAIL_URL", "https://me:hunter2@mail.example.com"),
        ("EMAIL_URL", "smtp://me:hunter2@mail.example.com:many"),
        ("EMAIL_URL", "smtp://"),
        ("SESSION_IDLE", "0"),
        ("SESSION_LIMIT", "a week"),
        ("THROTTLE_DECLARATIONS", "0"),
        ("THROTTLE_SEARCHES", "1.5"),
        ("ALLOW_SIGNUP", "perhaps"),
    ],
)
def test_a_wrong_value_is_refused_without_showing_a_password(name: str, value: str) -> None:
    with pytest.raises(UnusableError) as refusal:
        READERS[name](value)
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize(
    ("url", "backend", "host"),
    [
        ("", "django.core.mail.backends.dummy.EmailBackend", "localhost"),
        ("smtp://mail.test", "django.core.mail.backends.smtp.EmailBackend", "mail.test"),
    ],
)
def test_django_sends_as_the_address_says(url: str, backend: str, host: str) -> None:
    code = (
        "import json; from django.conf import settings as s;"
        "print(json.dumps([s.EMAIL_IS_ON, s.EMAIL_BACKEND, s.EMAIL_HOST]))"
    )
    environment = {
        **os.environ,
        "EMAIL_URL": url,
        "DJANGO_SETTINGS_MODULE": "incidentportal.settings",
    }
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == [bool(url), backend, host]
