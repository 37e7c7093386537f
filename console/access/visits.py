"""Who is at a page: the session of a request, and what may be done in it."""

from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.datastructures import FormData

from adapters.database.sessions import transaction
from adapters.language.sentences import Language, language_of
from adapters.settings import settings
from console.access.cookies import SESSION_COOKIE, form_token, is_form_token, unsealed
from domain.errors import PacklineError
from services.access.permissions import Action, require
from services.access.web_sessions import SignedIn, Visitor, signed_in
from services.accounts.installation import is_sample
from services.accounts.users import LANGUAGES

_MOST_FIELDS = 20_000
"""A departure's page names each of its tasks."""


class NotSignedIn(PacklineError):
    """A page is for people who have signed in."""

    message = "Sign in to see this page."


class PasswordToChange(PacklineError):
    """Somebody has signed in with a password that was given to them."""

    message = "Choose a password of your own first."


class ForeignForm(PacklineError):
    """A form was not made for who sends it."""

    message = "This form is of an earlier sign-in, so nothing was done: open the page anew."


@dataclass(frozen=True)
class Visit:
    """A request for a page: by whom, from where, and in which language they read; and whether the
    shop is a sample.
    """

    visitor: Visitor
    language: Language
    token: str = ""
    who: SignedIn | None = None
    is_sample: bool = False

    @property
    def form_token(self) -> str:
        """What the forms of this session carry; without a session, nothing."""
        return form_token(self.token) if self.who else ""


def visit_of(request: Request) -> Visit:
    """The visit that a request belongs to, looked up once."""
    if not hasattr(request.state, "visit"):
        request.state.visit = replace(_looked_up(request), is_sample=_shows_sample(request))
    found: Visit = request.state.visit
    return found


def inside(path: str, otherwise: str) -> str:
    """A page of ours to go to: nobody is sent elsewhere by what stands in a link or a form."""
    ours = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if ours and path.isprintable() else otherwise


def _shows_sample(request: Request) -> bool:
    """Whether this is the sample day's shop: looked up once for each console that runs."""
    state = request.app.state
    if not hasattr(state, "shows_sample"):
        with transaction() as session:
            state.shows_sample = is_sample(session)
    found: bool = state.shows_sample
    return found


def stranger(request: Request) -> Visit:
    """A visit by nobody we know: what can be said without looking anything up."""
    visitor = Visitor(
        address=request.client.host if request.client else "",
        browser=request.headers.get("user-agent", ""),
    )
    return Visit(visitor, asked_language(request))


def _looked_up(request: Request) -> Visit:
    unknown = stranger(request)
    token = unsealed(request.cookies.get(SESSION_COOKIE, ""), SESSION_COOKIE)
    if not isinstance(token, str):
        return unknown
    with transaction() as session:
        who = signed_in(session, token, by_itself=_asks_by_itself(request))
    if who is None:
        return unknown
    return replace(
        unknown, language=_language(who.language) or unknown.language, token=token, who=who
    )


def _asks_by_itself(request: Request) -> bool:
    """Whether an open page asks what has changed, and nobody has pressed or scanned anything."""
    asked = request.headers.get("x-by-itself") or request.headers.get("accept")
    return asked in ("1", "text/event-stream")


def asked_language(request: Request) -> Language:
    """The first language of the browser's that the console has; else the shop's."""
    for part in request.headers.get("accept-language", "").split(","):
        if found := _language(part.partition(";")[0].strip()):
            return found
    return language_of(settings().locale, settings().time_zone)


def _language(code: str | None) -> Language | None:
    """A language of the console; English and the like as the shop writes it."""
    plain = (code or "").partition("-")[0].partition("_")[0].lower()
    if plain not in LANGUAGES:
        return None
    shops = settings().locale
    return language_of(shops if shops.startswith(plain) else plain, settings().time_zone)


async def form_of(request: Request) -> FormData:
    """What was filled in, in a form that was made for this session. Raises `ForeignForm`."""
    form = await request.form(max_fields=_MOST_FIELDS, max_files=0)
    request.state.form = form
    return form


def own_form(request: Request, form: Annotated[FormData, Depends(form_of)]) -> FormData:
    """The same, where the session's form token stands in it. Raises `ForeignForm`."""
    visit = visit_of(request)
    if visit.who and not is_form_token(str(form.get("form_token", "")), visit.token):
        raise ForeignForm
    return form


def own_request(request: Request) -> None:
    """A request that a script of a page sends carries the session's form token in a header.

    Raises `ForeignForm`.
    """
    visit = visit_of(request)
    if visit.who and not is_form_token(request.headers.get("x-form-token", ""), visit.token):
        raise ForeignForm


OwnForm = Annotated[FormData, Depends(own_form)]
AnyForm = Annotated[FormData, Depends(form_of)]
AVisit = Annotated[Visit, Depends(visit_of)]


def somebody(*, also_with_given_password: bool = False) -> Any:
    """For a page's parameter: who is signed in, whatever they may do.

    Raises `NotSignedIn`, `PasswordToChange`.
    """
    return Depends(_Check(None, also_with_given_password))


def allowed(action: Action) -> Any:
    """For a page's parameter: who is signed in, and may do that.

    Raises `NotSignedIn`, `PasswordToChange`, `NotAllowed`.
    """
    return Depends(_Check(action, also_with_given_password=False))


@dataclass(frozen=True)
class _Check:
    """What a page asks of whoever wants to see it."""

    action: Action | None
    also_with_given_password: bool

    def __call__(self, visit: AVisit) -> SignedIn:
        if visit.who is None:
            raise NotSignedIn
        if visit.who.must_change_password and not self.also_with_given_password:
            raise PasswordToChange
        if self.action:
            require(visit.who.actor, self.action)
        return visit.who
