"""People at the console: fifty at once, a task each in ten seconds, beside 10,000 that wait.

python -m tests.benchmarks.people [WAITING] [PEOPLE] [SECONDS]
"""

import sys
import threading
import time
import uuid
from collections import defaultdict
from statistics import median

import httpx
from sqlmodel import func, select

from adapters.database.sessions import database_url, transaction
from benchmarks.meters import percentile
from deployments.demo.simulated_staff import SimulatedStaff
from deployments.demo.staff_at_the_console import filled_in
from models.enums import Role, TaskKind, TaskState
from models.tables.staff import Staff, StaffTask
from services.access.actors import PACKLINE
from services.accounts.users import add_user
from services.audit.audit import audit
from tests.benchmarks.measuring import screen, shop_on_a_stack, show
from tests.benchmarks.waiting import _let_wait
from tests.benchmarks.waiting_orders import multiply

PERIOD_SECONDS = 10
ALONE = 30
HEAD = ("What", "Count", "Median ms", "p95 ms", "Max ms")


class Measured:
    """Milliseconds from a press to the next page, by what was pressed; and what went wrong."""

    def __init__(self) -> None:
        self.times: dict[str, list[float]] = defaultdict(list)
        self.errors: list[str] = []
        self._lock = threading.Lock()

    def press(self, what: str, ask) -> httpx.Response:
        start = time.perf_counter()
        answer = ask()
        took = 1000 * (time.perf_counter() - start)
        with self._lock:
            self.times[what].append(took)
            if not answer.is_success:
                self.errors.append(f"{what}: {answer.status_code}")
        return answer

    def table(self):
        return [
            (what, len(took), median(took), percentile(took, 0.95), max(took))
            for what, took in self.times.items()
        ]


class Person:
    """Somebody at a browser of their own, who does one task after the other."""

    def __init__(self, url: str, number: int, measured: Measured) -> None:
        self.name, self.measured = f"Person {number}", measured
        with transaction() as session:
            roles = [Role.WAREHOUSE_STAFF, Role.PACKER, Role.LOGISTICS_COORDINATOR]
            session.add(Staff(name=self.name, roles=roles))
        password = add_user(self.name, f"person{number}", PACKLINE, for_good=True)
        self.browser = httpx.Client(base_url=url, timeout=60, follow_redirects=True)
        sign_in = {"login": f"person{number}", "password": password}
        self.token = _token(self.browser.post("/sign-in", data=sign_in).text)
        self.staff, self.device, self.sequence = SimulatedStaff(), str(uuid.uuid4()), 0

    def look(self) -> None:
        self.measured.press("my work", lambda: self.browser.get("/work"))

    def do_a_task(self) -> None:
        form = {"form_token": self.token}
        page = self.measured.press("next", lambda: self.browser.post("/work/next", data=form))
        found = page.url.path.rpartition("/")[2]
        if not found.isdecimal():
            return
        with transaction() as session:
            task = session.get_one(StaffTask, int(found))
        if task.kind == TaskKind.PICKING:
            self.pick(task)
            return
        plain = self.browser.get(f"/tasks/{task.id}", params={"form": "1"}).text
        answer = filled_in(plain, self.staff.answer_to(task))
        path = f"/tasks/{task.id}/answer"
        self.measured.press("done", lambda: self.browser.post(path, data=answer))

    def work(self, seconds: float, begin: float) -> None:
        time.sleep(begin)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            started = time.monotonic()
            self.do_a_task()
            time.sleep(max(0.0, PERIOD_SECONDS - (time.monotonic() - started)))

    def pick(self, task: StaffTask) -> None:
        """Piece by piece, by scan."""
        for item in (task.checklist or {})["items"]:
            for _ in range(item["quantity"]):
                self.scan(item["barcode"], task)
        done = {"form_token": self.token, "take": str(task.take_number)}
        path = f"/tasks/{task.id}/finish"
        self.measured.press("done", lambda: self.browser.post(path, data=done))

    def scan(self, barcode: str, task: StaffTask) -> None:
        self.sequence += 1
        scan = {"key": str(uuid.uuid4()), "take": task.take_number, "device": self.device}
        scans = {"scans": [scan | {"sequence": self.sequence, "raw": barcode}]}
        path, headers = f"/tasks/{task.id}/scans", {"X-Form-Token": self.token}
        self.measured.press("scan", lambda: self.browser.post(path, json=scans, headers=headers))


def main(waiting: int = 10_000, people: int = 50, seconds: float = 120) -> None:
    """Measure one person alone, and then many at once."""
    with shop_on_a_stack("bench-people") as (stack, shop):
        stack.add_console()
        template, *_ = _let_wait(stack, shop, 10)
        multiply(database_url(), stack.prefect_database, template, waiting - 10)
        alone, crowd = Measured(), Measured()
        crew = [Person(stack.console_here, number, crowd) for number in range(people)]
        crew[0].measured = alone
        for _ in range(ALONE):
            crew[0].look()
        show(f"One person, {waiting:,} tasks open", HEAD, alone.table())
        crew[0].measured = crowd
        threads = [
            threading.Thread(target=person.work, args=(seconds, PERIOD_SECONDS * n / people))
            for n, person in enumerate(crew)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        show(f"{people} people, a task every {PERIOD_SECONDS} s", HEAD, crowd.table())
        screen.print("Errors:", crowd.errors or "none")
        screen.print("Tasks still open:", _open())
        screen.print("Audit:", "all checks hold" if audit(stack.prefect).ok else "BROKEN")


def _open() -> int:
    with transaction() as session:
        tasks = select(func.count()).where(StaffTask.state == TaskState.OPEN)
        return session.exec(tasks).one()


def _token(page: str) -> str:
    return page.partition('name="form_token" value="')[2].partition('"')[0]


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
