"""A desk at which somebody fills in a form: it is done once, or comes back with all that was typed."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request, Response, status
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from app.auth import Actor, CurrentActor
from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import NotFoundError, ServiceError
from app.core.http.deps import Now, OpenDatabase
from app.core.work import Work
from app.web.kit.error_texts import in_plain_words
from app.web.kit.forms import Form, Typed, TypedForm, done_once
from app.web.kit.rendering import PageLanguage, Words, render
from app.web.kit.tables import Listing, show_list


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Who looks at a page, when, and in which language."""

    request: Request
    actor: Actor
    clock: Clock
    language: str

    @property
    def words(self) -> Words:
        """The page's language."""
        return Words(self.language)

    def told(self, name: str) -> int:
        """A count in the page's address that tells what was done just now; 0 where it says nothing."""
        count = self.request.query_params.get(name, "")
        return int(count) if count.isascii() and count.isdigit() and len(count) < 6 else 0

    def page(self, template: str, *, form: Form | None = None, **values: object) -> Response:
        """The page; where its form was refused, with the status of the refusal."""
        refusal = form.refusal if form is not None else None
        answer_status = refusal.status if refusal is not None else 200
        return render(
            self.request, template, self.language, status=answer_status, form=form, today=self.clock.today(), **values
        )

    def list_page(
        self, session: Session, listing: Listing[Any], template: str, *, form: Form | None = None, **values: object
    ) -> Response:
        """The page of a list, or its file; where a form on the page was refused, with the status of the refusal."""
        today = self.clock.today()
        page = show_list(self.request, session, self.language, listing, template, form=form, today=today, **values)
        if form is not None and form.refusal is not None:
            page.status_code = form.refusal.status
        return page


def _visit(request: Request, actor: CurrentActor, clock: Now, language: PageLanguage) -> Visit:
    return Visit(request=request, actor=actor, clock=clock, language=language)


AtPage = Annotated[Visit, Depends(_visit)]
"""For a route that shows a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A form that somebody sent, and all that is needed to do what it asks for."""

    visit: Visit
    database: Database
    typed: Typed

    def do(
        self, act: Callable[[Work, Typed], str], again: Callable[[Session, Form], Response], *, part: str = ""
    ) -> Response:
        """Act in one transaction, once however often the form is sent, and lead to the address it answers.

        `act` gets a copy of what was typed that it may take apart; where the page has several forms, of the `part`
        before the names of this form's fields. Where it refuses, nothing has changed, and `again` makes the page anew,
        with all that was typed and every fault. What does not exist is left to the frame.
        """
        visit, typed = self.visit, deepcopy(self.typed)

        def act_on_part() -> str:
            inner = typed.get(part, {}) if part else typed
            return act(work, inner if isinstance(inner, dict) else {})

        try:
            with self.database.write() as session:
                work = Work(session, visit.actor, visit.clock)
                address = done_once(visit.request, work, typed, act_on_part)
        except NotFoundError:
            raise
        except ServiceError as refusal:
            with self.database.read() as reading:
                shown = in_plain_words(reading, refusal, visit.words, part=part)
                return again(reading, Form(values=self.typed, refusal=shown))
        return RedirectResponse(address, status.HTTP_303_SEE_OTHER)


def _desk(visit: AtPage, database: OpenDatabase, typed: TypedForm) -> Desk:
    return Desk(visit=visit, database=database, typed=typed)


AtDesk = Annotated[Desk, Depends(_desk)]
"""For a route that takes a form."""
