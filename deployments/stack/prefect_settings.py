"""Prefect's settings as Packline ships them: quick, quiet, and with a database that stays small."""

from adapters.settings import settings

_DAY_SECONDS = 24 * 60 * 60
_BATCH = "100"


def client_settings() -> dict[str, str]:
    """For workers and for the command `prefect`: they ride out minutes without the server."""
    return {
        "PREFECT_CLI_PROMPT": "false",
        "PREFECT_CLIENT_MAX_RETRIES": "8",
        "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",
        "PREFECT_WORKER_QUERY_SECONDS": "2",
        "PREFECT_LOGGING_EXTRA_LOGGERS": "packline",
    }


def server_settings() -> dict[str, str]:
    """For the server: it takes events in batches, and forgets old events and ended runs.

    Every waiting run is read to see whether its pause has expired. Packline's pauses never do, and
    those of the UI's button may do so a minute late.
    """
    return {
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": _BATCH,
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": _BATCH,
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
        "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_READ_BATCH_SIZE": _BATCH,
        "PREFECT_SERVER_SERVICES_TRIGGERS_READ_BATCH_SIZE": _BATCH,
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(
            settings().keep_runs_days * _DAY_SECONDS
        ),
        "PREFECT_SERVER_SERVICES_PAUSE_EXPIRATIONS_LOOP_SECONDS": "60",
        "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": f"P{settings().keep_events_days}D",
    }
