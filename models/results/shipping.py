"""What became of labels, costs and pickups."""

from domain.messages import Message, Value
from domain.money import amount
from models.results.base import StepResult


class PickupCancelled(StepResult):
    """The collection that was called off, by its key; none: none was ordered."""

    called_off: tuple[str, ...] = ()

    def said(self) -> Message:
        """Which collection."""
        if not self.called_off:
            return Message("no-pickup-ordered", "no pickup was ordered")
        return Message("pickup-called-off", "called off {keys}", {"keys": self.called_off})


class LabelsVoided(StepResult):
    """The labels that were given back, by their keys."""

    voided: tuple[str, ...] = ()

    def said(self) -> Message:
        """Which labels."""
        if not self.voided:
            return Message("no-labels-to-void", "there were no labels")
        return Message("labels-voided", "voided {keys}", {"keys": self.voided})


class LabelsBought(StepResult):
    """One tracking number per parcel."""

    carrier: str
    tracking_numbers: tuple[str, ...]

    def said(self) -> Message:
        """Whose labels, with their numbers."""
        values: dict[str, Value] = {"carrier": self.carrier, "numbers": self.tracking_numbers}
        return Message("labels-bought", "{carrier}: {numbers}", values)


class ShippingCost(StepResult):
    """What the carrier takes, beside what the customer was charged; minor units of a currency
    each.
    """

    cost_minor: int
    cost_currency: str
    charged_minor: int
    currency: str

    def said(self) -> Message:
        """Both amounts."""
        values = {
            "cost": amount(self.cost_minor, self.cost_currency),
            "charged": amount(self.charged_minor, self.currency),
        }
        return Message("shipping-costs", "costs {cost}, charged {charged}", values)


class TrackingInfo(StepResult):
    """How the customer follows the order."""

    carrier: str
    tracking_number: str

    def said(self) -> Message:
        """Whose number, and which."""
        values = {"carrier": self.carrier, "number": self.tracking_number}
        return Message("tracked-as", "{carrier} {number}", values)


class PickupBooked(StepResult):
    """The carrier will come, and the coordinator has a task."""

    reference: str
    task_id: int

    def said(self) -> Message:
        """The booking and the task."""
        values: dict[str, Value] = {"reference": self.reference, "task": self.task_id}
        return Message("pickup-booked", "booked as {reference}, task {task}", values)
