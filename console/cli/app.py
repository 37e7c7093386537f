"""The command `packline`.

Commands that print data take `--json`. An error is one sentence on standard error, and the exit
status is 1.
"""

import sys

import typer

from console.cli.loading import LazyGroup, loaded
from domain.errors import PacklineError

_INTERRUPTED = 130
"""The exit status of a program that Ctrl-C ended."""

app = typer.Typer(
    cls=LazyGroup, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)


@app.callback()
def packline() -> None:
    """Order fulfilment for online shops, from New to Shipped."""


def main() -> None:
    """Run the command; explain errors in one sentence."""
    try:
        app()
    except PacklineError as problem:
        sentence = loaded("adapters.language.sentences:sentence")
        typer.echo(sentence(problem), err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
