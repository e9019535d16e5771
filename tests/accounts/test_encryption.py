"""Sealing texts: keys, what is refused, and the model fields."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.db.models import TextField, Value
from django.db.models.functions import Cast
from pytest_django import DjangoAssertNumQueries, Settings

from incidentportal.accounts.encryption import (
    UnreadableError,
    keyed_digest,
    keyring,
    seal,
    unseal,
)
from incidentportal.accounts.models import User
from incidentportal.accounts.sealed import CLEAR, Sealed, sealable
from incidentportal.declarations.models import Attempt, Declaration
from incidentportal.env import UnusableError, Wrong, encryption_keys
from tests.support.declarations import make_declaration

TEXT = "Ein Diebstahl im dritten Stock \ud83d\udd12 \ud800"
SECRET = {"title": "A theft", "private": True}


def new_key() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


def stored(row: Declaration, name: str) -> str:
    """The column's text itself."""
    rows = Declaration.objects.filter(pk=row.pk)
    found = rows.annotate(it=Cast(name, TextField())).values_list("it", flat=True).get()
    return str(found)


def test_what_is_sealed_is_opened_and_shows_nothing() -> None:
    sealed = seal(TEXT)
    assert sealed.startswith("sealed:gAAAA")
    assert "Diebstahl" not in sealed
    assert unseal(sealed) == TEXT
    assert seal(TEXT) != sealed, "equal texts are not to be told by their ciphertext"


def _flipped(sealed: str) -> str:
    token = bytearray(base64.urlsafe_b64decode(sealed.removeprefix("sealed:")))
    token[30] ^= 1
    return "sealed:" + base64.urlsafe_b64encode(bytes(token)).decode()


@pytest.mark.parametrize(
    "broken",
    [_flipped, lambda text: text[:-8], lambda _: "sealed:", lambda _: "sealed:in clear",
     lambda _: "in clear", lambda _: "", lambda text: text + "ü"],
    ids=["a bit", "cut", "empty", "clear", "unmarked", "nothing", "not ascii"],
)  # fmt: skip
def test_what_was_changed_raises(broken: Callable[[str], str]) -> None:
    with pytest.raises(UnreadableError) as raised:
        unseal(broken(seal("A theft")))
    assert "theft" not in str(raised.value)


def test_the_newest_key_seals_and_each_opens(settings: Settings) -> None:
    old, new = new_key(), new_key()
    settings.FIELD_ENCRYPTION_KEYS = [old]
    sealed = seal("x")
    settings.FIELD_ENCRYPTION_KEYS = [new, old]
    assert unseal(sealed) == "x"
    fresh = seal("y")
    settings.FIELD_ENCRYPTION_KEYS = [new]
    assert unseal(fresh) == "y"
    with pytest.raises(UnreadableError):
        unseal(sealed)


def test_without_keys_they_are_derived_and_fallbacks_open_too(settings: Settings) -> None:
    settings.SECRET_KEY = "a" * 50
    sealed = seal("x")
    assert keyring().newest.is_derived
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "b" * 50, ["a" * 50]
    assert unseal(sealed) == "x"
    settings.FIELD_ENCRYPTION_KEYS = [new_key()]
    assert unseal(sealed) == "x", "the first key of one's own must not cost what was there before"
    assert not keyring().newest.is_derived
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(UnreadableError):
        unseal(sealed)


def test_keys_of_either_alphabet_are_taken_and_others_refused_unseen() -> None:
    raw = b"\xfb\xff" * 16
    plain = base64.b64encode(raw).decode()
    assert encryption_keys(f"{plain}, {new_key()}")[0] == base64.urlsafe_b64encode(raw).decode()
    for wrong in ("hunter2", base64.b64encode(b"short").decode(), "ü" * 44, plain[:-1]):
        with pytest.raises(UnusableError) as raised:
            encryption_keys(wrong)
        assert wrong not in str(raised.value)


def test_with_a_malformed_key_nothing_is_sealed_with_another(settings: Settings) -> None:
    settings.SETTINGS_WRONG = [Wrong("FIELD_ENCRYPTION_KEYS", "FIELD_ENCRYPTION_KEYS is odd.", "")]
    with pytest.raises(ImproperlyConfigured, match="FIELD_ENCRYPTION_KEYS is odd"):
        seal("x")


def test_a_digest_is_keyed(settings: Settings) -> None:
    digest = keyed_digest(b"x")
    assert digest == keyed_digest(b"x")
    assert digest != hashlib.sha256(b"x").hexdigest()
    settings.FIELD_ENCRYPTION_KEYS = [new_key()]
    assert keyed_digest(b"x") != digest


def test_neither_keys_nor_values_show_themselves() -> None:
    assert keyring().newest.secret.decode() not in repr(keyring())
    assert "theft" not in repr(Sealed("A theft")) + repr({"title": Sealed("A theft")})
    error = pickle.dumps(UnreadableError())
    assert b"theft" not in error


@pytest.mark.store
@pytest.mark.django_db
def test_a_private_rows_texts_are_sealed_and_read_back_plain(reporter: User) -> None:
    row = make_declaration(reporter, payload=SECRET, title=TEXT[:-1], sentence="")
    for name in sealable(Declaration):
        assert stored(row, name).startswith("sealed:gAAAA"), name
    found = Declaration.objects.get(pk=row.pk)
    assert (found.title, found.payload, found.errors) == (TEXT[:-1], SECRET, {})
    assert Declaration.objects.values_list("payload", flat=True).get() == SECRET
    Declaration.objects.filter(pk=row.pk).update(title=found.sealed("Changed"))
    row.refresh_from_db()
    assert row.title == "Changed"
    row.open_steps = [{"key": "x"}]
    row.save(update_fields=["open_steps"])
    assert stored(row, "open_steps").startswith("sealed:")


@pytest.mark.store
@pytest.mark.django_db
def test_a_public_rows_texts_are_clear_and_can_be_searched(reporter: User) -> None:
    row = make_declaration(reporter, title="Checkout is slow")
    assert stored(row, "title") == "Checkout is slow"
    assert json.loads(stored(row, "payload")) == row.payload
    assert Declaration.objects.filter(title="Checkout is slow").exists()
    assert Declaration.objects.filter(labels=[], title__icontains="checkout").exists()


@pytest.mark.store
@pytest.mark.django_db
@pytest.mark.parametrize("text", ["sealed:", "sealed:gAAAAA nonsense", "clear:sealed:x", CLEAR])
def test_a_public_text_that_looks_sealed_is_only_a_text(reporter: User, text: str) -> None:
    row = make_declaration(reporter, title=text)
    row.refresh_from_db()
    assert row.title == text
    assert not stored(row, "title").startswith("sealed:")


@pytest.mark.store
@pytest.mark.django_db
@pytest.mark.parametrize("name", sealable(Declaration))
@pytest.mark.parametrize("clear", ["SEALED:A theft", "A theft", ""])
def test_the_database_refuses_a_private_text_in_clear(
    reporter: User, name: str, clear: str
) -> None:
    row = make_declaration(reporter, payload=SECRET)
    value = Value(clear, output_field=TextField())
    with pytest.raises(IntegrityError), transaction.atomic():
        Declaration.objects.filter(pk=row.pk).update(**{name: value})
    with pytest.raises(IntegrityError), transaction.atomic():
        Declaration.objects.filter(pk=row.pk).update(title="A theft")
    attempt = Attempt.objects.create(declaration=row, claim=1, private=True, sentence="x")
    with pytest.raises(IntegrityError), transaction.atomic():
        Attempt.objects.filter(pk=attempt.pk).update(sentence="x")


@pytest.mark.store
@pytest.mark.django_db
def test_a_row_that_became_private_meanwhile_is_written_sealed(reporter: User) -> None:
    row = make_declaration(reporter, payload=SECRET)
    rows = Declaration.objects.filter(pk=row.pk)
    assert rows.write(False, sentence="Sent") == 1
    assert stored(row, "sentence").startswith("sealed:")
    assert rows.write(True, sentence="Sent again", failures=3) == 1
    row.refresh_from_db()
    assert (row.sentence, row.failures) == ("Sent again", 3)
    assert rows.filter(claim=99).write(True, sentence="Lost") == 0


@pytest.mark.store
@pytest.mark.django_db
def test_a_damaged_text_raises_and_spares_the_rows_beside_it(reporter: User) -> None:
    damaged = make_declaration(reporter, payload=SECRET)
    make_declaration(reporter, title="Fine")
    _damage(damaged)
    with pytest.raises(UnreadableError):
        Declaration.objects.get(pk=damaged.pk)
    with pytest.raises(UnreadableError):
        list(Declaration.objects.values_list("title", flat=True))
    first, second = Declaration.objects.order_by("-private").tolerant()
    assert second.title == "Fine"
    with pytest.raises(UnreadableError):
        _ = first.title


def _damage(row: Declaration) -> None:
    token = Value("sealed:gAAAAA" + "A" * 60, output_field=TextField())
    Declaration.objects.filter(pk=row.pk).update(title=token)


@pytest.mark.django_db
def test_a_dump_holds_what_the_database_holds_and_can_be_loaded(
    reporter: User, tmp_path: Path
) -> None:
    row = make_declaration(reporter, payload=SECRET, title="A theft")
    other = make_declaration(reporter, title="sealed:off", payload={"title": "x"})
    dump = tmp_path / "dump.json"
    call_command("dumpdata", "declarations.declaration", output=str(dump))
    assert "theft" not in dump.read_text("utf-8")
    Declaration.objects.all().delete()
    call_command("loaddata", str(dump), verbosity=0)
    loaded = Declaration.objects.get(pk=row.pk)
    assert (loaded.title, loaded.payload) == ("A theft", SECRET)
    assert Declaration.objects.get(pk=other.pk).title == "sealed:off"


@pytest.mark.django_db
def test_public_rows_ask_nothing_more_of_the_database(
    reporter: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        row = make_declaration(reporter)
    with django_assert_num_queries(1):
        Declaration.objects.filter(pk=row.pk).write(False, sentence="Sent")
