"""Taking in staff, with the warehouses where they work."""

from collections.abc import Iterator

from sqlmodel import Session, col, select

from adapters.database.sessions import transaction
from adapters.files.rows import Row, RowFile
from domain.messages import Message
from models.imports.fields import ImportRow
from models.imports.kinds import Kind, read_fields
from models.imports.reference_data import StaffIn
from models.tables.staff import StaffWarehouse
from services.access.actors import Actor
from services.imports.counts import ImportCounts
from services.imports.reference_data import RecordImport, keep_rows
from services.inventory.warehouses import UnknownWarehouse, warehouses


class StaffImport(RecordImport):
    """A row is a person, with all of their roles and warehouses: what it does not name is gone."""

    def __init__(self, file: RowFile, kind: Kind, counts: ImportCounts, actor: Actor) -> None:
        super().__init__(file, kind, counts, actor)
        with transaction() as session:
            self.codes = [warehouse.code for warehouse in warehouses(session)]

    def unknown(self, row: Row) -> Iterator[Message]:
        """Its warehouses."""
        read = read_fields(self.kind, row.values, ("warehouses",)) or {"warehouses": ()}
        for code in read["warehouses"]:
            if code not in self.codes:
                yield UnknownWarehouse(code, self.codes).says.about("warehouses")

    def keep(self, session: Session, batch: list[ImportRow]) -> tuple[int, int]:
        """People first, then where they work."""
        people = sorted(batch, key=self._key_of)
        new, changed = keep_rows(session, self.table, [person.columns() for person in people])
        moved = _place(session, [person for person in people if isinstance(person, StaffIn)])
        return len(new), len({*changed, *((name,) for name in moved)} - new)


def _place(session: Session, people: list[StaffIn]) -> set[str]:
    """Keep where these people work, and nowhere else; returns the names of those who moved."""
    names = [person.name for person in people]
    wanted = {(person.name, code) for person in people for code in person.warehouses}
    of_them = select(StaffWarehouse).where(col(StaffWarehouse.name).in_(names))
    known = {(place.name, place.warehouse): place for place in session.exec(of_them)}
    for left in known.keys() - wanted:
        session.delete(known[left])
    session.flush()
    session.add_all(
        StaffWarehouse(name=name, warehouse=code) for name, code in wanted - known.keys()
    )
    session.flush()
    return {name for name, _ in wanted ^ known.keys()}
