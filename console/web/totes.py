"""Totes: labels to print, and which of them hold whose goods."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from markupsafe import Markup

from adapters.database.sessions import transaction
from adapters.documents.barcodes import code128_picture
from console.access.visits import allowed
from console.queries.totes import held_totes
from console.web.pages import page
from domain.totes import tote_code
from services.access.permissions import Action
from services.access.web_sessions import SignedIn

router = APIRouter()
Worker = Annotated[SignedIn, allowed(Action.DO_TASKS)]

MOST_LABELS = 100
_LAST = 999_999


@dataclass(frozen=True)
class ToteLabel:
    """The label of a tote as it is printed."""

    code: str
    svg: Markup


@router.get("/totes")
def totes(request: Request, who: Worker) -> Response:
    """The totes that hold something, and a form for labels."""
    with transaction() as session:
        return page(request, "totes.html", held=held_totes(session), most=MOST_LABELS)


@router.get("/totes/labels")
def tote_labels(
    request: Request,
    who: Worker,
    first: Annotated[int, Query(ge=1, le=_LAST)] = 1,
    count: Annotated[int, Query(ge=1, le=MOST_LABELS)] = 24,
) -> Response:
    """Labels of totes, to be printed: so many, numbered from the first on."""
    codes = [tote_code(number) for number in range(first, first + count)]
    labels = [
        ToteLabel(code, Markup(picture["svg"]))
        for code in codes
        if (picture := code128_picture(code))
    ]
    return page(request, "tote_labels.html", labels=labels)
