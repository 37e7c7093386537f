"""Who may sign in."""

from collections import Counter
from datetime import datetime

from pydantic import BaseModel
from sqlmodel import Session, col, select

from domain.messages import Word
from models.enums import Role
from models.tables.access import UserAccount
from models.tables.staff import Staff
from services.access.web_sessions import live_sessions


class UserRow(BaseModel):
    """Somebody who may sign in. `sessions` counts the browsers in which they are signed in."""

    login: str
    name: str
    roles: list[Role]
    warehouses: list[str]
    active: bool
    must_change_password: bool
    disabled_at: datetime | None
    sessions: int

    @property
    def state(self) -> Word:
        """Whether they can sign in, in a word."""
        if not self.active:
            return Word("has left")
        if self.disabled_at:
            return Word("disabled")
        return Word("new password") if self.must_change_password else Word("active")


def list_users(session: Session) -> list[UserRow]:
    """All accounts, by name."""
    signed_in = Counter(visit.staff for visit in live_sessions(session))
    accounts = select(UserAccount, Staff).where(Staff.name == UserAccount.staff)
    return [
        UserRow(
            login=account.login,
            name=staff.name,
            roles=staff.roles,
            warehouses=sorted(staff.warehouses),
            active=staff.active,
            must_change_password=account.must_change_password,
            disabled_at=account.disabled_at,
            sessions=signed_in[staff.name],
        )
        for account, staff in session.exec(accounts.order_by(col(UserAccount.login)))
    ]


def staff_without_account(session: Session) -> list[str]:
    """Who works here and cannot sign in yet, by name."""
    accounts = select(UserAccount.staff)
    others = select(Staff.name).where(col(Staff.active), col(Staff.name).not_in(accounts))
    return list(session.exec(others.order_by(col(Staff.name))))
