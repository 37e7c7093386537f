"""Print jobs: each paper is printed once for each time that somebody asks for it.

A machine takes a job for a while. If it dies meanwhile, nobody knows whether the paper came out:
the job is *unclear*, no machine takes it again, and a person who looks may ask for another one
(docs/decisions/0039).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from adapters.database.clock import this_instant
from adapters.database.sessions import transaction
from domain.allocation import ShipmentId
from domain.errors import PacklineError
from models.enums import EventKind, JobState, LabelState, PrintedPaper, PrintState
from models.events import PrintRequested
from models.tables.printing import SAID_CHARACTERS, PrintJob
from models.tables.shipments import Shipment
from models.tables.shipping import ShippingLabel
from models.validation import is_printable
from services.access.actors import Actor
from services.access.permissions import Action, require
from services.execution.events import add_event
from services.paper.pick_lists import pick_list
from services.paper.printers import printer_called
from services.paper.sheets import the_shipment
from services.paper.slips import packing_slip

COMMAND_SECONDS = 60
"""So long a printing command may take."""
_LEASE = timedelta(seconds=2 * COMMAND_SECONDS)
_LABEL, _SLIP, _LIST = "label:", "slip:", "pick-list:"


class CannotPrint(PacklineError):
    """A job asks for a paper that is not there any more."""

    messages = {
        "label-is-void": "The label is void: it was replaced, or the order was cancelled.",
        "no-such-paper": "There is no paper {document!q}: open the page anew.",
    }


@dataclass(frozen=True)
class TakenJob:
    """A job that a machine has taken, with the paper."""

    id: int
    name: str
    pdf: bytes


def slip_of(which: ShipmentId) -> str:
    """The document that a shipment's packing slip is."""
    return f"{_SLIP}{which[0]}:{which[1]}"


def pick_list_of(which: ShipmentId) -> str:
    """The document that a shipment's pick list is."""
    return f"{_LIST}{which[0]}:{which[1]}"


def label_of(label: ShippingLabel) -> str:
    """The document that a parcel's label is."""
    return f"{_LABEL}{label.key}"


def ask_to_print(document: str, printer: str, request: int, actor: Actor) -> PrintJob:
    """A paper is wanted on a printer, for the `request`th time, counted from 1.

    Whoever asks for the same time again, by a second click or another person, gets the job that is
    there. Raises `NoSuchPrinter`, `CannotPrint`, `UnknownOrder`, `NotAllowed`.
    """
    require(actor, Action.PRINT_PAPER)
    if not is_printable(document):
        raise CannotPrint("no-such-paper", document=document)
    with transaction() as session:
        if known := job_of(session, document, request):
            return known
        job = _job(session, document, printer, max(1, request), actor)
        try:
            with session.begin_nested():
                session.add(job)
        except IntegrityError:  # another one was quicker
            return _the_job(session, document, max(1, request))
        _tell(session, job, actor)
        return job


def take_job(printer: str, machine: str) -> TakenJob | None:
    """The next job of a printer, which is this machine's now; None: there is none.

    A paper that is not there any more has failed at once. Raises `NoSuchPrinter`.
    """
    while True:
        with transaction() as session:
            now = this_instant(session)
            printer_called(session, printer).seen_at = now
            job = _next(session, printer)
            if job is None:
                return None
            job.state, job.taken_by, job.taken_until = PrintState.TAKEN, machine, now + _LEASE
            try:
                return TakenJob(job.id, _file_name(job), _paper(session, job))
            except PacklineError as problem:
                _end(job, PrintState.FAILED, now, None, str(problem))


def end_job(job_id: int, machine: str, exit_status: int | None, said: str) -> None:
    """What became of a job that this machine has taken, also where that was unclear meanwhile.

    Exit status 0 is printed, any other failed; None: the command could not be run to its end.
    """
    with transaction() as session:
        job = session.get_one(PrintJob, job_id, with_for_update=True)
        if job.state != PrintState.TAKEN or job.taken_by != machine:
            return
        state = PrintState.PRINTED if exit_status == 0 else PrintState.FAILED
        _end(job, state, this_instant(session), exit_status, said)


def job_of(session: Session, document: str, request: int) -> PrintJob | None:
    """The job that prints a paper for that time."""
    of_request = select(PrintJob).where(PrintJob.document == document, PrintJob.request == request)
    return session.exec(of_request).first()


def last_job(session: Session, document: str) -> PrintJob | None:
    """The job that was asked for last, of a paper."""
    of_paper = select(PrintJob).where(PrintJob.document == document)
    return session.exec(of_paper.order_by(col(PrintJob.request).desc()).limit(1)).first()


def state_of(job: PrintJob, now: datetime) -> JobState:
    """How a job stands."""
    if job.state == PrintState.TAKEN:
        is_over = job.taken_until is not None and job.taken_until <= now
        return JobState.UNCLEAR if is_over else JobState.TAKEN
    return JobState[job.state.name]


def _job(session: Session, document: str, printer: str, request: int, actor: Actor) -> PrintJob:
    paper, shipment = _meant(session, document)
    return PrintJob(
        printer=printer_called(session, printer).name,
        paper=paper,
        document=document,
        request=request,
        order_number=shipment.order_number,
        shipment=shipment.number,
        asked_by=actor.name,
    )


def _meant(session: Session, document: str) -> tuple[PrintedPaper, Shipment]:
    """What a document is, and whose. Raises `CannotPrint`, `UnknownOrder`."""
    if document.startswith(_LABEL):
        label = _label(session, document)
        return PrintedPaper.LABEL, the_shipment(session, (label.order_number, label.shipment))
    kind = PrintedPaper.SLIP if document.startswith(_SLIP) else PrintedPaper.PICK_LIST
    return kind, the_shipment(session, _shipment_named(document))


def _shipment_named(document: str) -> ShipmentId:
    kind, _, name = document.partition(":")
    number, _, shipment = name.partition(":")
    known = f"{kind}:" in (_SLIP, _LIST)
    if not (known and number.isdecimal() and shipment.isdecimal() and len(name) < len("9" * 20)):
        raise CannotPrint("no-such-paper", document=document)
    return int(number), int(shipment)


def _label(session: Session, document: str) -> ShippingLabel:
    of_key = select(ShippingLabel).where(ShippingLabel.key == document.removeprefix(_LABEL))
    label = session.exec(of_key).first()
    if label is None or label.state != LabelState.BOUGHT or label.pdf is None:
        raise CannotPrint("label-is-void")
    if the_shipment(session, (label.order_number, label.shipment)).address_changed:
        raise CannotPrint("label-is-void")
    return label


def _paper(session: Session, job: PrintJob) -> bytes:
    if job.paper == PrintedPaper.LABEL:
        return _label(session, job.document).pdf or b""
    which = (job.order_number, job.shipment)
    if job.paper == PrintedPaper.SLIP:
        return packing_slip(session, which)
    return pick_list(session, which)


def _file_name(job: PrintJob) -> str:
    return f"{job.paper.replace(' ', '-')}-{job.order_number}-{job.id}.pdf"


def _next(session: Session, printer: str) -> PrintJob | None:
    wanted = select(PrintJob).where(
        PrintJob.printer == printer, PrintJob.state == PrintState.WANTED
    )
    first = wanted.order_by(col(PrintJob.id)).limit(1)
    return session.exec(first.with_for_update(skip_locked=True)).first()


def _end(
    job: PrintJob, state: PrintState, now: datetime, exit_status: int | None, said: str
) -> None:
    first_line = next((line.strip() for line in said.splitlines() if line.strip()), "")
    job.state, job.ended_at, job.exit_status = state, now, exit_status
    job.said = _fit_to_show(first_line)[:SAID_CHARACTERS]


def _fit_to_show(line: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in line)


def _the_job(session: Session, document: str, request: int) -> PrintJob:
    job = job_of(session, document, request)
    if job is None:
        raise CannotPrint("no-such-paper", document=document)
    return job


def _tell(session: Session, job: PrintJob, actor: Actor) -> None:
    shipment = the_shipment(session, (job.order_number, job.shipment))
    told = PrintRequested(paper=job.paper, printer=job.printer, request=job.request)
    add_event(session, shipment.key, EventKind.PRINT_REQUESTED, told, actor=actor)
