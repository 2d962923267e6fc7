"""Form pages: a handler runs once per form key, or the page is rendered again with errors and the values typed."""

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
from app.core.http.payloads import Now, OpenDatabase
from app.core.work import Work
from app.web.kit.error_texts import in_plain_words
from app.web.kit.forms import Form, Typed, TypedForm, done_once
from app.web.kit.rendering import PageLanguage, Words, render
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
        return Words(self.language)

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
            with self.database.read() as session:
                shown = in_plain_words(session, refusal, page.words, part=part)
                return again(session, Form(values=self.typed, refusal=shown))
        return RedirectResponse(address, status.HTTP_303_SEE_OTHER)


def _form_page(page: Page, database: OpenDatabase, typed: TypedForm) -> FormPage:
    return FormPage(page=page, database=database, typed=typed)


SentForm = Annotated[FormPage, Depends(_form_page)]
"""For a route that takes a form."""
