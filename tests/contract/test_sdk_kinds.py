"""The registry has every kind that Rootly's SDK 3.0.1 knows."""

from __future__ import annotations

from rootly_sdk.models.form_field_input_kind import FORM_FIELD_INPUT_KIND_VALUES
from rootly_sdk.models.form_field_kind import FORM_FIELD_KIND_VALUES
from rootly_sdk.models.form_field_value_kind import FORM_FIELD_VALUE_KIND_VALUES

from incidentportal.formengine.kinds import BUILT_INS, INPUT_KINDS, VALUE_KINDS


def test_every_kind_of_field_is_known() -> None:
    assert FORM_FIELD_KIND_VALUES - {"custom"} == set(BUILT_INS) - {"parent_incident"}


def test_every_input_kind_and_value_kind_is_known() -> None:
    assert set(INPUT_KINDS) == FORM_FIELD_INPUT_KIND_VALUES
    assert set(VALUE_KINDS) == FORM_FIELD_VALUE_KIND_VALUES
