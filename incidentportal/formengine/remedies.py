"""What mends each kind of thing that can be amiss in Rootly's configuration, and where."""

from __future__ import annotations

from collections.abc import Mapping

_CONDITION = "In Rootly, open the field's place on the form and mend its conditions."
_FIELD = "In Rootly, open the form field and mend it there."
_PLACEMENT = "In Rootly, take the field off the form, or put it right where fields are listed."
_SET = "In Rootly, open the form set and mend its conditions, or make one of the sets the default."
_OPTIONS = "In Rootly, give the field options, or take it off the form."
_PORTAL = "A newer version of the portal may know it; until then nothing needs to be done."
_RIGHTS = (
    "In Rootly, let the API token's role read this list; then fetch the configuration again"
    " (`manage.py sync_catalog`)."
)
OTHER = "Look at it where Rootly's forms are configured."

REMEDIES: Mapping[str, str] = {
    "list_refused": _RIGHTS,
    "record_skipped": "Open and save that record in Rootly; should it stay, report it to Rootly.",
    "snapshot_unreadable": "Fetch the configuration again (`manage.py sync_catalog`).",
    "condition_below": "In Rootly, move the field below the one that its condition looks at.",
    "condition_circle": "In Rootly, take one of these conditions away.",
    "condition_absent": "In Rootly, put that field on this form, or take the condition away.",
    "condition_unknown": _CONDITION,
    "operator_unknown": _CONDITION,
    "never_shown": "In Rootly, mend the conditions of its place on the form, or take it off.",
    "required_never_shown": (
        "In Rootly, mend the conditions of its place on the form, or make it optional there."
    ),
    "required_not_on_form": "In Rootly, put the field on this form, or make it optional there.",
    "default_unknown": "In Rootly, choose another default for the field.",
    "default_unusable": "In Rootly, choose another default for the field.",
    "read_only_without_default": (
        "In Rootly, give the field a default, or let it be edited in its place on the form."
    ),
    "field_disabled": "In Rootly, enable the field, or take it off the form.",
    "field_unknown": _PLACEMENT,
    "field_of_other_resource": _PLACEMENT,
    "field_twice": "In Rootly, take one of the two off the form.",
    "kind_unknown": _PORTAL,
    "input_kind_unknown": _PORTAL,
    "value_kind_unknown": _PORTAL,
    "kind_not_sendable": "In Rootly, take the field off the form for new incidents.",
    "nothing_to_choose": _OPTIONS,
    "form_empty": "In Rootly, put fields on this form, or take the form out of the set.",
    "form_unplaced": "In Rootly, say of each field on which forms it is shown; or see ROOTLY_FORM.",
    "form_set_unknown": "In Rootly, remove the placement, or let the token see all form sets.",
    "form_sets_overlap": "In Rootly, give the sets conditions that can't hold together.",
    "form_set_never": _SET,
    "form_set_default": "In Rootly, make exactly one form set the default.",
    "form_without_words": "In Rootly, put the title or the summary on this form.",
}


def remedy(kind: str) -> str:
    """A sentence that says what to do about a problem of this kind."""
    return REMEDIES.get(kind, OTHER)
