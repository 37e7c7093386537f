"""The few things that Packline asks of Prefect's API, over plain HTTP.

Importing Prefect takes seconds; the command line and the dispatcher do without it.
"""

import json
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, NamedTuple

import httpx

from adapters.settings import settings
from domain.errors import PacklineError, Unavailable
from models.base import utc_now

ORDER_FULFILLMENT = "order-fulfillment/order-fulfillment"
DAILY_SUMMARY = "daily-summary/daily-summary"
_TIMEOUT_SECONDS = 30
_PAGE = 200
_HEARD_SECONDS = 60
"""So long the time that Prefect last told is reckoned on by our own ticking, before it is asked."""
_LIVE = ("SCHEDULED", "PENDING", "RUNNING", "PAUSED")
_NO_FORM = "Run input schema not found."
_NEVER = datetime.max.replace(tzinfo=UTC)


class PrefectAway(Unavailable):
    """Prefect's API does not answer."""

    message = (
        "Prefect at {url} does not answer ({problem}): orders wait and nothing is lost;"
        " start it with `packline up`, or correct PACKLINE_PREFECT_API_URL."
    )

    def __init__(self, url: str, problem: object) -> None:
        super().__init__(url=url, problem=str(problem))


class PrefectBroke(PrefectAway):
    """Prefect's API answers with an error of its own: it may be what was asked of it."""


class PrefectRefused(PacklineError):
    """Prefect answers, and does not do it."""

    message = (
        "Prefect refused {path} with status {status}:"
        " run `prefect deploy --all` if its deployments are gone, and look into its log."
    )

    def __init__(self, path: str, problem: httpx.HTTPStatusError) -> None:
        super().__init__(path=path, status=problem.response.status_code)


class FormMissing(PacklineError):
    """A run waits for a form that Prefect does not have, so nobody can resume it."""

    message = "Flow run {run_id} waits for a form that Prefect has lost."

    def __init__(self, run_id: str) -> None:
        super().__init__(run_id=run_id)


class RunState(NamedTuple):
    """How a flow run stands, and since when by Prefect's clock, with which no instant of ours is
    compared; `pause_key` names the gate at which it waits.
    """

    kind: str
    name: str
    pause_key: str | None = None
    since: datetime = _NEVER

    @property
    def waits(self) -> bool:
        """It is suspended until somebody resumes it."""
        return self.kind == "PAUSED"

    @property
    def works(self) -> bool:
        """A worker has it in hand, or had when it died."""
        return self.kind in ("PENDING", "RUNNING")

    @property
    def is_deferred(self) -> bool:
        """It comes back at a set time."""
        return self.kind == "SCHEDULED"

    @property
    def is_cancelled(self) -> bool:
        """Somebody pressed Cancel."""
        return self.kind in ("CANCELLED", "CANCELLING")

    @property
    def is_live(self) -> bool:
        """It will go on by itself, or waits for a person."""
        return self.kind in _LIVE


DELETED = RunState("DELETED", "Deleted")


class PrefectApi:
    """A connection to Prefect's API. Every call raises `PrefectAway` when it does not answer."""

    def __init__(self, url: str | None = None) -> None:
        self._url = url or settings().prefect_api_url
        auth = settings().prefect_auth
        user, _, password = auth.get_secret_value().partition(":") if auth else ("", "", "")
        self._http = httpx.Client(
            base_url=self._url,
            auth=(user, password) if auth else None,
            timeout=_TIMEOUT_SECONDS,
        )
        self._deployments: dict[str, str] = {}
        self._heard: tuple[float, datetime] | None = None
        """When Prefect last told the time, by a clock that nobody sets, and what it told."""

    def close(self) -> None:
        """Give the connection back."""
        self._http.close()

    def healthy(self) -> bool:
        """Whether the API answers."""
        try:
            return self._http.get("health").is_success
        except httpx.HTTPError:
            return False

    def now(self) -> datetime:
        """This instant by Prefect's clock, to the second: what its states' instants are compared
        with (docs/decisions/0028).
        """
        if self._heard is None or time.monotonic() - self._heard[0] > _HEARD_SECONDS:
            self._ask("GET", "health")
        if self._heard is None:
            raise PrefectAway(self._url, "it does not tell the time")
        heard_at, told = self._heard
        return told + timedelta(seconds=time.monotonic() - heard_at)

    def ensure_work_pool(self, name: str, kind: str) -> None:
        """Make the work pool, unless it is there."""
        self._ask("POST", "work_pools/", {"name": name, "type": kind}, may_be={409})

    def start(
        self,
        deployment: str,
        *,
        name: str,
        parameters: dict[str, Any],
        tags: Iterable[str] = (),
        idempotency_key: str | None = None,
    ) -> str:
        """Start a flow run, once per idempotency key; returns its id."""
        body = {
            "name": name,
            "parameters": parameters,
            "tags": list(tags),
            "idempotency_key": idempotency_key,
            "state": {"type": "SCHEDULED"},
        }
        path = f"deployments/{self._deployment_id(deployment)}/create_flow_run"
        return str(self._ask("POST", path, body).json()["id"])

    def resume(self, run_id: str, answer: dict[str, Any]) -> bool:
        """Let a waiting run go on, with an answer that fits its form.

        False: it does not wait, its gate is just being set up, or somebody else was faster. Asking
        again is harmless.
        """
        body = {"run_input": answer}
        response = self._ask("POST", f"flow_runs/{run_id}/resume", body, may_be={404, 409})
        if not response.is_success:
            return False
        answered = response.json()
        if (answered.get("details") or {}).get("reason") == _NO_FORM:
            raise FormMissing(run_id)
        return bool(answered["status"] == "ACCEPT")

    def show_form(self, run_id: str, pause_key: str, schema: dict[str, Any]) -> None:
        """Give a waiting run its form back."""
        body = {"key": f"suspended-{pause_key}-schema", "value": json.dumps(schema)}
        self._ask("POST", f"flow_runs/{run_id}/input", body, may_be={404, 409})

    def run_again(self, run_id: str, why: str) -> None:
        """Let a run start over, as Retry does; what the ledger has is not done again."""
        self._set(run_id, {"type": "SCHEDULED", "name": "AwaitingRetry", "message": why})

    def cancel(self, run_id: str, why: str) -> None:
        """End a run that has nothing left to do."""
        self._set(run_id, {"type": "CANCELLED", "name": "Cancelled", "message": why})

    def in_work(self) -> dict[str, RunState]:
        """Packline's runs that a worker has, or had, in hand: few at any time."""
        kinds = ["PENDING", "RUNNING", "CANCELLING"]
        which = {"state": {"type": {"any_": kinds}}} | self._ours()
        return self._filter(which, "EXPECTED_START_TIME_ASC")

    def ended_badly(self, since: datetime) -> dict[str, RunState]:
        """Packline's runs that were cancelled, crashed or failed since then."""
        kinds = {"state": {"type": {"any_": ["CANCELLED", "CRASHED", "FAILED"]}}}
        which = kinds | {"end_time": {"after_": since.isoformat()}} | self._ours()
        return self._filter(which, "END_TIME_DESC")

    def state(self, run_id: str) -> RunState:
        """A run's state; `DELETED` when there is no such run."""
        return self.states([run_id]).get(run_id, DELETED)

    def states(self, run_ids: Iterable[str]) -> dict[str, RunState]:
        """The states of many runs, by their ids; deleted runs are left out."""
        wanted = list(run_ids)
        found: dict[str, RunState] = {}
        for begin in range(0, len(wanted), _PAGE):
            found |= self._filter({"id": {"any_": wanted[begin : begin + _PAGE]}})
        return found

    def all_live(self, run_ids: list[str]) -> bool:
        """Whether all these runs go on by themselves or wait; cheaper than asking for each."""
        live = {"id": {"any_": run_ids}, "state": {"type": {"any_": list(_LIVE)}}}
        return int(self._ask("POST", "flow_runs/count", {"flow_runs": live}).json()) == len(run_ids)

    def _filter(self, which: dict[str, Any], sort: str = "ID_DESC") -> dict[str, RunState]:
        body = {"flow_runs": which, "limit": _PAGE, "sort": sort}
        found = self._ask("POST", "flow_runs/filter", body).json()
        return {run["id"]: _run_state(run) for run in found}

    def _ours(self) -> dict[str, Any]:
        ids = [self._deployment_id(name) for name in (ORDER_FULFILLMENT, DAILY_SUMMARY)]
        return {"deployment_id": {"any_": ids}}

    def _set(self, run_id: str, state: dict[str, str]) -> None:
        body = {"state": state, "force": True}
        self._ask("POST", f"flow_runs/{run_id}/set_state", body, may_be={404})

    def _deployment_id(self, name: str) -> str:
        if name not in self._deployments:
            found = self._ask("GET", f"deployments/name/{name}").json()
            self._deployments[name] = found["id"]
        return self._deployments[name]

    def _ask(
        self,
        method: str,
        path: str,
        body: object = None,
        may_be: frozenset[int] | set[int] = frozenset(),
    ) -> httpx.Response:
        try:
            response = self._request(method, path, body)
            if told := response.headers.get("Date"):
                self._heard = time.monotonic(), parsedate_to_datetime(told)
            if response.status_code not in may_be:
                response.raise_for_status()
        except httpx.HTTPStatusError as problem:
            self._deployments.clear()  # they may have been deployed anew
            if problem.response.is_client_error:
                raise PrefectRefused(path, problem) from problem
            raise PrefectBroke(self._url, problem) from problem
        except httpx.HTTPError as problem:
            raise PrefectAway(self._url, problem) from problem
        return response

    def _request(self, method: str, path: str, body: object) -> httpx.Response:
        """A question is asked once more when a kept connection turns out to be dead."""
        try:
            return self._http.request(method, path, json=body)
        except httpx.TransportError:
            if method != "GET":
                raise
            return self._http.request(method, path, json=body)


def prefect_now() -> datetime:
    """This instant by Prefect's clock, for what Prefect is to do later; by ours while it is away,
    and can be told of nothing.
    """
    try:
        return _clock().now()
    except PrefectAway:
        return utc_now()


@cache
def _clock() -> PrefectApi:
    return PrefectApi()


def _run_state(run: dict[str, Any]) -> RunState:
    state = run.get("state") or {}
    details = state.get("state_details") or {}
    since = datetime.fromisoformat(state["timestamp"]) if state else _NEVER
    return RunState(run["state_type"], run["state_name"], details.get("pause_key"), since)
