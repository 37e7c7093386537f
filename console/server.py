"""The console as a web server: its pages put together, and how it listens."""

import ipaddress
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Annotated, Any

import uvicorn
from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from adapters.database.sessions import most_connections
from adapters.database.transient import is_transient
from adapters.settings import Settings, settings
from adapters.settings.secret_key import secret_keys
from console.access.visits import ForeignForm, NotSignedIn, PasswordToChange, somebody
from console.queries.labels import NoLabels
from console.web import (
    assets,
    batch,
    devices,
    orders,
    packing,
    paper,
    picking,
    pickup,
    printing,
    restocking,
    sign_in,
    stock,
    tasks,
    totes,
    users,
    work,
)
from console.web.live import TaskFeed
from console.web.pages import go_to, plain_page, problem_data, wants_json
from console.web.protection import Protection
from domain.errors import PacklineError, reason
from domain.messages import Message
from services.access.permissions import Action, NotAllowed, may
from services.access.shipment_links import BadLink
from services.access.web_sessions import SignedIn
from services.execution.errors import OnHold, UnknownOrder
from services.paper.print_jobs import CannotPrint
from services.paper.printers import NoSuchPrinter
from services.paper.sheets import NothingOnPaper
from services.worklist.taking import NotYours
from services.worklist.tasks import TaskNotOpen

logger = logging.getLogger("packline.console")

_STATUS: dict[type[PacklineError], HTTPStatus] = {
    NotSignedIn: HTTPStatus.UNAUTHORIZED,
    NotAllowed: HTTPStatus.FORBIDDEN,
    ForeignForm: HTTPStatus.FORBIDDEN,
    sign_in.OnSharedDevice: HTTPStatus.FORBIDDEN,
    NotYours: HTTPStatus.CONFLICT,
    OnHold: HTTPStatus.CONFLICT,
    TaskNotOpen: HTTPStatus.NOT_FOUND,
    UnknownOrder: HTTPStatus.NOT_FOUND,
    pickup.NoSuchDeparture: HTTPStatus.NOT_FOUND,
    NoLabels: HTTPStatus.NOT_FOUND,
    NothingOnPaper: HTTPStatus.NOT_FOUND,
    BadLink: HTTPStatus.GONE,
    NoSuchPrinter: HTTPStatus.NOT_FOUND,
    CannotPrint: HTTPStatus.CONFLICT,
}
_NO_SUCH_PAGE = Message("no-such-page", "There is no such page: go back to your work.")
_AWAY = Message(
    "database-broke-off", "The database broke off, so nothing was done: try again in a few seconds."
)
_MISFORMED = Message("misformed", "This request cannot be read: open the page anew.")


_PARTS = (
    assets, sign_in, work, picking, packing, restocking, tasks, pickup, stock, orders, paper,
    printing, users, devices, totes, batch,
)  # fmt: skip


class OpenToTheNetwork(PacklineError):
    """The console would listen where others can read along."""

    message = (
        "The console would be open to the network without TLS at {bind}: set"
        " PACKLINE_CONSOLE_TLS_CERT and PACKLINE_CONSOLE_TLS_KEY, or PACKLINE_TRUSTED_PROXIES for a"
        " reverse proxy with TLS, or leave PACKLINE_CONSOLE_BIND at 127.0.0.1."
    )


def staff_app() -> FastAPI:
    """The pages for those who work here."""
    app = FastAPI(lifespan=_listening, openapi_url=None, docs_url=None, redoc_url=None)
    app.state.tasks = TaskFeed()
    for part in _PARTS:
        app.include_router(part.router)
    app.add_api_route("/", _home, methods=["GET"])
    app.add_api_route("/healthz", _healthy, methods=["GET"])
    app.add_exception_handler(PacklineError, _explained)
    app.add_exception_handler(Exception, _explained)
    app.add_exception_handler(DBAPIError, _explained)
    app.add_exception_handler(RequestValidationError, _misformed)
    app.add_exception_handler(ClientDisconnect, _misformed)
    app.add_exception_handler(HTTPException, _no_such_page)
    app.add_middleware(Protection)
    return app


def run_console() -> None:
    """Serve the console until SIGTERM or Ctrl-C.

    Raises `OpenToTheNetwork`, `SecretUnreadable`.
    """
    given = settings()
    host, _, port = given.console_bind.rpartition(":")
    check_private(given, host.strip("[]"))
    secret_keys()
    uvicorn.run(
        staff_app(),
        host=host.strip("[]"),
        port=int(port),
        proxy_headers=bool(given.trusted_proxies),
        forwarded_allow_ips=given.trusted_proxies or None,
        ssl_certfile=given.console_tls_cert,
        ssl_keyfile=given.console_tls_key,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
        log_level="warning",
    )


def check_private(given: Settings, host: str) -> None:
    """Beyond this machine only with TLS, or behind a proxy. Raises `OpenToTheNetwork`."""
    safe = given.console_tls_cert or given.trusted_proxies or _is_loopback(host)
    if not safe:
        raise OpenToTheNetwork(bind=given.console_bind)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@asynccontextmanager
async def _listening(app: FastAPI) -> AsyncIterator[None]:
    # Whoever comes when all connections are taken waits for a thread, and not for a connection.
    current_default_thread_limiter().total_tokens = most_connections()
    app.state.tasks.start()
    yield
    await app.state.tasks.stop()


_FIRST_PAGES = {Action.SEE_WORK: "/work", Action.MANAGE_USERS: "/users"}


def _home(request: Request, who: Annotated[SignedIn, somebody()]) -> Response:
    """The first page that is for who has signed in."""
    pages = (page for action, page in _FIRST_PAGES.items() if may(who.actor, action))
    return go_to(request, next(pages, "/account"))


def _healthy() -> dict[str, str]:
    return {"status": "ok"}


async def _explained(request: Request, problem: Any) -> Response:
    """A page that says what is wrong and what to do; who is not signed in may do so first."""
    if wants_json(request):
        return await problem_data(request, _status(problem), reason(problem))
    if isinstance(problem, NotSignedIn):
        return go_to(request, f"/sign-in?next={request.url.path}")
    if isinstance(problem, PasswordToChange):
        return go_to(request, "/account", problem.says)
    if not isinstance(problem, PacklineError):
        logger.error("%s failed", request.url.path, exc_info=problem)
    away = is_transient(problem) and not isinstance(problem, PacklineError)
    return await plain_page(request, _status(problem), _AWAY if away else reason(problem))


def _status(problem: Exception) -> HTTPStatus:
    if is_transient(problem):
        return HTTPStatus.SERVICE_UNAVAILABLE
    if not isinstance(problem, PacklineError):
        return HTTPStatus.INTERNAL_SERVER_ERROR
    kinds = (status for kind, status in _STATUS.items() if isinstance(problem, kind))
    return next(kinds, HTTPStatus.UNPROCESSABLE_ENTITY)


async def _misformed(request: Request, problem: Any) -> Response:
    return await plain_page(request, HTTPStatus.UNPROCESSABLE_ENTITY, _MISFORMED)


async def _no_such_page(request: Request, problem: Any) -> Response:
    status = HTTPStatus(problem.status_code)
    says = _MISFORMED if status == HTTPStatus.BAD_REQUEST else _NO_SUCH_PAGE
    return await plain_page(request, status, says)
