"""What an admin types about a preset, read and judged; errors in plain words."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.http import QueryDict
from django.utils.text import slugify

from incidentportal.formengine.showable import showable
from incidentportal.presets.content import (
    ICONS,
    NORMAL,
    TEST,
    Content,
    FieldWording,
    Setting,
    Wording,
)

_LINE = re.compile(r"([A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*)\s*[:=]\s*(.*\S)\s*")
KIND_WORDS = (
    (NORMAL, "A real incident"),
    (TEST, "A test, which is no real incident"),
)


class Line(forms.CharField):
    """Words without a line end, as files have them (`files/taking.py`): one that was pasted becomes
    a space.
    """

    def to_python(self, value: Any) -> Any:
        """In one line."""
        return " ".join(str(super().to_python(value)).splitlines())


class Languages(forms.CharField):
    """Words in other languages, one line each: `fr: Les clients ne peuvent pas payer`. `longest`
    is how many characters may stand in one of them, as in a file (`files/reading.py`).
    """

    def __init__(self, label: str, longest: int) -> None:
        self.longest = longest
        super().__init__(
            label=label, required=False, max_length=50_000, widget=forms.Textarea,
            help_text="One line for each language, such as “fr: Paiements”.",
        )  # fmt: skip

    def to_python(self, value: Any) -> Any:
        """By language, in lower case."""
        found: dict[str, str] = {}
        lines: dict[str, int] = {}
        for number, line in enumerate(str(super().to_python(value)).splitlines(), 1):
            if not line.strip():
                continue
            code, words = self._line(line.strip())
            if code in found:
                raise forms.ValidationError(
                    f"“{code}” is there twice, in lines {lines[code]} and {number}."
                )
            found[code], lines[code] = words, number
        return found

    def _line(self, line: str) -> tuple[str, str]:
        match = _LINE.fullmatch(line)
        if match is None:
            raise forms.ValidationError(
                f"Begin each line with a language and a colon, as in “fr: …”; this one doesn’t:"
                f" “{line[:80]}”."
            )
        code, words = match[1].lower(), match[2]
        if len(words) > self.longest:
            raise forms.ValidationError(
                f"“{code}”: at most {self.longest} characters can stand here: {len(words)} do."
            )
        return code, words

    def prepare_value(self, value: Any) -> Any:
        """As lines."""
        if isinstance(value, dict):
            return "\n".join(f"{code}: {text}" for code, text in value.items())
        return value


class Typed(forms.Form):
    """A form of what somebody typed: what no page can hold is replaced before it is read."""

    def __init__(self, data: QueryDict | None = None, **kwargs: Any) -> None:
        if data is not None:
            data = data.copy()
            for name, values in data.lists():
                data.setlist(name, [showable(str(value)) for value in values])
        super().__init__(data, **kwargs)


class PresetForm(Typed):
    """What a preset is, its fields left aside."""

    name = Line(max_length=120, help_text="As the people know it: “Customers can’t pay”.")
    name_in = Languages("Name in other languages", 120)
    description = forms.CharField(
        required=False, max_length=500, widget=forms.Textarea,
        help_text="A sentence in plain words: when to choose it.",
    )  # fmt: skip
    description_in = Languages("Description in other languages", 500)
    icon = forms.ChoiceField(required=False, choices=[("", "None"), *((one, one) for one in ICONS)])
    audience = forms.MultipleChoiceField(
        label="For", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="Nobody ticked: for everyone.",
    )  # fmt: skip
    kind = forms.ChoiceField(
        label="What is declared", choices=KIND_WORDS, initial=NORMAL, widget=forms.RadioSelect
    )
    private = forms.BooleanField(
        required=False, label="Always private",
        help_text="Also by people who may not choose it themselves. It can’t be undone in Rootly.",
    )  # fmt: skip
    title_pattern = Line(
        required=False, max_length=200,
        help_text="Makes the title where nobody writes one: “Payments: {summary}”. Braces name a"
        " field: {severity}, {services}, or a custom field by its slug.",
    )  # fmt: skip
    position = forms.IntegerField(
        initial=0, label="Place on the home page", min_value=-9999, max_value=9999,
        help_text="The lowest stands first.",
    )  # fmt: skip
    enabled = forms.BooleanField(
        required=False, initial=True, label="In use",
        help_text="Without the tick nobody sees it; forms begun with it go on without it.",
    )  # fmt: skip
    slug = forms.CharField(
        required=False, max_length=100, label="Name in addresses",
        help_text="As in /incidents/new/?preset=payments. Left empty, it is made from the name.",
    )  # fmt: skip

    def __init__(self, data: QueryDict | None = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        groups = list(Group.objects.order_by("name").values_list("name", flat=True))
        known = self.initial.get("audience", ())
        gone = [(name, f"{name} (no such group any more)") for name in known if name not in groups]
        field: Any = self.fields["audience"]
        field.choices = [*((name, name) for name in groups), *gone]

    def clean_slug(self) -> str:
        """What can stand in an address."""
        typed: str = self.cleaned_data["slug"].strip()
        slug: str = slugify(typed or self.cleaned_data.get("name", ""))[:100]
        if typed and slug != typed:
            raise forms.ValidationError(
                f"Only small letters, digits and hyphens can stand there: “{slug or 'payments'}”?"
            )
        if not slug and self.cleaned_data.get("name"):
            raise forms.ValidationError("Type one, such as “payments”: the name gives none.")
        return slug

    @staticmethod
    def values(content: Content) -> dict[str, Any]:
        """What the form shows of a preset."""
        told = content.wording.items()
        return {
            "name": content.name,
            "name_in": {code: one.name for code, one in told if one.name},
            "description": content.description,
            "description_in": {code: one.description for code, one in told if one.description},
            "icon": content.icon, "audience": list(content.audience), "kind": content.kind,
            "private": content.private, "title_pattern": content.title_pattern,
            "position": content.position, "enabled": content.enabled, "slug": content.slug,
        }  # fmt: skip

    def content(self, fields: dict[str, Setting]) -> Content:
        """The preset that a valid form says, with these fields."""
        said = self.cleaned_data
        names, abouts = said["name_in"], said["description_in"]
        return Content(
            slug=said["slug"], name=said["name"], icon=said["icon"],
            description=said["description"], audience=tuple(said["audience"]),
            position=said["position"], enabled=said["enabled"], private=said["private"],
            kind=said["kind"], title_pattern=said["title_pattern"], fields=fields,
            wording={
                code: Wording(names.get(code, ""), abouts.get(code, ""))
                for code in sorted({*names, *abouts})
            },
        )  # fmt: skip


class SettingForm(Typed):
    """What a preset makes of one field, its value left aside."""

    locked = forms.BooleanField(
        required=False, label="Fixed",
        help_text="The value above is always sent; nobody can change it.",
    )  # fmt: skip
    required = forms.BooleanField(
        required=False, label="Required here", help_text="Although it is optional in Rootly."
    )
    hidden = forms.BooleanField(
        required=False, label="Hidden",
        help_text="It stands on the page only while it is required and has no value.",
    )  # fmt: skip
    folded = forms.BooleanField(
        required=False, label="Under “More”",
        help_text="Folded away; it opens by itself when something in it is missing or wrong.",
    )  # fmt: skip
    order = forms.IntegerField(
        required=False, label="Place", min_value=-9999, max_value=9999,
        help_text="The lowest stands first, before all fields without one.",
    )  # fmt: skip
    label = Line(
        required=False,
        max_length=200,
        help_text="What it is called here; empty: as in Rootly.",
    )
    label_in = Languages("Label in other languages", 200)
    help = forms.CharField(
        required=False, max_length=2000, widget=forms.Textarea, label="Help text",
        help_text="How to fill it in, instead of Rootly’s words.",
    )  # fmt: skip
    help_in = Languages("Help text in other languages", 2000)

    @staticmethod
    def values(setting: Setting) -> dict[str, Any]:
        """What the form shows of a setting."""
        told = setting.wording.items()
        return {
            "locked": setting.locked, "required": setting.required, "hidden": setting.hidden,
            "folded": setting.folded, "order": setting.order, "label": setting.label,
            "help": setting.help,
            "label_in": {code: one.label for code, one in told if one.label},
            "help_in": {code: one.help for code, one in told if one.help},
        }  # fmt: skip

    def setting(self) -> Setting:
        """What a valid form says, still without a value."""
        said = self.cleaned_data
        labels, helps = said["label_in"], said["help_in"]
        return Setting(
            locked=said["locked"], required=said["required"], hidden=said["hidden"],
            folded=said["folded"], order=said["order"], label=said["label"], help=said["help"],
            wording={
                code: FieldWording(labels.get(code, ""), helps.get(code, ""))
                for code in sorted({*labels, *helps})
            },
        )  # fmt: skip
