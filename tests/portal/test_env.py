"""Settings from the environment."""

from pathlib import Path

import environ
import pytest

from incidentportal.env import SETTINGS, Environment


def load(values: dict[str, str]) -> Environment:
    source = environ.FileAwareEnv()
    source.ENVIRON = environ.fileaware_mapping.FileAwareMapping(values, cache=False)
    return Environment(source)


def test_without_an_environment_every_setting_has_its_default() -> None:
    environment = load({})
    assert environment.values() == {setting.name: setting.default for setting in SETTINGS}
    assert environment.wrong == []


def test_an_empty_value_counts_as_none() -> None:
    assert load({"PORT": " "}).values()["PORT"] == 8000


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "eighty"), ("PORT", "0"), ("DEBUG", "perhaps"), ("SYNC_INTERVAL", "-1"),
     ("SYNC_INTERVAL", "nan"), ("DELIVERY_BACKOFF", "2"), ("DELIVERY_RATE_SHARE", "1.5"),
     ("TIME_ZONE", "Mars/Olympus"), ("DATABASE_URL", "mysql://db/x"), ("DATABASE_URL", "nonsense"),
     ("DATABASE_URL", "postgres://[db/x"), ("CACHE_URL", "memcached://x"),
     ("CACHE_URL", "redis://[x"),
     ("FIELD_ENCRYPTION_KEYS", "hunter2"), ("TRUSTED_PROXIES", "10.0.0.0/8, here")],
)  # fmt: skip
def test_a_wrong_value_is_reported_by_name_with_what_to_type(name: str, value: str) -> None:
    environment = load({name: value})
    default = next(setting.default for setting in SETTINGS if setting.name == name)
    assert environment.values()[name] == default
    (wrong,) = environment.wrong
    assert wrong.name == name
    assert wrong.sentence.startswith(name)
    assert f"{name}=" in wrong.hint


def test_a_wrong_secret_is_not_shown() -> None:
    environment = load({"DATABASE_URL": "mysql://user:hunter2@db/x"})
    environment.values()
    assert "hunter2" not in str(environment.wrong)


def test_a_secret_can_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-a-file\n")
    values = load({"ROOTLY_API_TOKEN_FILE": str(tmp_path / "token")}).values()
    assert values["ROOTLY_API_TOKEN"] == "from-a-file"


def test_a_file_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    environment = load({"SECRET_KEY_FILE": str(tmp_path / "missing")})
    environment.values()
    assert "SECRET_KEY_FILE" in environment.wrong[0].sentence
