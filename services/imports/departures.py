"""Taking in when carriers depart from which warehouse."""

from collections.abc import Iterator

from sqlmodel import Session

from adapters.database.sessions import transaction
from adapters.files.rows import Row, RowFile
from domain.messages import Message
from models.imports.fields import ImportRow
from models.imports.kinds import Kind
from services.access.actors import Actor
from services.imports.counts import ImportCounts
from services.imports.reference_data import RecordImport
from services.imports.stock_changes import unknown_warehouses
from services.inventory.warehouses import warehouses
from services.worklist.departures import look_up_departures


class DepartureImport(RecordImport):
    """Once departures have changed, those of all open shipments are looked up anew."""

    def __init__(self, file: RowFile, kind: Kind, counts: ImportCounts, actor: Actor) -> None:
        super().__init__(file, kind, counts, actor)
        with transaction() as session:
            self.warehouses = warehouses(session)

    def unknown(self, row: Row) -> Iterator[Message]:
        """Its warehouse."""
        for problem in unknown_warehouses(self.warehouses, self.kind, row):
            yield problem.says.about("warehouse")

    def keep(self, session: Session, batch: list[ImportRow]) -> tuple[int, int]:
        """As for other records."""
        new, changed = super().keep(session, batch)
        if new or changed:
            look_up_departures(session)
        return new, changed

    def remove_others(self, session: Session, batch: list[ImportRow]) -> int:
        """As for other records."""
        gone = super().remove_others(session, batch)
        if gone:
            look_up_departures(session)
        return gone
