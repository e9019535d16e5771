"""Declarations, the attempts to deliver them, and what is known of the queue's upstream.

The declaration's row is the outbox: it is due or it isn't, claimed or not. No second store can
disagree with it.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Expression, Q
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
from incidentportal.declarations import alert_model, beat_model, tallies  # noqa: F401  # found here
from incidentportal.declarations.states import State

STATES = [(state.value, state.value) for state in State]
IDLE = [state.value for state in (State.REJECTED, State.UNCONFIRMED, State.FAILED, State.WITHDRAWN)]
SEALED_BY = "private"
SEALED = (
    "title", "answers", "labels", "payload", "sentence", "errors", "incident", "open_values",
    "open_steps", "twins",
)  # fmt: skip
"""What of a private declaration is sealed."""


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

    def own(self, person: User | Expression) -> DeclarationQuerySet:
        """What this person declared, and nobody else may correct or take back."""
        return self.filter(author=person)

    def decidable_by(self, person: User) -> DeclarationQuerySet:
        """Unconfirmed ones that this person may decide about."""
        rows = self.visible_to if may(person, Ability.DECIDE_OTHERS) else self.own
        return rows(person).filter(state=State.UNCONFIRMED)

    def due(self, upstream: str | Expression) -> DeclarationQuerySet:
        """Work for this upstream that nobody holds, also what a dead worker held too long."""
        free = Q(claimed_until=None) | Q(claimed_until__lte=Now())
        return self.filter(free, due_at__lte=Now(), upstream=upstream)


class Declaration(models.Model):
    """What a person submitted, kept until it is an incident in Rootly."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(db_default=Now())
    queued_at = models.DateTimeField(db_default=Now())
    """Since when it waits: saved, or sent again by a person. What waited long goes before."""
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
    look_refused_at = models.DateTimeField(null=True)
    """When Rootly refused (403) to let the portal look, the first time since the last look."""
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
    is_mistaken_real = models.BooleanField(default=False)
    """A test was asked for, and the incident doesn't show that it is one."""
    mismatches = models.JSONField(default=list)
    """What the incident doesn't show as asked: of `private`, `kind`, `parent`, `creator`."""
    twins = SealableJSONField(sealed_by=SEALED_BY, default=list)
    """Further incidents that bear its label, as `shown.summary` with their `id`: the portal
    deletes none of them."""
    twins_at = models.DateTimeField(null=True)
    """When the first of them was found."""
    shared_at = models.DateTimeField(null=True)
    """When it was found that another declaration has the same incident."""
    second_look_at = models.DateTimeField(null=True)
    """When to look once more for twins, after it was sent again; null: never, or done."""
    told_at = models.DateTimeField(null=True)
    """When its author learnt of the latest refusal: saw its page, or was sent a mail."""
    teller_until = models.DateTimeField(null=True)
    """Until when somebody writes to its author: free again should they have died."""
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
            models.CheckConstraint(
                condition=~Q(state=State.QUEUED) | Q(due_at__isnull=False, claimed_until=None),
                name="declaration_queued_is_due_and_free",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.DELIVERING)
                | Q(due_at__isnull=False, claimed_until__isnull=False),
                name="declaration_delivering_is_claimed",
            ),
            models.CheckConstraint(
                # Nothing is done with it until a person decides.
                condition=~Q(state__in=IDLE) | Q(due_at=None, claimed_until=None),
                name="declaration_idle_is_not_due",
            ),
            sealed_check("declaration_private_is_sealed", SEALED, unless=Q(private=False)),
        )
        indexes = (
            # order.first_due
            models.Index(
                fields=["upstream", "severity_rank", "queued_at"],
                name="declaration_due", condition=Q(due_at__isnull=False),
            ),
            # findings.exposed
            models.Index(
                fields=["upstream", "-delivered_at"],
                name="declaration_exposed", condition=Q(is_exposed=True),
            ),
            # findings.twins
            models.Index(
                fields=["upstream", "-twins_at"],
                name="declaration_twins", condition=Q(twins_at__isnull=False),
            ),
            # findings.shared
            models.Index(
                fields=["upstream", "-shared_at"],
                name="declaration_shared", condition=Q(shared_at__isnull=False),
            ),
            # doubles.keep_shared, look.alike
            models.Index(fields=["incident_id"], name="declaration_incident"),
            # findings.mistaken_tests
            models.Index(
                fields=["upstream", "-delivered_at"],
                name="declaration_mistaken", condition=Q(is_mistaken_real=True),
            ),
            # What waits for a person: the banner on its author's pages, and mails about refusals
            models.Index(
                fields=["author", "state"],
                name="declaration_to_decide",
                condition=Q(state__in=[State.REJECTED.value, State.UNCONFIRMED.value]),
            ),
            # "My declarations", newest first
            models.Index(fields=["author", "-submitted_at"], name="declaration_mine"),
            # Everyone's, newest first
            models.Index(fields=["-submitted_at", "-id"], name="declaration_newest"),
            # figures.standing, figures.overdue
            models.Index(fields=["upstream", "state", "queued_at"], name="declaration_standing"),
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
    next = models.CharField(max_length=16, blank=True)
    """What comes next (`outcomes.Next`); blank while that is not known, or nothing does."""
    next_at = models.DateTimeField(null=True)
    """When that was meant to happen; null: at once, never, or when a person decides."""

    objects = SealableQuerySet["Attempt"].as_manager()

    class Meta:
        ordering = ("pk",)
        constraints = (
            sealed_check("attempt_private_is_sealed", ("sentence",), unless=Q(private=False)),
        )
        # day.py: all that it reads
        indexes = (models.Index("started_at", "outcome", "milliseconds", name="attempt_day"),)

    def __str__(self) -> str:
        return f"Attempt {self.pk} of {self.declaration_id}"


class Decision(models.Model):
    """What a person did to a declaration: who, what and when. Only ever added; sealed later where
    the declaration becomes private."""

    declaration = models.ForeignKey(Declaration, models.CASCADE, related_name="decisions")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    action = models.CharField(max_length=16)
    """One of `decisions.Action`."""
    at = models.DateTimeField(db_default=Now())
    before = models.CharField(max_length=16, choices=STATES)
    after = models.CharField(max_length=16, choices=STATES)
    private = models.BooleanField(default=False)
    """As its declaration was."""
    reason = SealableTextField(sealed_by=SEALED_BY, blank=True)
    """In the person's words, or which step or incident it was about."""

    objects = SealableQuerySet["Decision"].as_manager()

    class Meta:
        default_permissions = ()
        ordering = ("pk",)
        constraints = (
            sealed_check("decision_private_is_sealed", ("reason",), unless=Q(private=False)),
        )

    def __str__(self) -> str:
        return f"{self.action} of {self.declaration_id}"


class Upstream(models.Model):
    """What the deliveries have learnt of one upstream, shared by all processes."""

    url = models.CharField(max_length=500, unique=True)
    held = models.TextField(blank=True)
    """Why nothing is sent, in plain words; blank when the queue runs."""
    held_for = models.CharField(max_length=16, blank=True)
    """What holds it: `token`, `path`, `forbidden`, `breaker`, `settings`, `admin`; blank: nothing.
    What an admin holds only an admin releases."""
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    """The admin who holds it."""
    held_at = models.DateTimeField(null=True)
    probed_id = models.UUIDField(null=True)
    """The declaration that was tried last while held: the next probe takes another."""
    failures = models.PositiveIntegerField(default=0)
    """Failed calls in a row, of whichever declarations: what the breaker counts."""
    failed_id = models.UUIDField(null=True)
    """The declaration that the first of them was for."""
    failed_several = models.BooleanField(default=False)
    """Whether they were for at least two declarations."""
    rate_at = models.DateTimeField(null=True)
    """The write budget: the moment until which it is spent (`rate.py`)."""
    write_limit = models.PositiveIntegerField(null=True)
    """Writes a minute that Rootly says it allows, where it said so."""
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
    refused_at = models.JSONField(default=dict)
    """By the name of one of these: when it was refused, in ISO format."""
    sees_private = models.BooleanField(null=True)
    """Whether this token read the last private incident back: else no look proves its absence."""
    token = models.CharField(max_length=64, blank=True)
    """A keyed digest of the token that it was sent with last: another may see less."""
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
    beside = models.UUIDField(null=True)
    """The declaration under whose id these answers were posted although it exists with others:
    they were not sent, and its page offers them as a new declaration."""
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
            # drafts.beside
            models.Index(fields=["beside"], name="draft_beside", condition=Q(beside__isnull=False)),
        )

    def __str__(self) -> str:
        return f"Draft {self.pk}"
