"""Start a program that ends when the process that wanted it ends, even by `kill -9`.

`python -m deployments.stack.watchdog PARENT_PID PROGRAM ARGUMENT…` becomes the program.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Tie this process to its parent (Linux; elsewhere it just starts), then become the program.

    Signals mean what they usually do: a script's `packline up &` hands down that SIGINT is ignored,
    and Prefect's worker and server turn SIGTERM into SIGINT, so they would hear neither.
    """
    parent, program = int(sys.argv[1]), sys.argv[2:]
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            raise SystemExit("The process that wanted this program has ended.")
    os.execvp(program[0], program)


if __name__ == "__main__":
    main()
