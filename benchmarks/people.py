"""What people and privacy add to a page and to a submit, each thing by itself."""

from __future__ import annotations

import os
import time
import uuid
from dataclasses import replace

import django

from benchmarks.timing import medians


def adds(environment: dict[str, str], times: int) -> dict[str, float]:
    """Milliseconds: the check of a session's limits (`session`), one count against a person's limit
    (`throttle`), a declaration saved as a `private` one and as a `public` one.
    """
    os.environ |= environment
    django.setup()
    # Models can be imported once Django is set up, not before.
    from django.conf import settings  # noqa: PLC0415  # as above
    from django.contrib.auth import SESSION_KEY  # noqa: PLC0415  # as above
    from django.contrib.sessions.backends.db import SessionStore  # noqa: PLC0415  # as above
    from django.http import HttpRequest, HttpResponse  # noqa: PLC0415  # as above

    from incidentportal.accounts import sessions, throttle  # noqa: PLC0415  # as above
    from incidentportal.accounts.models import User  # noqa: PLC0415  # as above
    from incidentportal.declarations.submission import Submission, save  # noqa: PLC0415  # as above

    person = User.objects.order_by("pk")[0]
    request, answer = HttpRequest(), HttpResponse()
    request.COOKIES[settings.SESSION_COOKIE_NAME] = "x"
    request.session = SessionStore()
    marks = {SESSION_KEY: "1", sessions.BEGAN: time.time(), sessions.SEEN: time.time()}
    request.session.update(marks)
    check = sessions.SessionLimitsMiddleware(lambda _: answer)
    text = "Something that takes a sentence or two to say. " * 40
    public = Submission(
        upstream="http://127.0.0.1:9/v1", snapshot_id=1, title="Checkout is slow",
        answers={"title": ["Checkout is slow"], "summary": [text]},
        labels=[{"name": "summary", "label": "Summary", "text": text}],
        payload={"title": "Checkout is slow", "summary": text}, severity_rank=1,
    )  # fmt: skip
    private = replace(public, payload={**public.payload, "private": True})
    session, limit, plain, sealed = medians(
        times,
        lambda: check(request),
        lambda: throttle.wait("searches", person),
        lambda: save(uuid.uuid4(), person, public),
        lambda: save(uuid.uuid4(), person, private),
    )
    return {"session": session, "throttle": limit, "public": plain, "private": sealed}
