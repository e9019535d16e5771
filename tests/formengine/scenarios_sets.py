"""Scenarios of form sets: which one is shown, and what becomes of the answers."""

from __future__ import annotations

from incidentportal.rootly.records import FormSetCondition
from tests.formengine.scenario import (
    Scenario,
    Set,
    built_in,
    custom,
    form_set,
    on,
    pick,
    picks,
    sets,
    shown_if,
    when,
)

SEVERITY, KIND = built_in("severity"), built_in("types")
A, B, S = custom("a"), custom("b"), custom("s")
FIXED = custom("r", default_values=("D",))
SEV1 = when("id-severity", "1")
MAIN = form_set("main", on(SEVERITY), on(S), on(A), default=True)
SECOND = form_set("second", on(SEVERITY), on(S), on(B, required=True), conditions=[SEV1])


def one_field(set_id: str, field_id: str, *conditions: FormSetCondition) -> Set:
    """A set with the severity and a field of its own."""
    return form_set(set_id, on(SEVERITY), on(custom(field_id)), conditions=conditions)


UNKNOWN = when("id-severity", "1", comparison="resembles")

FORM_SETS = (
    Scenario(name="no set matches: the default", picture=sets(SECOND, MAIN),
             shown="severity_id s a"),
    Scenario(
        name="a set's condition holds", picture=sets(MAIN, SECOND),
        steps=({"severity_id": "1"},), shown="severity_id s b", required="b", missing="b",
    ),
    Scenario(
        name="answers to fields that both sets have are kept, the others aren't sent",
        picture=sets(MAIN, SECOND),
        steps=({"s": "shared", "a": "only main"}, {"severity_id": "1"}, {"b": "x"}),
        shown="severity_id s b", required="b",
        payload={"severity_id": "1", "s": "shared", "b": "x"},
    ),
    Scenario(
        name="back in the first set its answers are back",
        picture=sets(MAIN, SECOND),
        steps=({"s": "shared", "a": "only main"}, {"severity_id": "1"}, {"severity_id": "0"}),
        shown="severity_id s a",
        payload={"severity_id": "0", "s": "shared", "a": "only main"},
    ),
    Scenario(
        name="of several that match the first in the API's order, and it is reported",
        picture=sets(one_field("one", "a", SEV1), one_field("two", "b", SEV1), MAIN),
        steps=({"severity_id": "1"},), shown="severity_id a", reports="form_sets_overlap",
    ),
    Scenario(
        name="sets for different severities don't overlap",
        picture=sets(MAIN, one_field("one", "b", SEV1),
                     one_field("two", "c", when("id-severity", "0"))),
        steps=({"severity_id": "0"},), shown="severity_id c",
    ),
    Scenario(
        name="all conditions of a set must hold, one of two doesn't",
        picture=sets(MAIN, form_set("two", on(SEVERITY), on(B),
                                    conditions=[SEV1, when("id-types", "y1")]),
                     unplaced=(KIND,)),
        steps=({"severity_id": "1"},), shown="severity_id s a",
    ),
    Scenario(
        name="all conditions of a set must hold, both do",
        picture=sets(
            form_set("main", on(SEVERITY), on(KIND), default=True),
            form_set("two", on(SEVERITY), on(KIND), on(B),
                     conditions=[SEV1, when("id-types", "y1")]),
        ),
        steps=({"severity_id": "1", "incident_type_ids": ["y1"]},),
        shown="severity_id incident_type_ids b",
        payload={"severity_id": "1", "incident_type_ids": ["y1"]},
    ),
    Scenario(
        name="several values of a set's condition: any of them",
        picture=sets(MAIN, one_field("two", "b", when("id-severity", "0", "1"))),
        steps=({"severity_id": "0"},), shown="severity_id b",
    ),
    Scenario(
        name="a set's condition by name",
        picture=sets(MAIN, one_field("two", "b", when("id-severity", "sev1"))),
        steps=({"severity_id": "1"},), shown="severity_id b",
    ),
    Scenario(
        name="a set's condition with a value that is no option never holds",
        picture=sets(MAIN, one_field("two", "b", when("id-severity", "sev9"))),
        steps=({"severity_id": "1"},), shown="severity_id s a", reports="condition_unknown",
    ),
    Scenario(
        name="without a default set the first that has the form",
        picture=sets(one_field("one", "a"), one_field("two", "b")), shown="severity_id a",
    ),
    Scenario(
        name="a set with an unknown comparison is never chosen, and is reported",
        picture=sets(MAIN, one_field("two", "b", UNKNOWN)),
        steps=({"severity_id": "1"},), shown="severity_id s a", reports="condition_unknown",
    ),
    Scenario(
        name="a set whose field Rootly doesn't list is never chosen, and is reported",
        picture=sets(MAIN, one_field("two", "b", when("q", "1"))),
        shown="severity_id s a", reports="condition_unknown",
    ),
    Scenario(
        name="a set without fields on this form is passed over, and is reported",
        picture=sets(form_set("none", conditions=[SEV1]), MAIN),
        steps=({"severity_id": "1"},), shown="severity_id s a", reports="form_empty",
    ),
    Scenario(
        name="a set's condition looks at a field that only another set has",
        picture=sets(form_set("main", on(pick("x")), on(A), default=True),
                     form_set("two", on(A), on(B), conditions=[when("x", "101")])),
        steps=({"x": "101", "a": "kept"}, {"b": "y"}), shown="a b",
        payload={"a": "kept", "b": "y"},
    ),
    Scenario(
        name="a set's condition counts the answer to a field that is hidden now",
        picture=sets(
            form_set("main", on(S), on(pick("x"), shown_if("s", "is_set")), default=True),
            form_set("two", on(B), conditions=[when("x", "101"), when("s", "go")]),
        ),
        steps=({"s": "wait"}, {"x": "101"}, {"s": ""}), shown="s",
    ),
    Scenario(
        name="a set chosen by several answers to one field",
        picture=sets(form_set("main", on(picks("m")), default=True),
                     form_set("two", on(picks("m")), on(B), conditions=[when("m", "102")])),
        steps=({"m": ["101", "102"]},), shown="m b", payload={"m": ["101", "102"]},
    ),
    Scenario(
        name="read-only in one set, the person's own in the other",
        picture=sets(form_set("main", on(pick("x")), on(FIXED, non_editable=True), default=True),
                     form_set("two", on(pick("x")), on(FIXED), conditions=[when("x", "101")])),
        steps=({"x": "101"}, {"r": "mine"}), shown="x r", payload={"x": ["101"], "r": "mine"},
    ),
    Scenario(
        name="read-only in this set, whatever was said in the other",
        picture=sets(form_set("main", on(pick("x")), on(FIXED, non_editable=True), default=True),
                     form_set("two", on(pick("x")), on(FIXED), conditions=[when("x", "101")])),
        steps=({"x": "101"}, {"r": "mine"}, {"x": "102"}), shown="x r",
        payload={"x": ["102"], "r": "D"},
    ),
    Scenario(
        name="back from read-only the person's own is back",
        picture=sets(form_set("main", on(pick("x")), on(FIXED, non_editable=True), default=True),
                     form_set("two", on(pick("x")), on(FIXED), conditions=[when("x", "101")])),
        steps=({"x": "101"}, {"r": "mine"}, {"x": "102"}, {"x": "101"}), shown="x r",
        payload={"x": ["101"], "r": "mine"},
    ),
)  # fmt: skip
