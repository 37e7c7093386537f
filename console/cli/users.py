"""Who may sign in to the console."""

from typing import Annotated

import typer

from adapters.settings.shop_clock import shop_clock
from console.cli.database import reading, ready
from console.cli.options import AsJson
from console.cli.output import Columns, print_json, print_rows
from console.queries.users import UserRow, list_users
from models.enums import Channel
from services.access.actors import Actor
from services.accounts.users import add_user, disable_user, reset_password

user_group = typer.Typer(
    help="Who may sign in to the console: `add`, `list`, `disable`, `reset`.",
    no_args_is_help=True,
    add_completion=False,
)

_ADMIN = Actor(name="admin", channel=Channel.COMMAND_LINE)
"""Whoever has the machine may let people in."""

Login = Annotated[str, typer.Argument(help="The name that they sign in with.")]


@user_group.command("add")
def add(
    login: Login,
    staff: Annotated[str, typer.Option(help="Their name in staff.csv; it has their roles.")],
) -> None:
    """Let somebody of the staff sign in. The password is shown once, and must be changed."""
    ready()
    password = add_user(staff, login, _ADMIN)
    typer.echo(f"{staff} signs in as {login} with the password {password}, and then changes it.")


@user_group.command("list")
def listing(as_json: AsJson = False) -> None:
    """List who may sign in, with roles and warehouses, and where they are signed in."""
    with reading() as session:
        rows = list_users(session)
    print_json(rows) if as_json else print_rows(rows, _USERS, nothing="Nobody signs in yet.")


@user_group.command("disable")
def disable(login: Login) -> None:
    """Sign somebody out everywhere, and let them sign in no more."""
    ready()
    since = disable_user(login, _ADMIN)
    typer.echo(f"Nobody signs in as {login} since {shop_clock(since)}.")


@user_group.command("reset")
def reset(login: Login) -> None:
    """Give somebody a new password, shown once; also to one who was disabled."""
    ready()
    password = reset_password(login, _ADMIN)
    typer.echo(f"Sign in as {login} with the password {password}, and then change it.")


_USERS: Columns[UserRow] = {
    "Signs in as": lambda row: row.login,
    "Name": lambda row: row.name,
    "Roles": lambda row: ", ".join(row.roles),
    "Warehouses": lambda row: ", ".join(row.warehouses) or "all",
    "State": lambda row: row.state,
    "Signed in": lambda row: row.sessions or None,
}
