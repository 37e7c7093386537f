"""What became of mails."""

from collections.abc import Mapping
from typing import Any, Self

from domain.messages import Message, Plural
from models.results.base import StepResult

_MAILED = Plural("mailed to {number} address", "mailed to {number} addresses", "number")
_REFUSED = Plural(
    "the mail server refused {number} address",
    "the mail server refused some of {number} addresses",
    "number",
)


class MailSent(StepResult):
    """A mail that the mail server took, or will never take.

    Its event has neither the addresses nor what the mail server said of them, only how many there
    are and whether there was a problem: the outbox has the rest.
    """

    message_id: str
    recipients: tuple[str, ...]
    problem: str = ""

    def said(self) -> Message:
        """To how many addresses it went, or that it did not."""
        number = {"number": len(self.recipients)}
        if not self.recipients:
            return Message("left-to-last-shipment", "left to the last shipment of the order")
        if self.problem:
            return Message("mail-refused-for", _REFUSED, number)
        return Message("mailed-to", _MAILED, number)

    def as_event(self) -> dict[str, Any]:
        """Counts in place of addresses."""
        kept = self.model_dump(mode="json", exclude={"recipients", "problem"})
        return kept | {"addresses": len(self.recipients), "refused": bool(self.problem)}

    @classmethod
    def of_event(cls, values: Mapping[str, Any]) -> Self:
        """The result, with nobody's address."""
        recipients = ("…",) * values["addresses"]
        problem = "…" if values["refused"] else ""
        return cls.model_validate({**values, "recipients": recipients, "problem": problem})


class CancellationTold(MailSent):
    """The mail about a cancelled order.

    `tells` are the keys of the line notices that it stands for: lines that were cancelled before,
    and of which no mail had told the customer.
    """

    tells: tuple[str, ...] = ()
