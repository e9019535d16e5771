"""The id that a form carries."""

import uuid

import pytest

from incidentportal.accounts.models import User
from incidentportal.declarations import identity

RITA, OMAR = User(pk=1), User(pk=2)


def test_it_comes_back_for_the_person_it_was_made_for() -> None:
    pk = uuid.uuid4()
    assert identity.read(identity.sign(pk, RITA), RITA) == pk


def test_every_form_has_its_own() -> None:
    assert identity.read(identity.new(RITA), RITA) != identity.read(identity.new(RITA), RITA)


def test_another_persons_is_none() -> None:
    assert identity.read(identity.new(RITA), OMAR) is None


@pytest.mark.parametrize("broken", ["", "x", "a:b:c", "\x00", "\ud800", "é" * 10_000])
def test_a_broken_one_is_none(broken: str) -> None:
    assert identity.read(broken, RITA) is None


def test_a_tampered_one_is_none() -> None:
    carried = identity.new(RITA)
    assert identity.read(("A" if carried[0] != "A" else "B") + carried[1:], RITA) is None
