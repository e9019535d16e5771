"""Eight threads that ask Rootly, and one that takes their answers: a bounded fan-out.

Python's own pools wait for their threads when the process ends; these don't, so that nobody waits
for a slow Rootly when the portal is told to stop. No Django, and no database in these threads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

from incidentportal.rootly.errors import RootlyError, Unreadable
from incidentportal.rootly.listing import Listing

AT_ONCE = 8
"""Requests under way at once, whatever there is to fetch."""
MOST_ASKED = 5000
"""Lists asked for in one sync; ten times what a large organisation needs."""
BEAT_EVERY = 1.0

Then = Callable[[Listing[Any]], None]


@dataclass(frozen=True, slots=True)
class Question:
    """A list to ask for. `then` receives it; `otherwise` an error, which it may raise."""

    ask: Callable[[], Listing[Any]]
    then: Then
    otherwise: Callable[[RootlyError], None]


@dataclass(frozen=True, slots=True)
class _Answer:
    question: Question
    listing: Listing[Any] | None
    error: Exception | None


class Crew:
    """Asks up to `AT_ONCE` questions at once; answers are taken in the caller's own thread."""

    def __init__(self) -> None:
        self._questions: SimpleQueue[Question | None] = SimpleQueue()
        self._answers: SimpleQueue[_Answer] = SimpleQueue()
        self._over = threading.Event()
        self._asked = 0
        self._open = 0

    def ask(self, question: Question) -> None:
        """Have one more question asked. Unreadable: they would never end."""
        self._asked += 1
        if self._asked > MOST_ASKED:
            raise Unreadable(
                f"Rootly's answers lead to more than {MOST_ASKED} lists; that can't be right."
            )
        self._open += 1
        self._questions.put(question)

    def run(self, beat: Callable[[], None]) -> None:
        """Ask everything, with what follows from it; calls `beat` about once a second.

        The first error ends it: questions not yet asked are dropped, those under way are waited
        for, and the error is raised.
        """
        for _ in range(AT_ONCE):
            threading.Thread(target=self._work, name="catalog-fetch", daemon=True).start()
        failure: Exception | None = None
        try:
            while self._open:
                beat()
                try:
                    answer = self._answers.get(timeout=BEAT_EVERY)
                except Empty:
                    continue
                self._open -= 1
                failure = failure or self._taken(answer)
        finally:
            self._over.set()
            for _ in range(AT_ONCE):
                self._questions.put(None)
        if failure is not None:
            raise failure

    def _taken(self, answer: _Answer) -> Exception | None:
        failure = answer.error
        try:
            if answer.listing is not None:
                answer.question.then(answer.listing)
            elif isinstance(failure, RootlyError):
                answer.question.otherwise(failure)
                failure = None
        except Exception as error:  # noqa: BLE001 -- raised by `run` once the others came back
            failure = error
        if failure is not None:
            self._over.set()
        return failure

    def _work(self) -> None:
        while (question := self._questions.get()) is not None:
            listing: Listing[Any] | None = None
            failed: Exception | None = None
            if not self._over.is_set():
                try:
                    listing = question.ask()
                except Exception as error:  # noqa: BLE001 -- carried over to the thread that asked
                    failed = error
            self._answers.put(_Answer(question, listing, failed))
