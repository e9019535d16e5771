"""Whatever presets and defaults are exported come back as they were."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from incidentportal.accounts.models import User
from incidentportal.catalog import connection
from incidentportal.formengine.matching import is_open
from incidentportal.presets import current, history
from incidentportal.presets.content import (
    ICONS,
    KINDS,
    Content,
    DefaultContent,
    FieldWording,
    Setting,
    Wording,
)
from incidentportal.presets.defaults import source_of, unfit
from incidentportal.presets.files import applying
from incidentportal.presets.models import Preset, SiteDefault
from tests.presets.conftest import catalog, forms
from tests.presets.test_files import everything, forget_all
from tests.support.sandbox import Sandbox

SHOWN = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Cn"], include_characters="\n\t"), max_size=40
)
WORDS = SHOWN.filter(str.strip)
CODES = st.sampled_from(["fr", "de", "no", "pt-br"])
TYPED = st.one_of(WORDS, st.sampled_from(
    ["yes", "null", "~", "1e3", "0042", "2026-01-31", "a: b", "- a", "# a", "'", '"', "|", "%",
     " a", "a ", "a\n", "\na", "a\n\n b", "<<", "=", "&a", "*a", "!a", "\u2028a", "\ufeffa"]
))  # fmt: skip
LINE = TYPED.filter(lambda text: text.splitlines() == [text])
MARKS = st.fixed_dictionaries({
    "locked": st.booleans(), "hidden": st.booleans(), "folded": st.booleans(),
    "required": st.booleans(), "order": st.none() | st.integers(-9999, 9999), "label": LINE,
    "help": SHOWN,
    "wording": st.dictionaries(CODES, st.builds(FieldWording, LINE, SHOWN), max_size=2),
})  # fmt: skip


def values_for(name: str) -> st.SearchStrategy[tuple[str, ...]]:
    """Values that the field can have."""
    field = forms().by_name[name]
    if unfit(field):
        return st.just(())
    if field.options is not None and not is_open(field.options):
        ids = st.sampled_from([one.id for one in field.options])
        most = 3 if field.control == "choices" else 1
        return st.lists(ids, max_size=most, unique=True).map(tuple)
    if field.options is not None:
        return st.just(("77",))
    if field.control == "checkbox":
        return st.sampled_from([(), ("true",), ("false",)])
    return st.lists(TYPED, max_size=1).map(tuple) if field.control == "textarea" else st.just(())


@st.composite
def settings_of(draw: st.DrawFn) -> dict[str, Setting]:
    """What a preset makes of some fields."""
    found = {}
    for name in draw(st.lists(st.sampled_from(sorted(forms().by_name)), unique=True, max_size=4)):
        field, values = forms().by_name[name], draw(values_for(name))
        marks: Any = draw(MARKS)
        marks["locked"] = marks["locked"] and bool(values)
        words = []
        options = field.options
        for value in values if options is not None else ():
            option = None if options is None or is_open(options) else options.get(value)
            words.append(option.label if option else "A fire")
        found[name] = Setting(
            was=field.label, source=source_of(field), values=values, words=tuple(words), **marks
        )
    return found


@st.composite
def contents(draw: st.DrawFn) -> list[Content]:
    """Presets as admins could have made them."""
    slugs = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8})?", fullmatch=True)
    texts = st.just("") | SHOWN
    return [
        Content(
            slug=slug, name=draw(LINE), icon=draw(st.sampled_from(["", *ICONS])),
            description=draw(texts), title_pattern=draw(st.just("") | LINE),
            audience=tuple(sorted(draw(st.sets(st.sampled_from(["reporter", "admin"]))))),
            position=draw(st.integers(-9999, 9999)), enabled=draw(st.booleans()),
            private=draw(st.booleans()), kind=draw(st.sampled_from(KINDS)),
            fields=draw(settings_of()),
            wording=draw(
                st.dictionaries(CODES, st.builds(Wording, LINE, SHOWN), max_size=2)
            ),
        )
        for slug in draw(st.lists(slugs, unique=True, max_size=3))
    ]  # fmt: skip


def test_whatever_is_exported_imports_as_it_was(connected: Sandbox) -> None:
    zone = User().zone

    @hypothesis_settings(max_examples=40, deadline=None)
    @given(contents())
    def check(made: list[Content]) -> None:
        forget_all()
        for content in made:
            row = Preset(upstream=connection.upstream())
            row.take(content)
            history.save(row, None)
            for name, one in content.fields.items():
                if one.values and one.values != ("false",):
                    default = SiteDefault(upstream=connection.upstream())
                    default.take(DefaultContent(
                        field=name, was=one.was, source=one.source, values=one.values,
                        words=one.words,
                    ))  # fmt: skip
                    SiteDefault.objects.filter(field=name).delete()
                    default.save()
        before, text = everything(), applying.export(catalog())
        again = applying.bring_in(catalog(), text.encode(), zone)
        assert again.steps == ()
        assert everything() == before
        forget_all()
        applying.bring_in(catalog(), text.encode(), zone)
        assert everything() == before
        assert applying.export(catalog()) == text

    check()
    current.forget()
