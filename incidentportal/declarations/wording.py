"""What the form says as a whole, beside what its rules and fields say themselves."""

from __future__ import annotations

NO_FIELDS = "Rootly's form has no fields, so nothing can be declared. Please tell an admin."
NOT_PRIVATE = "Private: you can't declare a private incident here. Nothing was sent."
BARRED = (
    "You can't declare a private incident, so nothing was sent. Without the tick everybody can see "
    "the incident."
)
CHANGED = "The form changed in Rootly while you were filling it in."
PRESET_GONE = (
    "What you started from is no longer there, or not for you: this is the full form, with all that"
    " you answered. Nothing was sent; look at it, and send it again."
)
NO_PRESET = (
    "The link asks for a starting point that isn’t there, or not for you: this is the full form."
)
SEVERAL_PRESETS = "The link names several starting points: this is the first of them."
POSTED_PRESETS = (
    "This form named several starting points, and only the first of them counts. Nothing was sent;"
    " look at it, and send it again."
)
BROKEN_LINK = (
    "This link was changed or has expired, so nothing of it counts: this is the form as without it."
)
LOST_LINK = (
    "The link that this form was opened by was changed, so it fixes nothing any more. All that you"
    " answered is here; nothing was sent. Look at it, and send it again."
)
CANNOT_FORCE = (
    "“{}” declares {}, but Rootly’s form doesn’t allow that at the moment. Nothing was sent: please"
    " tell an admin, or start from the full form."
)
SEEN_BY = (
    "Always private from here: only people who are invited, or may see private incidents, see it."
)
ALWAYS_TEST = "Always a test from here: nobody is alarmed about a real incident."
