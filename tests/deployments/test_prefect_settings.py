"""Prefect understands the settings that Packline gives it."""

import json
import os
import subprocess
import sys

from deployments.stack.prefect_settings import client_settings, server_settings

SHOW = """
import json
from prefect.settings.context import get_current_settings
given = get_current_settings()
vacuum = given.server.services.db_vacuum
print(json.dumps({
    "kinds": sorted(vacuum.enabled_vacuum_types),
    "runs": vacuum.retention_period.days,
    "events": given.server.events.retention_period.days,
    "batch": given.server.services.task_run_recorder.batch_size,
    "pauses": given.server.services.pause_expirations.loop_seconds,
    "retries": given.client.max_retries,
}))
"""


def test_prefects_database_forgets_what_is_old():
    given = {**os.environ, **client_settings(), **server_settings()}
    shown = subprocess.run(
        [sys.executable, "-c", SHOW], env=given, capture_output=True, text=True, check=True
    )
    assert json.loads(shown.stdout) == {
        "kinds": ["events", "flow_runs", "orphans"],
        "runs": 30,
        "events": 3,
        "batch": 100,
        "pauses": 60,
        "retries": 8,
    }
