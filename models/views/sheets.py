"""What packing slips and pick lists show."""

from pydantic import Field

from models.views.base import OneLine, View


class SheetRow(View):
    """So many pieces of a product. `barcode` is what a scanner reads off the goods."""

    pieces: int = Field(gt=0)
    name: OneLine
    sku: OneLine
    barcode: OneLine = ""
    bin: OneLine = ""


class SheetPart(View):
    """Rows under a caption, such as those of a parcel."""

    caption: OneLine = ""
    rows: tuple[SheetRow, ...]


class Fact(View):
    """A figure with its caption."""

    caption: OneLine
    figure: OneLine


class SheetView(View):
    """A sheet of paper about a shipment: what it is called, its code, facts, and goods.

    `country` (ISO 3166) is where it is read. `link` is what its QR code opens; '': it has none. Of
    several columns those are set of which a row has something.
    """

    title: OneLine
    code: str = Field(pattern=r"^[\x21-\x7e]{1,64}$")
    link: str = ""
    country: str = Field(pattern=r"^[A-Z]{2}$")
    sender: tuple[OneLine, ...] = ()
    recipient: tuple[OneLine, ...] = ()
    facts: tuple[Fact, ...] = ()
    parts: tuple[SheetPart, ...]
    notes: tuple[OneLine, ...] = ()
    with_boxes_to_tick: bool = False


class SheetWords(View):
    """The words around the goods, in the reader's language."""

    pieces: OneLine
    product: OneLine
    bin: OneLine
    recipient: OneLine
    page: OneLine
    """With `{page}` and `{pages}`."""
