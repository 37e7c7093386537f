"""The house carrier: our own vans, with books of their own in our database."""

from sqlalchemy import func, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from adapters.carriers.base import HOUSE, LabelRequest, Voided
from adapters.database.sessions import transaction
from adapters.settings import settings
from domain.tracking import s10_number
from models.enums import BookingKind
from models.tables.shipping import CarrierBooking


class HouseCarrier:
    """The shop's own carrier: it keeps its book in a table, under the caller's keys."""

    name = HOUSE

    @property
    def title(self) -> str:
        """As the settings name it."""
        return settings().house_carrier_title

    def buy_label(self, request: LabelRequest) -> str:
        """Give the parcel a UPU S10 tracking number."""
        return self._book(request.key, BookingKind.LABEL)

    def void_label(self, key: str) -> None:
        """Strike the label out; the key stays in the book."""
        self._void(key, BookingKind.LABEL)

    def book_pickup(self, key: str, parcels: int, weight_grams: int) -> str:
        """Enter a collection into the book."""
        return self._book(key, BookingKind.PICKUP)

    def cancel_pickup(self, key: str) -> None:
        """Strike the collection out; the key stays in the book."""
        self._void(key, BookingKind.PICKUP)

    def _book(self, key: str, kind: BookingKind) -> str:
        with transaction() as session:
            if not session.get(CarrierBooking, key):
                reference = self._next_reference(session, kind)
                entry = insert(CarrierBooking).values(key=key, kind=kind, reference=reference)
                session.execute(entry.on_conflict_do_nothing())
            booked = session.exec(
                select(CarrierBooking.reference).where(
                    CarrierBooking.key == key, col(CarrierBooking.voided_at).is_(None)
                )
            ).one_or_none()
        if booked is None:
            raise Voided(key)
        return booked

    def _void(self, key: str, kind: BookingKind) -> None:
        """Of a booking and a voiding at once, one waits at the key until the other is in the book.

        The first voiding keeps its time.
        """
        now = func.clock_timestamp()
        entry = insert(CarrierBooking).values(key=key, kind=kind, voided_at=now)
        with transaction() as session:
            session.execute(
                entry.on_conflict_do_update(
                    index_elements=[col(CarrierBooking.key)],
                    set_={"voided_at": func.coalesce(col(CarrierBooking.voided_at), now)},
                )
            )

    def _next_reference(self, session: Session, kind: BookingKind) -> str:
        serial = session.scalar(text("SELECT nextval('house_carrier_serial')"))
        if kind == BookingKind.PICKUP:
            return f"PU{serial:08d}"
        return s10_number(int(serial), settings().carrier_country)
