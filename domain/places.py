"""How regions and postal codes are compared, whichever way people write them."""


def comparable(text: str) -> str:
    """The text without case, spaces and hyphens: `SW1A 1AA` is `sw1a1aa`.

    Nothing is added or dropped besides: a US ZIP keeps its leading zeros.
    """
    return "".join(text.split()).replace("-", "").casefold()


def lies_in(postal_code: str, postal_prefix: str) -> bool:
    """Whether the postal code begins with the prefix. '' is everywhere."""
    return comparable(postal_code).startswith(comparable(postal_prefix))
