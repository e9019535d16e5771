"""Declarations, the attempts to deliver them, and what is known of the queue's upstream.

The declaration's row is the outbox: it is due or it isn't, claimed or not. No second store can
disagree with it.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from incidentportal.accounts.models import User
from incidentportal.accounts.roles import Ability, may
from incidentportal.accounts.sealed import (
    SealableJSONField,
    SealableQuerySet,
    SealableTextField,
    seal_if,
    sealed_check,
)
from incidentportal.declarations.states import State

STATES = [(state.value, state.value) for state in State]
SEALED_BY = "private"


class DeclarationQuerySet(SealableQuerySet["Declaration"]):
    """The questions that pages and the worker ask."""

    def visible_to(self, person: User) -> DeclarationQuerySet:
        """What this person may see. Every page asks this, or `own`, and nothing else."""
        visible = Q(author=person)
        if may(person, Ability.VIEW_OTHERS):
            visible |= Q(private=False)
        if may(person, Ability.VIEW_PRIVATE):
            visible |= Q(private=True)
        return self.filter(visible)

    def own(self, person: User) -> DeclarationQuerySet:
        """What this person declared, and nobody else may correct or take back."""
        return self.filter(author=person)

    def decidable_by(self, person: User) -> DeclarationQuerySet:
        """Unconfirmed ones that this person may decide about."""
        rows = self.visible_to if may(person, Ability.DECIDE_OTHERS) else self.own
        return rows(person).filter(state=State.UNCONFIRMED)

    def due(self, upstream: str) -> DeclarationQuerySet:
        """Work for this upstream that nobody holds, most urgent first, then newest."""
        free = Q(claimed_until=None) | Q(claimed_until__lte=Now())
        return self.filter(free, due_at__lte=Now(), upstream=upstream).order_by(
            "severity_rank", "-submitted_at"
        )


class Declaration(models.Model):
    """What a person submitted, kept until it is an incident in Rootly."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(db_default=Now())
    upstream = models.CharField(max_length=500)
    """The canonical URL it is meant for; it is never sent to another."""
    snapshot_id = models.BigIntegerField()
    """The picture of Rootly's configuration that it was filled in with."""

    private = models.BooleanField(default=False)
    """Whether its texts are sealed: a private incident was asked for, or made of it. For good."""
    title = SealableTextField(sealed_by=SEALED_BY, blank=True)
    answers = SealableJSONField(sealed_by=SEALED_BY)
    """By field name, a list of texts: what the person sent."""
    labels = SealableJSONField(sealed_by=SEALED_BY)
    """The same with the labels as they were shown; stays readable when fields are renamed."""
    payload = SealableJSONField(sealed_by=SEALED_BY)
    """Neutral attributes; the client writes them in its dialect."""
    severity_rank = models.PositiveSmallIntegerField(default=9999)
    """Lower is more urgent."""

    state = models.CharField(max_length=16, choices=STATES, default=State.QUEUED)
    due_at = models.DateTimeField(null=True, db_default=Now())
    """When somebody should work on it next; null when nothing is left to do."""
    claim = models.PositiveBigIntegerField(default=0)
    """Grows with each claim; checked in the write right before sending."""
    claimed_until = models.DateTimeField(null=True)
    key_number = models.PositiveIntegerField(default=1)
    """Which `Idempotency-Key`: it changes only after a definite refusal."""
    failures = models.PositiveIntegerField(default=0)
    """Attempts and looks in a row that came to nothing: what the next wait grows with."""
    looks = models.PositiveSmallIntegerField(default=0)
    """How often it was looked for in vain since the last attempt with an unknown outcome."""
    sentence = SealableTextField(sealed_by=SEALED_BY, blank=True)
    """What is going on, in plain words, for its page."""
    errors = SealableJSONField(sealed_by=SEALED_BY, default=dict)
    """Of a rejected one: `{"field_errors": [[path, message]], "messages": [message]}`; of one that
    was corrected also `demanded`, names of fields that Rootly asked for in earlier refusals."""

    incident_id = models.CharField(max_length=255, blank=True)
    incident = SealableJSONField(sealed_by=SEALED_BY, default=dict)
    """What Rootly last said of the incident: number, title, status, links, Slack channel."""
    open_values = SealableJSONField(sealed_by=SEALED_BY, default=list)
    """Custom values that the incident isn't known to have yet, as they are sent."""
    open_steps = SealableJSONField(sealed_by=SEALED_BY, default=list)
    """What is done once the incident exists, each with how it stands: `steps.py` says how."""
    is_exposed = models.BooleanField(default=False)
    """Private was asked for, and the incident doesn't show it."""
    refreshes = models.PositiveSmallIntegerField(default=0)
    """How often the incident was read again since it was made."""
    delivered_at = models.DateTimeField(null=True)
    sent_with = models.JSONField(default=dict)
    """What the portal adds to what is sent under the current key: `attribution.py` says how."""

    objects = DeclarationQuerySet.as_manager()

    class Meta:
        permissions = (
            ("declare_private", "Declares private incidents"),
            ("view_others", "Sees others' declarations that are not private"),
            ("view_private", "Sees others' private declarations"),
            ("decide_unconfirmed", "Decides others' unconfirmed declarations"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in State]), name="declaration_state"
            ),
            models.CheckConstraint(
                condition=~Q(state=State.DELIVERED) | ~Q(incident_id=""),
                name="declaration_delivered_has_incident",
            ),
            sealed_check(
                "declaration_private_is_sealed",
                (
                    "title",
                    "answers",
                    "labels",
                    "payload",
                    "sentence",
                    "errors",
                    "incident",
                    "open_values",
                    "open_steps",
                ),
                unless=Q(private=False),
            ),
        )
        indexes = (
            # DeclarationQuerySet.due
            models.Index(
                fields=["upstream", "severity_rank", "-submitted_at"],
                name="declaration_due", condition=Q(due_at__isnull=False),
            ),
            # queue.exposed
            models.Index(
                fields=["upstream", "-delivered_at"],
                name="declaration_exposed", condition=Q(is_exposed=True),
            ),
            # "My declarations", newest first
            models.Index(fields=["author", "-submitted_at"], name="declaration_mine"),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"Declaration {self.pk}"

    def sealed(self, value: Any) -> Any:
        """A text of this declaration as `update` may write it: sealed where it is private."""
        return seal_if(self.private, value)

    @property
    def idempotency_key(self) -> str:
        """The key of the next attempt."""
        return str(self.pk) if self.key_number == 1 else f"{self.pk}-{self.key_number}"


class Attempt(models.Model):
    """One call to create the incident: written before it, completed after it."""

    declaration = models.ForeignKey(Declaration, models.CASCADE, related_name="attempts")
    claim = models.PositiveBigIntegerField()
    idempotency_key = models.CharField(max_length=64)
    private = models.BooleanField(default=False)
    """As its declaration is."""
    digest = models.CharField(max_length=64)
    """Of the payload that was sent; keyed, so that nobody guesses what it was."""
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)
    milliseconds = models.PositiveIntegerField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    outcome = models.CharField(max_length=32, blank=True)
    """The error class, or `Delivered`; blank while the call lasts, or if the process died."""
    is_open = models.BooleanField(default=True)
    """Whether the incident may exist because of it, and nobody has found out yet."""
    sentence = SealableTextField(sealed_by=SEALED_BY, blank=True)

    objects = SealableQuerySet["Attempt"].as_manager()

    class Meta:
        ordering = ("pk",)
        constraints = (
            sealed_check("attempt_private_is_sealed", ("sentence",), unless=Q(private=False)),
        )

    def __str__(self) -> str:
        return f"Attempt {self.pk} of {self.declaration_id}"


class Upstream(models.Model):
    """What the deliveries have learnt of one upstream, shared by all processes."""

    url = models.CharField(max_length=500, unique=True)
    held = models.TextField(blank=True)
    """Why nothing is sent, in plain words; blank when the queue runs."""
    wait_until = models.DateTimeField(null=True)
    """Rootly asked to be left alone until then (429), or the next probe of a held queue."""
    forbidden_id = models.UUIDField(null=True)
    """The declaration that got the last 403: a second one that gets it holds the queue."""
    keeps_labels = models.BooleanField(null=True)
    """Whether the last incident that was read back bore our label."""
    takes_labels = models.BooleanField(default=True)
    takes_inline_values = models.BooleanField(default=True)
    takes_creator = models.BooleanField(default=True)
    """False once Rootly refused what the portal itself adds: from then on it is sent without."""
    sees_private = models.BooleanField(null=True)
    """Whether this token read the last private incident back: else no look proves its absence."""
    clock_offset = models.FloatField(default=0)
    """Seconds that Rootly's clock is ahead of ours, by its `Date` header."""

    def __str__(self) -> str:
        return self.url


class Draft(models.Model):
    """A form that somebody began: what was typed so far, always sealed, for its author alone.

    Its id is that of the declaration which it is to become: the one that its form carries.
    """

    id = models.UUIDField(primary_key=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    upstream = models.CharField(max_length=500)
    """The canonical URL whose form it fills in; it isn't offered for another."""
    version = models.PositiveIntegerField(default=1)
    """Grows with each save: a page that knows an older one overwrites nothing."""
    tab = models.CharField(max_length=64, blank=True)
    """The open page that saved last, by a name it made up; blank: it had no script."""
    step = models.PositiveBigIntegerField(default=0)
    """That page's own count of its saves: its answers may get lost, and its saves overtake each
    other."""
    updated_at = models.DateTimeField(db_default=Now())
    title = SealableTextField(blank=True)
    """Apart from the rest, so that a list needn't open everything."""
    content = SealableJSONField()
    """`answers`, as they were posted: by control name, a list of texts. `told`: sentences about
    answers that found no place any more in the form as it has become."""

    objects = SealableQuerySet["Draft"].as_manager()

    class Meta:
        default_permissions = ()
        constraints = (sealed_check("draft_is_sealed", ("title", "content")),)
        indexes = (
            # drafts.own, newest first
            models.Index(fields=["author", "-updated_at"], name="draft_mine"),
            # drafts.purge
            models.Index(fields=["updated_at"], name="draft_old"),
        )

    def __str__(self) -> str:
        return f"Draft {self.pk}"
