"""Finishing a batch: each of its orders is answered by itself, as a picking that was scanned."""

from dataclasses import dataclass

from adapters.database.sessions import transaction
from domain.errors import PacklineError
from domain.messages import Message
from models.batches import BatchOrder, BatchStage, BatchState
from services.access.actors import Actor
from services.answers.scanned_picking import finish_scanned_picking
from services.batches.current import current_batch
from services.batches.scans import NoBatch
from services.batches.state import batch_state


class NothingToFinish(PacklineError):
    """No order of a batch is complete."""

    messages = {
        "no-order-complete": "No order is complete: scan its pieces, or say why they are short.",
        "pieces-in-hand": "Put what you hold into tote {number} first, and scan it.",
    }


@dataclass(frozen=True)
class Finished:
    """The orders of a batch that are done, those that stay, and why some could not be finished."""

    done: int
    stay: int
    problems: tuple[Message, ...]


def finish_batch(actor: Actor) -> Finished:
    """Finish each order of the actor's batch whose lines are full or explained; others stay.

    Raises `NoBatch`, `NothingToFinish`.
    """
    state = _state(actor)
    if state.placing:
        raise NothingToFinish("pieces-in-hand", number=state.placing.number)
    complete = [order for order in state.picked if order.is_settled]
    if not complete or state.stage == BatchStage.CART:
        raise NothingToFinish("no-order-complete")
    problems = [problem for order in complete if (problem := _finish(order, actor))]
    done = len(complete) - len(problems)
    return Finished(done, len(state.picked) - done, tuple(problems))


def _state(actor: Actor) -> BatchState:
    with transaction() as session:
        batch = current_batch(session, actor.name)
        if batch is None:
            raise NoBatch
        return batch_state(session, batch)


def _finish(order: BatchOrder, actor: Actor) -> Message | None:
    """Each in a transaction of its own: one that was cancelled meanwhile holds up no other."""
    try:
        finish_scanned_picking(order.task, order.take, actor)
    except PacklineError as problem:
        return problem.says
    return None
