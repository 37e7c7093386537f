"""Who may do what: one table of roles and actions, which the pages, and their test, go by."""

from enum import StrEnum

from domain.errors import PacklineError
from models.enums import Role
from services.access.actors import Actor


class Action(StrEnum):
    """What somebody may do, as a refusal says it."""

    SEE_WORK = "see the work of your roles"
    DO_TASKS = "take and finish tasks of your roles"
    PICK_WITHOUT_SCAN = "finish a picking without scanning it"
    PICK_BATCHES = "pick several orders in one walk"
    PACK = "pack at the bench"
    DO_ANY_TASK = "take and finish tasks of other roles"
    GIVE_OUT_TASKS = "give a task to somebody, or take it away"
    PUT_ORDERS_FIRST = "put an order first"
    SEE_ORDERS = "look up orders"
    PRINT_PAPER = "print labels, packing slips and pick lists"
    HAND_OVER = "hand parcels over to carriers"
    CHANGE_STOCK = "receive, count and move stock"
    MANAGE_USERS = "manage users"
    MANAGE_DEVICES = "register shared devices"


FLOOR_ROLES = frozenset({Role.WAREHOUSE_STAFF, Role.PACKER, Role.LOGISTICS_COORDINATOR})
_OPERATOR = frozenset({Role.OPERATOR})

ALLOWED: dict[Action, frozenset[Role]] = {
    Action.SEE_WORK: FLOOR_ROLES | _OPERATOR,
    Action.DO_TASKS: FLOOR_ROLES | _OPERATOR,
    Action.PICK_WITHOUT_SCAN: _OPERATOR,
    Action.PICK_BATCHES: _OPERATOR | {Role.WAREHOUSE_STAFF},
    Action.PACK: _OPERATOR | {Role.PACKER},
    Action.DO_ANY_TASK: _OPERATOR,
    Action.GIVE_OUT_TASKS: _OPERATOR,
    Action.PUT_ORDERS_FIRST: _OPERATOR,
    Action.SEE_ORDERS: FLOOR_ROLES | _OPERATOR | {Role.MANAGER},
    Action.PRINT_PAPER: FLOOR_ROLES | _OPERATOR,
    Action.HAND_OVER: _OPERATOR | {Role.LOGISTICS_COORDINATOR},
    Action.CHANGE_STOCK: _OPERATOR | {Role.WAREHOUSE_STAFF},
    Action.MANAGE_USERS: frozenset({Role.ADMIN}),
    Action.MANAGE_DEVICES: frozenset({Role.ADMIN}),
}
"""The roles that may do each."""


class NotAllowed(PacklineError):
    """Somebody is signed in, and may not do this."""

    message = "To {action}, one must be {roles: or }: ask an admin for the role."

    def __init__(self, action: Action) -> None:
        roles = tuple(role for role in Role if role in ALLOWED[action])
        super().__init__(action=action, roles=roles)


def may(actor: Actor, action: Action) -> bool:
    """Whether one of the actor's roles allows it."""
    return bool(actor.roles & ALLOWED[action])


def require(actor: Actor, action: Action) -> None:
    """Raises `NotAllowed`."""
    if not may(actor, action):
        raise NotAllowed(action)
