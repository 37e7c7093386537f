"""How Prefect finds the worker, and how the worker finds the flows."""

from importlib.metadata import entry_points

from prefect.plugins import load_prefect_collections
from prefect.workers.base import BaseWorker

from adapters.documents import fonts
from deployments.worker.worker import PacklineWorker, flow_at, prepare_paper
from flows.daily_summary import daily_summary
from flows.order_fulfillment import order_fulfillment
from tests.conftest import PROJECT


def test_prefect_finds_the_worker_by_its_type():
    assert "packline" in {entry.name for entry in entry_points(group="prefect.collections")}
    load_prefect_collections()
    assert BaseWorker.get_worker_class_from_type("packline") is PacklineWorker


def test_a_flow_is_imported_once_and_not_as_a_copy():
    assert flow_at("flows/order_fulfillment.py:order_fulfillment") is order_fulfillment
    assert flow_at("flows/daily_summary.py:daily_summary") is daily_summary


def test_every_flow_has_its_deployment():
    declared = (PROJECT / "prefect.yaml").read_text()
    for flow in (order_fulfillment, daily_summary):
        assert f"  - name: {flow.name}\n" in declared
        assert f"flows/{flow.fn.__name__}.py:{flow.fn.__name__}" in declared


def test_a_worker_says_at_its_start_what_it_cannot_print(monkeypatch, caplog):
    monkeypatch.setattr(fonts, "installed", fonts.packaged)
    prepare_paper()
    assert "Tibetan" in caplog.text
    assert "`apt-get install fonts-noto-core` brings more fonts" in caplog.text


def test_a_worker_that_can_print_everything_says_nothing(monkeypatch, caplog):
    monkeypatch.setattr(fonts, "missing_scripts", tuple)
    prepare_paper()
    assert caplog.text == ""
