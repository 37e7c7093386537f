"""Keeping processes alive, and leaving none behind."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

_PATIENCE_SECONDS = 20
_RESTART_PAUSE_SECONDS = 1.0


@dataclass
class Service:
    """A process to keep alive. Its output goes to a log file."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, tied to this process, in a session of its own: Ctrl-C reaches only us."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        watchdog = [sys.executable, "-m", "deployments.stack.watchdog", str(os.getpid())]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*watchdog, *self.command],
                env=self.environment,
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def exit_status(self) -> int | None:
        """How it ended; None while it runs."""
        return self.process.poll() if self.process else None

    def stop(self) -> None:
        """Ask it to end, wait, and end it."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Supervisor:
    """Services in the order of their start; they stop in the opposite order."""

    def __init__(self) -> None:
        self._services: list[Service] = []

    def start(self, service: Service) -> None:
        """Start a service and keep it alive from now on."""
        self._services.append(service)
        service.start()

    def recover(self) -> list[str]:
        """Start again what has died; returns a line for each."""
        lines = []
        for service in self._services:
            status = service.exit_status
            if status is not None:
                time.sleep(_RESTART_PAUSE_SECONDS)
                service.start()
                lines.append(
                    f"{service.name} ended with status {status} and was started again;"
                    f" its log is {service.log}"
                )
        return lines

    def stop(self) -> None:
        """Stop everything, last started first."""
        while self._services:
            self._services.pop().stop()


PROJECT = Path(__file__).resolve().parents[2]
"""The clone: `prefect.yaml` and the flows lie here."""
