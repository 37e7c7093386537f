"""What became of mails."""

from models.results.base import StepResult


class MailSent(StepResult):
    """A mail that the mail server took, or will never take."""

    message_id: str
    recipients: tuple[str, ...]
    problem: str = ""

    def __str__(self) -> str:
        if not self.recipients:
            return "left to the last shipment of the order"
        whom = ", ".join(self.recipients)
        return f"refused for {whom}: {self.problem}" if self.problem else f"mailed to {whom}"


class CancellationTold(MailSent):
    """The mail about a cancelled order.

    `tells` are the keys of the line notices that it stands for: lines that were cancelled before,
    and of which no mail had told the customer.
    """

    tells: tuple[str, ...] = ()
