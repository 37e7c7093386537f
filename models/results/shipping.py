"""What became of labels, costs and pickups."""

from models.results.base import StepResult


class PickupCancelled(StepResult):
    """The collection that was called off, by its key; none: none was ordered."""

    called_off: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.called_off:
            return "no pickup was ordered"
        return f"called off {', '.join(self.called_off)}"


class LabelsVoided(StepResult):
    """The labels that were given back, by their keys."""

    voided: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"voided {', '.join(self.voided)}" if self.voided else "there were no labels"


class LabelsBought(StepResult):
    """One tracking number per parcel."""

    carrier: str
    tracking_numbers: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.carrier}: {', '.join(self.tracking_numbers)}"


class ShippingCost(StepResult):
    """What the carrier takes, beside what the customer was charged; minor units."""

    cost_minor: int
    charged_minor: int
    currency: str

    def __str__(self) -> str:
        return (
            f"costs {self.cost_minor}, charged {self.charged_minor} minor units of {self.currency}"
        )


class TrackingInfo(StepResult):
    """How the customer follows the order."""

    carrier: str
    tracking_number: str

    def __str__(self) -> str:
        return f"{self.carrier} {self.tracking_number}"


class PickupBooked(StepResult):
    """The carrier will come, and the coordinator has a task."""

    reference: str
    task_id: int

    def __str__(self) -> str:
        return f"booked as {self.reference}, task {self.task_id}"
