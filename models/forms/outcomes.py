"""What can be said of a list that somebody has walked along with."""

from models.forms.base import Choice


class OutcomeChoice(Choice):
    """Whether all was as listed, at one gate or another."""

    ALL_AS_LISTED = "all as listed"
    SOMETHING_MISSING = "something is missing"
    TOO_FEW_OF_THESE = "too few of these, the rest as listed"
    DAMAGED_OR_MISSING = "something is damaged or missing"
