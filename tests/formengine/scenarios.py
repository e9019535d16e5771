"""Scenarios: a form, what a person does with it, what must come of it.

Run against the pure rules (`test_scenarios.py`) and again through the page over HTTP
(`tests/declarations/test_scenarios_http.py`). `docs/form-rules.md` has the rules in words. Here are
comparisons and visibility; `scenarios_sets.py` and `scenarios_values.py` have the rest.
"""

from __future__ import annotations

from collections.abc import Iterator

from incidentportal.catalog.picture import Picture
from tests.formengine.building import select
from tests.formengine.scenario import (
    Scenario,
    built_in,
    choosing,
    custom,
    form,
    on,
    options,
    pick,
    picks,
    required_if,
    rule,
    shown_if,
    tick,
)
from tests.formengine.scenarios_sets import FORM_SETS
from tests.formengine.scenarios_values import VALUES

NOTE = custom("z")
X = {kind: custom("x", kind) for kind in ("text", "textarea", "number", "date", "tags")}
TICK, PICK, PICKS = tick("x"), pick("x"), picks("x")
ALL = ("101", "102")

# What stands above, the comparison and its values, the answer, and whether the condition holds.
COMPARED = (
    (PICK, ("equal", "101"), "101", True),
    (PICK, ("equal", "101"), "102", False),
    (PICK, ("equal", "101"), None, False),
    (PICK, ("equal", "101", "102"), "102", True),
    (PICK, ("not_equal", "101"), "102", True),
    (PICK, ("not_equal", "101"), "101", False),
    (PICK, ("not_equal", "101"), None, True),
    (PICK, ("not_equal", "101", "102"), "102", False),
    (PICK, ("is_set",), "102", True),
    (PICK, ("is_set",), None, False),
    (PICK, ("is_not_set",), None, True),
    (PICK, ("is_not_set",), "102", False),
    (PICKS, ("equal", "101"), ALL, True),
    (PICKS, ("equal", "101"), "102", False),
    (PICKS, ("not_equal", "101"), ALL, False),
    (PICKS, ("not_equal", "101"), "102", True),
    (PICKS, ("is_set",), ALL, True),
    (PICKS, ("is_not_set",), None, True),
    (X["text"], ("equal", "yes"), "yes", True),
    (X["text"], ("equal", "yes"), "  yes ", True),
    (X["text"], ("equal", "yes"), "Yes", False),
    (X["text"], ("equal", "0"), "0", True),
    (X["text"], ("not_equal", "yes"), None, True),
    (X["text"], ("is_set",), "   ", False),
    (X["text"], ("is_not_set",), " \t", True),
    (X["textarea"], ("equal", "a\nb"), "a\r\nb", True),
    (X["number"], ("equal", "5"), "5.0", True),
    (X["number"], ("equal", "0"), "-0", True),
    (X["number"], ("equal", "5"), "50", False),
    (X["number"], ("is_set",), "0", True),
    (X["number"], ("not_equal", "1200"), "1200.00", False),
    (TICK, ("equal", "1"), "true", True),
    (TICK, ("equal", "true"), "true", True),
    (TICK, ("equal", "true"), None, False),
    (TICK, ("equal", "0"), None, True),
    (TICK, ("equal", "false"), None, True),
    (TICK, ("equal", "0"), "true", False),
    (TICK, ("not_equal", "1"), None, True),
    (TICK, ("not_equal", "false"), None, False),
    (TICK, ("is_set",), "true", True),
    (TICK, ("is_set",), None, False),
    (TICK, ("is_not_set",), None, True),
    (X["tags"], ("equal", "db"), "web, db", True),
    (X["tags"], ("equal", "db"), "web\r\ncache", False),
    (X["tags"], ("not_equal", "db"), "web, db", False),
    (X["date"], ("equal", "2026-01-31"), "2026-01-31", True),
    (X["date"], ("is_not_set",), "2026-01-31", False),
    (choosing("x", "user"), ("equal", "7"), "7", True),
    (choosing("x", "user"), ("equal", "ADA@example.com"), "7", True),
    (choosing("x", "service"), ("equal", "checkout-api"), "12", True),
    (choosing("x", "service"), ("equal", "12"), "13", False),
    (choosing("x", "catalog_entity", value_kind_catalog_id="cat"), ("equal", "berlin"), "n1", True),
    (choosing("x", "group"), ("not_equal", "platform"), "t1", False),
    (select("x", options=options("0", "7", a="0")), ("equal", "0"), "0", True),
    (select("x", options=options("0", "7", a="0")), ("equal", "0"), "a", False),
    (select("x", options=options(a="Big", b="Big", c="Small")), ("equal", "big"), "b", True),
    (select("x", options=options("01", "1")), ("equal", "1"), "01", False),
)  # fmt: skip


def _compared() -> Iterator[Scenario]:
    for field, (comparison, *values), answer, holds in COMPARED:
        sort = field.value_kind if field.value_kind != "inherit" else field.input_kind
        yield Scenario(
            name=f"{sort}: {answer!r} {comparison} {values}",
            picture=form(on(field), on(NOTE, shown_if("x", comparison, *values))),
            steps=({"x": answer},),
            shown="x z" if holds else "x",
        )


LABELS, EMAILS = built_in("labels"), built_in("notify_emails")
SEVERITY, SERVICES = built_in("severity"), built_in("services")
A, B, C, D = (custom(one) for one in "abcd")


def _operators(*answered: str, both: str, either: str) -> Iterator[Scenario]:
    rules = (shown_if("a", "is_set"), shown_if("b", "is_set"))
    needs = (required_if("a", "is_set"), required_if("b", "is_set"))
    step = dict.fromkeys(answered, "x")
    for operator, shown, required in (("and", both, both), ("", both, both), ("or", either, either),
                                      ("xor", either, both)):  # fmt: skip
        yield Scenario(
            name=f"{answered} joined by {operator!r}",
            picture=form(
                on(A), on(B), on(C, *rules, placement_operator=operator),
                on(D, *needs, required_operator=operator),
            ),
            steps=(step,),
            shown=f"a b {shown} d".replace("  ", " "),
            required="d" if required else "",
            missing="d" if required else "",
            reports="operator_unknown" if operator == "xor" else "",
        )  # fmt: skip


CHAIN = form(
    on(A), on(B, shown_if("a", "equal", "go")), on(C, shown_if("b", "equal", "go")),
    on(D, shown_if("c", "is_set"), required=True), on(custom("e"), shown_if("d", "is_not_set")),
)  # fmt: skip


def unplaced(*fields: str) -> Picture:
    """A form whose third field asks about fields that aren't on it."""
    known = tuple(tick(one) for one in fields)
    return form(on(A, shown_if("q", "is_not_set")), on(B, shown_if("q", "equal", "1")),
                on(C, shown_if("q", "equal", "0")), unplaced=known)  # fmt: skip


def circle(**rules: tuple[str, ...]) -> Picture:
    """Required fields, each shown by its one rule."""
    return form(*(on(custom(one), shown_if(*rule), required=True) for one, rule in rules.items()))


EXCLUSIVE = circle(a=("b", "is_not_set"), b=("a", "is_not_set"))
CIRCLE = circle(a=("c", "is_not_set"), b=("a", "is_set"), c=("b", "is_set"))

VISIBILITY = (
    Scenario(name="a chain unanswered", picture=CHAIN, shown="a e"),
    Scenario(name="a chain half answered", picture=CHAIN, steps=({"a": "go"},), shown="a b e"),
    Scenario(
        name="a chain answered to its end",
        picture=CHAIN,
        steps=({"a": "go"}, {"b": "go"}, {"c": "1"}, {"d": "x"}),
        shown="a b c d", required="d",
        payload={"a": "go", "b": "go", "c": "1", "d": "x"},
        why={"d": "Shown because C is filled in; required by your company’s form in Rootly."},
    ),
    Scenario(
        name="a chain broken at its beginning hides all of it, and none of it is sent",
        picture=CHAIN,
        steps=({"a": "go"}, {"b": "go"}, {"c": "1"}, {"d": "x"}, {"a": "stop"}),
        shown="a e",
        payload={"a": "stop"},
    ),
    Scenario(
        name="what was hidden keeps its answer and comes back with it",
        picture=CHAIN,
        steps=({"a": "go"}, {"b": "go"}, {"c": "1"}, {"a": "stop"}, {"a": "go"}),
        shown="a b c d e", required="d", missing="d",
        says={"d": "Enter “D”: it is asked for because C is filled in"},
    ),
    Scenario(
        name="required as marked", picture=form(on(A, required=True), on(B)),
        shown="a b", required="a", missing="a", says={"a": "Enter “A”"},
        why={"a": "Required by your company’s form in Rootly.", "b": ""},
    ),
    Scenario(
        name="required by a condition, which counts and not the mark",
        picture=form(on(SEVERITY), on(A, required_if("id-severity", "equal", "1")),
                     on(B, required_if("id-severity", "equal", "0"), required=True)),
        steps=({"severity_id": "1"},),
        shown="severity_id a b", required="a", missing="a",
        why={"a": "Required because Severity is SEV1.", "b": ""},
        says={"a": "Enter “A”: it is required because Severity is SEV1"},
    ),
    Scenario(
        name="a blank answer is none", picture=form(on(A, required=True)),
        steps=({"a": " \t "},), shown="a", required="a", missing="a",
    ),
    Scenario(
        name="a hidden field is not required", picture=form(on(A), on(B, shown_if("a", "is_set"),
        required_if("a", "is_not_set"), required=True)), shown="a", payload={},
    ),
    Scenario(
        name="a value that is no option counts as not equal, and is reported",
        picture=form(on(PICK), on(B, shown_if("x", "equal", "mars")),
                     on(C, shown_if("x", "not_equal", "mars"))),
        steps=({"x": "101"},), shown="x c", reports="condition_unknown",
    ),
    Scenario(
        name="an unknown comparison shows, doesn't require, and is reported",
        picture=form(on(A), on(B, shown_if("a", "resembles", "x"), required=True),
                     on(C, required_if("a", "resembles", "x"), required=True)),
        shown="a b c", reports="condition_unknown",
    ),
    Scenario(
        name="what is sure without the unknown comparison is decided all the same",
        picture=form(on(A), on(B, shown_if("a", "resembles", "x"), shown_if("a", "is_set")),
                     on(C, required_if("a", "resembles", "x"), required_if("a", "is_not_set"),
                        required_operator="or")),
        shown="a c", required="c", missing="c", reports="condition_unknown",
    ),
    Scenario(
        name="a condition on a field that Rootly doesn't list",
        picture=unplaced(), shown="a b c", reports="condition_unknown",
    ),
    Scenario(
        name="a condition on a checkbox that isn't on the form: unset, and so equal to 0",
        picture=unplaced("q"), shown="a c", payload={},
    ),
    Scenario(
        name="a condition on a disabled field counts it as unset",
        picture=form(on(tick("q", enabled=False)), on(A, shown_if("q", "is_set")),
                     on(B, shown_if("q", "not_equal", "1"))),
        shown="b", reports="field_disabled",
    ),
    Scenario(
        name="a condition for an unknown purpose decides nothing, and is reported",
        picture=form(on(A), on(B, rule("colour", "a", "is_set"), required=True)),
        shown="a b", required="b", missing="b", reports="condition_unknown",
    ),
    Scenario(
        name="a comparison with nothing shows, and is reported",
        picture=form(on(A), on(B, shown_if("a", "equal"))), shown="a b",
        reports="condition_unknown",
    ),
    Scenario(
        name="labels are compared without the spaces around their equals sign",
        picture=form(on(LABELS), on(B, shown_if("id-labels", "equal", "env=prod"))),
        steps=({"labels": "team=web\r\nenv = prod"},), shown="labels b",
        payload={"labels": {"team": "web", "env": "prod"}},
    ),
    Scenario(
        name="addresses are compared one by one",
        picture=form(on(EMAILS), on(B, shown_if("id-notify_emails", "equal", "a@example.com"))),
        steps=({"notify_emails": "b@example.com, a@example.com"},), shown="notify_emails b",
        payload={"notify_emails": ["a@example.com", "b@example.com"]},
    ),
    Scenario(
        name="a rule may look below itself, and is reported",
        picture=form(on(A, shown_if("b", "equal", "x")), on(B)),
        steps=({"b": "x"}, {"a": "y"}), shown="a b", reports="condition_below",
        payload={"a": "y", "b": "x"},
    ),
    Scenario(
        name="a chain from below upwards",
        picture=form(on(A, shown_if("b", "is_set")), on(B, shown_if("c", "is_set")),
                     on(C, shown_if("d", "is_set")), on(D)),
        steps=({"d": "1"}, {"c": "1"}, {"b": "1"}, {"d": ""}), shown="d",
        reports="condition_below", payload={},
    ),
    Scenario(
        name="a field that is shown while it is set", picture=circle(a=("a", "is_set")), shown="",
        reports="condition_below",
    ),
    Scenario(
        name="a field that is shown while it is unset never settles: shown, not required",
        picture=circle(a=("a", "is_not_set")), steps=({"a": "x"}, {"a": "y"}), shown="a",
        reports="condition_below", payload={"a": "y"}, why={"a": ""},
    ),
    Scenario(
        name="two that show each other", picture=circle(a=("b", "is_set"), b=("a", "is_set")),
        shown="", reports="condition_below",
    ),
    Scenario(
        name="two of which each excludes the other, unanswered", picture=EXCLUSIVE, shown="a b",
        required="a b", missing="a b", reports="condition_below",
    ),
    Scenario(
        name="two of which each excludes the other, both answered: the order decides",
        picture=EXCLUSIVE, steps=({"a": "x", "b": "x"},), shown="b", required="b",
        reports="condition_below", payload={"b": "x"},
    ),
    Scenario(
        name="three in a circle that never settles: shown, not required",
        picture=CIRCLE, steps=({"a": "x"}, {"b": "x"}, {"c": "x"}), shown="a b c",
        reports="condition_below", payload={"a": "x", "b": "x", "c": "x"},
    ),
    Scenario(
        name="three in a circle, not yet closed", picture=CIRCLE, steps=({"a": "x"},),
        shown="a b", required="a b", missing="b", reports="condition_below",
    ),
)  # fmt: skip

SCENARIOS = (
    *_compared(),
    *_operators(both="", either=""),
    *_operators("a", both="", either="c"),
    *_operators("a", "b", both="c", either="c"),
    *VISIBILITY,
    *FORM_SETS,
    *VALUES,
)
