"""Who does something: a name, roles, and the way in (docs/decisions/0024).

Whoever takes something in from a person makes an `Actor` of it. Roles are carried, and nobody is
turned away for theirs: that is for an entrance where people sign in.
"""

from dataclasses import dataclass

from sqlmodel import Session, select

from adapters.database.sessions import transaction
from models.enums import Channel, Role
from models.tables.staff import Staff


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Somebody, or a part of Packline, with the roles that are known of them."""

    name: str
    channel: Channel
    roles: frozenset[Role] = frozenset()


PACKLINE = Actor(name="Packline", channel=Channel.PACKLINE)
"""Who does what nobody did by hand."""


IMPORT = Actor(name="import", channel=Channel.IMPORT)
"""Who takes in a file in which nobody is named."""


def actor_named(session: Session, name: str, channel: Channel) -> Actor:
    """Somebody who gave a name, with the roles of the staff of that name, if there is one."""
    if not name.isprintable():  # nobody is called so, and Postgres takes no NUL
        return Actor(name=name, channel=channel)
    roles = session.exec(select(Staff.role).where(Staff.name == name))
    return Actor(name=name, channel=channel, roles=frozenset(map(Role, roles)))


def who_is(name: str, channel: Channel) -> Actor:
    """The same, looked up in a transaction of its own."""
    with transaction() as session:
        return actor_named(session, name, channel)
