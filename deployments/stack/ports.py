"""Finding a port that is free, and keeping it."""

import random
import socket

HOST = "127.0.0.1"
_BELOW_THE_SYSTEMS_OWN = range(12_000, 32_000)
"""The system gives none of these away by itself, as it does with those from 32768 on."""

_ours: dict[int, socket.socket] = {}
"""By port: what shows the other processes that it is taken, until this one ends."""


def free_port(preferred: int = 0) -> int:
    """The preferred port if nobody listens on it, else any other that is free.

    It stays this process's while that lives: nobody else gets it from here, also while what listens
    on it is started again.
    """
    if preferred and _is_free(preferred):
        return preferred
    return next(port for port in _shuffled() if port not in _ours and _is_free(port))


def _shuffled() -> list[int]:
    return random.sample(_BELOW_THE_SYSTEMS_OWN, len(_BELOW_THE_SYSTEMS_OWN))


def _is_free(port: int) -> bool:
    return not _is_listened_on(port) and _take(port)


def _is_listened_on(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
        return False


def _take(port: int) -> bool:
    """Whether the port is this process's now. A name in Linux's abstract namespace says so: it has
    one owner, no file, and ends with the process.
    """
    if port in _ours:
        return True
    name = socket.socket(socket.AF_UNIX)
    try:
        name.bind(f"\0packline-port-{port}")
    except OSError:
        name.close()
        return False
    _ours[port] = name
    return True
