"""Who may sign in to the console, what is signed in, and what was tried."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from models.base import identity, instant, later

LOGIN_CHARACTERS = 64
DEVICE_CHARACTERS = 64
ADDRESS_CHARACTERS = 64
BROWSER_CHARACTERS = 200


class UserAccount(SQLModel, table=True):
    """Somebody of the staff who may sign in, until the account is disabled.

    The password is kept as argon2 has hashed it. `language` is a locale such as `de`; None: the
    shop's.
    """

    __tablename__ = "user_account"
    __table_args__ = (
        CheckConstraint("login = lower(login) AND login <> ''", name="login_in_small_letters"),
    )

    staff: str = Field(primary_key=True, max_length=100, foreign_key="staff.name")
    login: str = Field(max_length=LOGIN_CHARACTERS, unique=True)
    password_hash: str = Field(max_length=200)
    must_change_password: bool = Field(default=True, sa_column_kwargs={"server_default": "true"})
    language: str | None = Field(default=None, max_length=16)
    created_at: datetime = instant()
    disabled_at: datetime | None = instant(None)


class Badge(SQLModel, table=True):
    """What somebody signs in with on a shared device: a code, and a PIN that they chose.

    Kept are hashes: a badge that is lost is replaced, not read out.
    """

    staff: str = Field(primary_key=True, max_length=100, foreign_key="user_account.staff")
    code_hash: str = Field(max_length=64, unique=True)
    pin_hash: str | None = Field(default=None, max_length=200)
    issued_at: datetime = instant()


class Device(SQLModel, table=True):
    """A scanner, tablet or desk that many share, registered by an admin; `language` is what it
    speaks to whoever has chosen none.
    """

    id: int = identity()
    name: str = Field(max_length=DEVICE_CHARACTERS, unique=True)
    token_hash: str = Field(max_length=64, unique=True)
    language: str | None = Field(default=None, max_length=16)
    registered_by: str = Field(max_length=100)
    registered_at: datetime = instant()
    revoked_at: datetime | None = instant(None)


class WebSession(SQLModel, table=True):
    """A browser in which somebody is signed in. Its token is in the browser only: kept is its hash.

    On a shared device, `device_id` is which; somebody signed in there by badge and PIN.

    It is over at `expires_at`, when nothing was seen of it for long, or once it has been ended.
    """

    __tablename__ = "web_session"
    __table_args__ = (
        CheckConstraint("expires_at > opened_at", name="ends"),
        Index("ix_web_session_live", "staff", postgresql_where=text("ended_at IS NULL")),
    )

    id: int = identity()
    token_hash: str = Field(max_length=64, unique=True)
    staff: str = Field(max_length=100, foreign_key="user_account.staff")
    device_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="device.id")
    address: str = Field(max_length=ADDRESS_CHARACTERS)
    browser: str = Field(max_length=BROWSER_CHARACTERS)
    opened_at: datetime = instant()
    seen_at: datetime = instant()
    expires_at: datetime = later()
    ended_at: datetime | None = instant(None)


class Installation(SQLModel, table=True):
    """What is true of the whole installation, in one row. `is_sample`: the sample day was brought
    in, and every page says that it is a sample.
    """

    __table_args__ = (CheckConstraint("only_one", name="only_one"),)

    only_one: bool = Field(
        default=True, primary_key=True, sa_column_kwargs={"server_default": "true"}
    )
    is_sample: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})


class SignInAttempt(SQLModel, table=True):
    """Somebody tries to sign in, or did so in vain: under which name, and from which address.

    Those of a name go once somebody gets in under it.
    """

    __tablename__ = "sign_in_attempt"
    __table_args__ = (
        Index("ix_sign_in_attempt_login_at", "login", "at"),
        Index("ix_sign_in_attempt_address_at", "address", "at"),
    )

    id: int = identity()
    login: str = Field(max_length=LOGIN_CHARACTERS)
    address: str = Field(max_length=ADDRESS_CHARACTERS)
    at: datetime = instant()
