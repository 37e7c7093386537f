"""Loading what is called, and no more."""

import gc
from importlib import import_module
from sys import modules
from types import ModuleType
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from console.cli.commands import COMMANDS

ON_DATABASE_ERRORS = "console.cli.database_errors:database_errors_explained"


def loaded(where: str) -> Any:
    """What stands at `module:name`."""
    module, _, name = where.partition(":")
    return getattr(modules.get(module) or _load(module), name)


def _load(module: str) -> ModuleType:
    """Load a module without looking for garbage in what stays anyway: that is a sixth of the time
    that a command takes to start.
    """
    gc.disable()
    try:
        return import_module(module)
    finally:
        gc.freeze()
        gc.enable()


def command(name: str) -> Any:
    """A command of Packline as Typer runs it, loaded now. Raises `KeyError`."""
    found = loaded(COMMANDS[name].where)
    if isinstance(found, typer.Typer):
        return get_command(found)
    alone = typer.Typer(add_completion=False)
    alone.command(name)(found)
    return get_command(alone)


class LazyGroup(TyperGroup):
    """Lists all commands without loading one, and loads the one that is called."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, listed in COMMANDS.items():
            self.add_command(TyperCommand(name, help=listed.help))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the first argument names, and the arguments that are left for it."""
        name, listed, rest = super().resolve_command(ctx, args)
        return name, listed and command(str(listed.name)), rest

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was called."""
        with loaded(ON_DATABASE_ERRORS)():
            return super().invoke(ctx)
