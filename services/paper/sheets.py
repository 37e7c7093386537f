"""What packing slips and pick lists have in common: whose they are, and in which words."""

from collections.abc import Iterable, Mapping, Sequence

from sqlmodel import Session, col, select

from adapters.documents.sheets import print_sheets
from adapters.language.sentences import Language, language_of
from adapters.settings import settings
from domain.allocation import ShipmentId
from domain.errors import PacklineError
from domain.messages import Message
from models.enums import OrderStatus
from models.tables.catalogue import Product
from models.tables.shipments import Shipment
from models.views.sheets import Fact, SheetView, SheetWords
from services.execution.errors import UnknownOrder
from services.execution.locks import IDENTITIES, find_shipment

_WORDS = {
    "pieces": Message("sheet-pieces", "Pieces"),
    "product": Message("sheet-product", "Product"),
    "bin": Message("sheet-bin", "Bin"),
    "recipient": Message("sheet-recipient", "To"),
}
_PAGE = Message("sheet-page", "Page {page} of {pages}", {"page": "{page}", "pages": "{pages}"})


class NothingOnPaper(PacklineError):
    """A sheet would have no goods."""

    messages = {
        "nothing-ships": "Nothing of order {number} ships: there is no packing slip for it.",
        "nothing-to-pick": "Nothing of order {number} is to be picked now (`packline order"
        " {number}` says how far it is).",
    }


def paper_language() -> Language:
    """The language of paper: the shop's."""
    return language_of(settings().locale, settings().time_zone)


def printed(views: Sequence[SheetView]) -> bytes:
    """The sheets as one PDF, in the shop's language."""
    language = paper_language()
    words = {name: language.sentence(word) for name, word in _WORDS.items()}
    said = SheetWords(**words, page=language.sentence(_PAGE))
    return print_sheets(views, said, settings().locale)


def shipments_of(session: Session, number: int) -> list[Shipment]:
    """The shipments of an order of which something ships. Raises `UnknownOrder`."""
    if number not in IDENTITIES or find_shipment(session, number) is None:
        raise UnknownOrder(number)
    of_order = select(Shipment).where(
        Shipment.order_number == number, Shipment.status != OrderStatus.CANCELLED
    )
    found = session.exec(of_order.order_by(col(Shipment.number)))
    return [shipment for shipment in found if shipment.goods]


def the_shipment(session: Session, which: ShipmentId) -> Shipment:
    """The shipment of these numbers. Raises `UnknownOrder`."""
    shipment = find_shipment(session, *which)
    if shipment is None:
        raise UnknownOrder(*which)
    return shipment


def products(session: Session, skus: Iterable[str]) -> Mapping[str, Product]:
    """Products by SKU."""
    found = session.exec(select(Product).where(col(Product.sku).in_(list(skus))))
    return {product.sku: product for product in found}


def fact(language: Language, caption: Message, figure: str) -> Fact:
    """A figure under its caption."""
    return Fact(caption=language.sentence(caption), figure=figure)
