"""`rotate_keys`: everything under the newest key, whatever happens beside it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command
from django.db.models import TextField
from django.db.models.functions import Cast
from django.test import Client
from pytest_django import Settings

from incidentportal.accounts import rotation, samples
from incidentportal.accounts.encryption import UnreadableError, is_of, keyring
from incidentportal.accounts.models import EncryptionKey, User
from incidentportal.accounts.rotation import rotate
from incidentportal.accounts.sealed import Sealed, sealable
from incidentportal.declarations.models import Attempt, Declaration
from tests.accounts.test_encryption import new_key
from tests.support.declarations import make_declaration

pytestmark = [pytest.mark.store, pytest.mark.django_db(transaction=True)]
SECRET = {"title": "A theft", "private": True}
OLD, NEW = new_key(), new_key()


@pytest.fixture(autouse=True)
def old_key(settings: Settings) -> None:
    """What is made in these tests is sealed with the old key first."""
    samples._known.clear()
    settings.FIELD_ENCRYPTION_KEYS = [OLD]


def private(author: User) -> Declaration:
    row = make_declaration(author, payload=SECRET, title="A theft")
    Attempt.objects.create(declaration=row, claim=1, private=True, sentence="Sent")
    return row


def are_all_of_the_newest(model: type[Declaration | Attempt]) -> bool:
    texts = [
        text
        for name in sealable(model)
        for text in model._base_manager.filter(private=True)
        .annotate(it=Cast(name, TextField()))
        .values_list("it", flat=True)
    ]
    assert texts
    return all(is_of(keyring().newest, text) for text in texts)


def test_everything_is_read_with_the_new_key_alone_afterwards(
    reporter: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "BATCH", 2)
    rows = [private(reporter) for _ in range(5)]
    public = make_declaration(reporter, title="In clear")
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    said = io.StringIO()
    call_command("rotate_keys", stdout=said)
    assert "Encrypted anew: 55. All 55 private texts were read back" in said.getvalue()
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert samples.problems() == []
    assert {row.title for row in Declaration.objects.filter(private=True)} == {"A theft"}
    assert {each.sentence for each in rows[0].attempts.all()} == {"Sent"}
    assert are_all_of_the_newest(Declaration)
    assert are_all_of_the_newest(Attempt)
    public.refresh_from_db()
    assert public.title == "In clear"
    assert rotate().resealed == 0, "a second run finds nothing to do"


def test_a_key_that_is_dropped_too_early_is_told_and_forgotten_only_after_rotation(
    reporter: User, settings: Settings
) -> None:
    assert samples.problems() == [], "nothing is encrypted: no key is needed"
    private(reporter)
    old = keyring().newest.fingerprint
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    (problem,) = samples.problems()
    assert f"fingerprint {old}" in problem
    assert "rotate_keys" in problem
    assert json.loads(Client().get("/readyz").content)["missing"]["keys"] == problem
    with pytest.raises(CommandError, match=r"reads \(declarations: 10, attempts: 1\)"):
        call_command("rotate_keys", stdout=io.StringIO())
    assert len(samples.problems()) == 1, "the sample stays"
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    assert samples.problems() == [], "what came to nothing asks for no key"
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    call_command("rotate_keys", stdout=io.StringIO())
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert samples.problems() == []
    assert "keys" not in json.loads(Client().get("/readyz").content)["missing"]


def test_an_earlier_secret_is_named_as_such(reporter: User, settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = []
    private(reporter)
    settings.SECRET_KEY = "another" * 10
    (problem,) = samples.problems()
    assert "SECRET_KEY_FALLBACKS" in problem


def test_it_can_be_interrupted_and_run_again(
    reporter: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "BATCH", 1)
    for _ in range(3):
        private(reporter)
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]

    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotate(interrupt)
    assert not are_all_of_the_newest(Declaration)
    assert [row.title for row in Declaration.objects.all()] == ["A theft"] * 3
    result = rotate()
    assert result.is_complete
    assert result.resealed == 23
    assert are_all_of_the_newest(Declaration)


def test_what_a_worker_writes_meanwhile_is_not_overwritten(
    reporter: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = private(reporter)
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    between(monkeypatch, lambda: write_with([NEW, OLD], settings, row))
    result = rotate()
    row.refresh_from_db()
    assert row.sentence == "Written meanwhile"
    assert result.is_complete
    assert are_all_of_the_newest(Declaration)


def test_what_is_written_with_the_old_key_meanwhile_is_encrypted_anew_in_another_round(
    reporter: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = private(reporter)
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    between(monkeypatch, lambda: write_with([OLD], settings, row))
    assert rotate().is_complete
    row.refresh_from_db()
    assert row.sentence == "Written meanwhile"
    assert are_all_of_the_newest(Declaration)


def between(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Have something happen between reading the first row and writing it."""
    kept = rotation._reseal_row
    left = [happens]

    def reseal_row(*arguments: object) -> int:
        if left:
            left.pop()()
        return kept(*arguments)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(rotation, "_reseal_row", reseal_row)


def write_with(keys: list[str], settings: Settings, row: Declaration) -> None:
    usual = settings.FIELD_ENCRYPTION_KEYS
    settings.FIELD_ENCRYPTION_KEYS = keys
    Declaration.objects.filter(pk=row.pk).update(sentence=Sealed("Written meanwhile"))
    settings.FIELD_ENCRYPTION_KEYS = usual


def test_a_sample_is_kept_for_each_key_that_seals_and_holds_no_key(
    reporter: User, settings: Settings
) -> None:
    make_declaration(reporter)
    assert not EncryptionKey.objects.exists(), "a public row needs none"
    private(reporter)
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    private(reporter)
    kept = list(EncryptionKey.objects.values_list("fingerprint", "sample"))
    assert len(kept) == 2
    assert OLD not in str(kept)
    assert NEW not in str(kept)


def test_the_damaged_are_counted_and_the_rest_is_done(reporter: User, settings: Settings) -> None:
    damaged, sound = private(reporter), private(reporter)
    settings.FIELD_ENCRYPTION_KEYS = [new_key()]
    Declaration.objects.filter(pk=damaged.pk).update(title=Sealed("lost"))
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    result = rotate()
    assert result.unreadable == {"declarations": 1}
    assert result.forgotten == []
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    sound.refresh_from_db()
    assert sound.title == "A theft"
    with pytest.raises(UnreadableError):
        damaged.refresh_from_db()
