"""Who does something: a name, roles, and the way in (docs/decisions/0024).

Whoever takes something in from a person makes an `Actor` of it. Roles are carried, and nobody is
turned away for theirs: that is for an entrance where people sign in.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlmodel import Session

from adapters.database.sessions import transaction
from domain.errors import PacklineError
from domain.texts import as_key
from models.enums import Channel, Role
from models.tables.staff import Staff


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Somebody, or a part of Packline, with the roles that are known of them, and the codes of the
    warehouses where they work; none: in all. Who `has_left` does nothing any more: another one uses
    the name.
    """

    name: str
    channel: Channel
    roles: frozenset[Role] = frozenset()
    warehouses: frozenset[str] = frozenset()
    has_left: bool = False


def works_in(warehouses: Collection[str], warehouse: str | None) -> bool:
    """Whether whoever works in these warehouses, without any in all, works in that one; what is in
    none is everybody's.
    """
    return warehouse is None or not warehouses or warehouse in warehouses


class HasLeft(PacklineError):
    """Something is to be done in the name of somebody who has left."""

    message = "{name!q} no longer works here, as staff.csv says: give your own name."

    def __init__(self, name: str) -> None:
        super().__init__(name=name)


PACKLINE = Actor(name="Packline", channel=Channel.PACKLINE)
"""Who does what nobody did by hand."""


IMPORT = Actor(name="import", channel=Channel.IMPORT)
"""Who takes in a file in which nobody is named."""


def actor_named(session: Session, name: str, channel: Channel) -> Actor:
    """Somebody who gave a name, with the roles of the staff of that name, if there is one."""
    name = as_key(name)
    if not name.isprintable():  # nobody is called so, and Postgres takes no NUL
        return Actor(name=name, channel=channel)
    staff = session.get(Staff, name)
    if staff is None:
        return Actor(name=name, channel=channel)
    return Actor(
        name=name,
        channel=channel,
        roles=frozenset(staff.roles),
        warehouses=staff.warehouses,
        has_left=not staff.active,
    )


def who_is(name: str, channel: Channel) -> Actor:
    """The same, looked up in a transaction of its own. Raises `HasLeft`."""
    with transaction() as session:
        actor = actor_named(session, name, channel)
    if actor.has_left:
        raise HasLeft(name)
    return actor
