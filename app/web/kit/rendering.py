"""How pages are made: language, templates, and headers that let a page load nothing from elsewhere."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from app.core.i18n import (
    LANGUAGES,
    choose_language,
    money_text,
    name_of,
    number_text,
    quantity_text,
    share_text,
    title_of,
    translate,
)
from app.web.kit.first_steps import first_step
from app.web.kit.navigation import navigation

FOLDER = Path(__file__).parents[1]

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
ONE_YEAR_SECONDS = 365 * 24 * 3600

_STATE_TONES = {
    "REJECTED": "bad", "FAILED": "bad", "BLOCKED": "bad", "DELIVERED_WITH_DISCREPANCY": "bad",
    "DRAFT": "warn", "SUBMITTED": "warn", "PROPOSED": "warn", "PROMISED": "warn", "OPEN": "warn", "HEARD": "warn",
    "QUEUED": "warn", "RUNNING": "warn", "SOLVING": "warn",
    "LAPSED": "muted",
    "CANCELLED": "muted", "WITHDRAWN": "muted", "REPLACED": "muted", "SUPERSEDED": "muted", "CLOSED": "muted",
}  # fmt: skip


def state_tone(state: object) -> str:
    """The CSS class of a state's tag: red for what went wrong, amber for what waits, grey for what is over."""
    return _STATE_TONES.get(str(state), "")


_environment = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.globals["state_tone"] = state_tone


def page_language(request: Request) -> str:
    """The language asked for in the address, else chosen before, else the browser's, else the installation's."""
    for wish in (request.query_params.get("lang"), request.cookies.get("tongchou_language")):
        if wish in LANGUAGES:
            return wish
    default: str = request.app.state.settings.default_language
    return choose_language(request.headers.get("accept-language"), default)


PageLanguage = Annotated[str, Depends(page_language)]


class Words:
    """What a template needs to speak one language."""

    def __init__(self, language: str, people: Mapping[str, str] | None = None) -> None:
        """`people`: the names of people by their logins."""
        self.language = language
        self._people = people or {}

    def __call__(self, message: str, **params: object) -> str:
        """The message in the page's language."""
        return translate(message, self.language, **params)

    def name(self, thing: Any) -> str:
        """The name of an item, facility, zone, band ... in the page's language."""
        return name_of(thing, self.language)

    def person(self, actor: str) -> str:
        """The name of whoever acted: of a person by the login, of a part of the service in the page's language."""
        if actor in self._people:
            return self._people[actor]
        key = f"actor.{actor}"
        told = self(key)
        return actor if told == key else told

    def names(self, things: Iterable[Any]) -> str:
        """The names of several things, in a row."""
        return self(", ").join(map(self.name, things))

    def name_of_policy(self, policy: Any) -> str:
        """The title of a policy in the page's language."""
        return title_of(policy, self.language)

    def quantity(self, units: int, unit: str, *, exact: bool = False) -> str:
        """Units with their name; `exact` to the gram."""
        return quantity_text(units, unit, self.language, exact=exact)

    def number(self, number: float, decimals: int = 0) -> str:
        """A number with its digits grouped."""
        return number_text(number, self.language, decimals=decimals)

    def share(self, share: float) -> str:
        """A share as a percentage."""
        return share_text(share, self.language)

    def money(self, fen: int) -> str:
        """An amount in yuan."""
        return money_text(fen, self.language)


def words_for(request: Request, language: str) -> Words:
    """What a template or a list needs to speak one language, with the names of people."""
    return Words(language, request.app.state.people.by_login)


def render(request: Request, template: str, language: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page in a language; where the address chose it, the next pages speak it too."""
    words = words_for(request, language)
    actor = getattr(request.state, "actor", None)
    zone = request.app.state.settings.city_zone
    html = _environment.get_template(template).render(
        _=words,
        moment=lambda at: at.astimezone(zone).strftime("%Y-%m-%d %H:%M"),
        words=words,
        language=language,
        languages=LANGUAGES,
        request=request,
        actor=actor,
        navigation=navigation(actor, request.url.path),
        first_step=first_step(actor, request.url.path),
        **values,
    )
    answer = HTMLResponse(html, status)
    remember_language(request, answer)
    return answer


def remember_language(request: Request, answer: Response) -> None:
    """Let the next pages speak the language that was chosen by the address of this one."""
    chosen = request.query_params.get("lang")
    if chosen in LANGUAGES:
        answer.set_cookie("tongchou_language", chosen, max_age=ONE_YEAR_SECONDS, samesite="lax", httponly=True)


def own_address(request: Request, path: str) -> str:
    """The whole address of a page of this service, for what leaves it: QR codes, letters, other services."""
    public: str | None = request.app.state.settings.public_url
    return (public or str(request.base_url)).rstrip("/") + path


def inline_svg(svg: str) -> Markup:
    """A picture that this service drew itself, as part of a page."""
    return Markup(svg)  # noqa: S704 - drawn here, without anything that somebody typed


async def add_security_headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Let a page load only from this service and be framed by none, and keep private pages out of caches.

    The API's own documentation keeps its script.
    """
    response = await call_next(request)
    if request.url.path not in ("/docs", "/redoc"):
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    if getattr(request.state, "actor", None) is not None and not request.url.path.startswith("/api/"):
        # After the log-out, nobody finds a person's pages by going back, nor in the browser's folder.
        response.headers.setdefault("Cache-Control", "no-store")
    if request.url.scheme == "https":
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    return response
