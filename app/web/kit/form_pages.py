"""Form pages: a handler runs once per form key, or the page is rendered again with errors and the values typed."""

import unicodedata
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import Depends, Request, Response, status
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from app.auth import Actor, CurrentActor
from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import InvalidInputError, NotFoundError, ServiceError
from app.core.http.deps import Now, OpenDatabase
from app.core.work import Work
from app.web.kit.error_texts import in_plain_words
from app.web.kit.forms import CONFIRMED_BY, RESUMED, Form, Typed, TypedForm, done_once
from app.web.kit.rendering import PageLanguage, Words, render, words_for
from app.web.kit.tables import Listing, show_list


@dataclass(frozen=True, slots=True, kw_only=True)
class PageContext:
    """Who looks at a page, when, and in which language."""

    request: Request
    actor: Actor
    clock: Clock
    language: str

    @property
    def words(self) -> Words:
        """The page's language."""
        return words_for(self.request, self.language)

    @property
    def own_name(self) -> str:
        """The name with which the actor confirms a decision."""
        return self.actor.title or self.actor.name

    def count_told(self, name: str) -> int:
        """A count in the page's address that tells what was done just now; 0 where it says nothing."""
        count = self.request.query_params.get(name, "")
        return int(count) if count.isascii() and count.isdigit() and len(count) < 6 else 0

    def render(self, template: str, *, form: Form | None = None, **values: object) -> Response:
        """The page; where its form was refused, with the status of the refusal."""
        refusal = form.refusal if form is not None else None
        answer_status = refusal.status if refusal is not None else 200
        return render(
            self.request, template, self.language, status=answer_status, form=form, today=self.clock.today(), **values
        )

    def render_list(
        self, session: Session, listing: Listing[Any], template: str, *, form: Form | None = None, **values: object
    ) -> Response:
        """The page of a list, or its file; where a form on the page was refused, with the status of the refusal."""
        today = self.clock.today()
        answer = show_list(self.request, session, self.language, listing, template, form=form, today=today, **values)
        if form is not None and form.refusal is not None:
            answer.status_code = form.refusal.status
        return answer


def _page_context(request: Request, actor: CurrentActor, clock: Now, language: PageLanguage) -> PageContext:
    return PageContext(request=request, actor=actor, clock=clock, language=language)


Page = Annotated[PageContext, Depends(_page_context)]
"""For a route that shows a page."""


class SessionEndedNotice(ServiceError):  # noqa: N818 - shown as a refusal is, but nothing was refused
    """A form is shown again after a log-in."""

    status = 200
    code = "session_ended"
    title = "Your session had ended."


class _ShownError(Exception):
    """Rolls back the transaction in which a page was rendered that shows what would happen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPage:
    """A form that somebody sent from a page: what was typed, and what is needed to run its handler."""

    page: PageContext
    database: Database
    typed: Typed

    def run(
        self, act: Callable[[Work, Typed], str], again: Callable[[Session, Form], Response], *, part: str = ""
    ) -> Response:
        """Run `act` in one transaction, once per form key, and redirect to the address that it returns.

        `act` gets a copy of what was typed that it may change; where the page has several forms, of the `part` before
        the names of this form's fields. Where it raises a `ServiceError` the transaction is rolled back and `again`
        renders the page with the values typed and every fault. `NotFoundError` is left to the application.
        """
        if self.is_resumed:
            return self.shown_again(again)
        page, typed = self.page, deepcopy(self.typed)

        def act_on_part() -> str:
            inner = typed.get(part, {}) if part else typed
            return act(work, inner if isinstance(inner, dict) else {})

        try:
            with self.database.write() as session:
                work = Work(session, page.actor, page.clock)
                address = done_once(page.request, work, typed, act_on_part)
        except NotFoundError:
            raise
        except ServiceError as refusal:
            return self._refused(refusal, again, part)
        return RedirectResponse(address, status.HTTP_303_SEE_OTHER)

    def _refused(self, refusal: ServiceError, again: Callable[[Session, Form], Response], part: str = "") -> Response:
        with self.database.read() as session:
            shown = in_plain_words(session, refusal, self.page.words, part=part)
            return again(session, Form(values=self.typed, refusal=shown))

    @property
    def is_resumed(self) -> bool:
        """Is the form only to be shown again?"""
        return RESUMED in self.typed

    def shown_again(self, again: Callable[[Session, Form], Response]) -> Response:
        """The form with all that was typed: after a log-in in between, or where a person went back to it."""
        kept = {name: value for name, value in self.typed.items() if name not in (RESUMED, CONFIRMED_BY, "confirming")}
        was_ended = self.typed[RESUMED] == "session"
        notice = SessionEndedNotice.of("You are logged in again. What you typed is kept: check it, and send it.")
        with self.database.read() as session:
            return again(session, Form(values=kept, refusal=notice if was_ended else None))

    def confirm(
        self,
        act: Callable[[Work, Typed], str],
        again: Callable[[Session, Form], Response],
        preview: Callable[[Work, Form, str], Response],
    ) -> Response:
        """As `run`, but first a page with the consequences, on which the person types their own name.

        Until that name is typed, `act` runs in a transaction that is rolled back after `preview` has rendered its
        page from it (given the address that `act` returned): what is shown is what would be written, and every fault
        is told before anybody confirms.
        """
        if self.is_resumed:
            return self.shown_again(again)
        typed = deepcopy(self.typed)
        name, is_shown = str(typed.pop(CONFIRMED_BY, "")), typed.pop("confirming", "") == "yes"
        if is_shown and _same_name(name, self.page.actor):
            return replace(self, typed=typed).run(act, again)
        typed.pop("form_key", None)
        refusal = None
        if is_shown:
            message = "Type your own name: {name}."
            refusal = InvalidInputError.of(message, where=CONFIRMED_BY, code="other_name", name=self.page.own_name)
        answer: Response | None = None
        try:
            with self.database.write() as session:
                work = Work(session, self.page.actor, self.page.clock)
                address = act(work, typed)
                session.flush()
                session.expire_all()
                answer = preview(work, Form(values=self.typed, refusal=refusal), address)
                raise _ShownError
        except _ShownError:
            assert answer is not None
            return answer
        except NotFoundError:
            raise
        except ServiceError as error:
            return self._refused(error, again)


def _same_name(typed: str, actor: Actor) -> bool:
    """Is this the actor's name, or the name of their account? Spaces and case do not matter."""
    names = {unicodedata.normalize("NFKC", name).casefold() for name in (actor.title, actor.name) if name}
    return "".join(unicodedata.normalize("NFKC", typed).casefold().split()) in {"".join(name.split()) for name in names}


def _form_page(page: Page, database: OpenDatabase, typed: TypedForm) -> FormPage:
    return FormPage(page=page, database=database, typed=typed)


SentForm = Annotated[FormPage, Depends(_form_page)]
"""For a route that takes a form."""
