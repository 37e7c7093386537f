"""Finding a port that is free."""

import socket

HOST = "127.0.0.1"


def free_port(preferred: int = 0) -> int:
    """The preferred port if nobody listens on it, else any other that is free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, preferred))
        except OSError:
            return free_port()
        return int(probe.getsockname()[1])
