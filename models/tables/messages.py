"""The outbox: every mail is written here before it is sent."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from models.base import identity, instant
from models.enums import MessageState, enum_column

KEY_CHARACTERS = 96


class Message(SQLModel, table=True):
    """A mail. One per key; its Message-ID is the same in every attempt to send it.

    `image` is a PNG that the HTML shows as `cid:chart`. `sending_since` is set while an attempt is
    at it; `unclear` counts the attempts of which nobody knows whether the mail went out. `sent_at`
    is when the mail server said yes.
    """

    __table_args__ = (
        CheckConstraint("state <> 'sent' OR sent_at IS NOT NULL", name="sent_when"),
        Index("ix_message_to_send", "id", postgresql_where=text("state = 'written'")),
    )

    id: int = identity()
    key: str = Field(max_length=KEY_CHARACTERS, unique=True)
    message_id: str = Field(max_length=200, unique=True)
    recipients: list[str] = Field(sa_type=JSONB, nullable=False)
    subject: str = Field(max_length=300)
    text: str
    html: str
    image: bytes | None = None
    state: MessageState = Field(
        default=MessageState.WRITTEN, sa_column=enum_column(MessageState, "state")
    )
    problem: str = Field(default="", max_length=1000)
    written_at: datetime = instant()
    sending_since: datetime | None = instant(None)
    unclear: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    sent_at: datetime | None = instant(None)
