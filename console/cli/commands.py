"""Every command of `packline`: where it is, and its line in the list of commands.

A command is loaded when it is called, so that none pays for what the others need.
"""

from typing import NamedTuple


class Command(NamedTuple):
    """A command before it is loaded: `module:name` of its function or group, and its help."""

    where: str
    help: str


COMMANDS = {
    "up": Command("console.cli.stack:up", "Run the whole stack in the foreground, until Ctrl-C."),
    "demo": Command(
        "console.cli.stack:demo",
        "Run the sample day on a stack of its own, from import to report, and stop.",
    ),
    "dispatch": Command(
        "console.cli.stack:dispatch",
        "Run one more dispatcher, until Ctrl-C; of any number, one works and the others stand by.",
    ),
    "worker": Command(
        "console.cli.stack:worker",
        "Run one more worker, until Ctrl-C or SIGTERM; it ends what it has in hand.",
    ),
    "console": Command(
        "console.cli.console:console",
        "Run one more console, until Ctrl-C or SIGTERM; any number may serve the same people.",
    ),
    "user": Command(
        "console.cli.users:user_group",
        "Who may sign in to the console: `add`, `list`, `disable`, `reset`.",
    ),
    "migrate": Command(
        "console.cli.stack:migrate_database", "Bring the database's schema up to date."
    ),
    "import": Command(
        "console.cli.imports:import_rows",
        "Import orders, products, barcodes, boxes, tax rates, shipping zones and rates, departures,"
        " staff, warehouses, or stock.",
    ),
    "orders": Command(
        "console.cli.orders:orders",
        "List the open orders, those first that are to leave first, with the time of each.",
    ),
    "order": Command("console.cli.orders:order", "Show an order with its timeline."),
    "cancel": Command(
        "console.cli.orders:cancel",
        "Cancel an order, at any stage until the carrier has collected all of it; or lines of it.",
    ),
    "hold": Command(
        "console.cli.orders:hold",
        "Put an order on hold: it stops before its next step, and its tasks leave the lists.",
    ),
    "release": Command(
        "console.cli.orders:release", "Let an order on hold go on where it stopped."
    ),
    "address": Command(
        "console.cli.orders:address",
        "Change where an order goes, until a carrier has it. All of the address is given anew.",
    ),
    "labels": Command(
        "console.cli.labels:labels",
        "Write the labels of an order's parcels as PDF files, one each, to be printed.",
    ),
    "slips": Command(
        "console.cli.paper:slips", "Write the packing slips of orders, to be printed: one PDF file."
    ),
    "picklists": Command(
        "console.cli.paper:picklists",
        "Write the pick lists of orders, to be printed: one PDF file.",
    ),
    "printer": Command(
        "console.cli.printing:printer",
        "Offer a printer of this machine, and print what people ask for, until Ctrl-C or SIGTERM.",
    ),
    "printers": Command(
        "console.cli.printing:printers",
        "List the printers with what waits for them; with --jobs, the last print jobs.",
    ),
    "refunds": Command(
        "console.cli.refunds:refunds",
        "List what customers get back and nobody has paid yet, the oldest first.",
    ),
    "refunded": Command(
        "console.cli.refunds:refunded",
        "Say that a refund's money has gone back to the customer; it counts once.",
    ),
    "tasks": Command(
        "console.cli.tasks:tasks",
        "List what waits for people: what is overdue, then what is to leave first.",
    ),
    "task": Command("console.cli.task:task", "Show what a task asks for: the checklist."),
    "done": Command(
        "console.cli.task:done",
        "Say that a task is done. Picking without --found means: all as listed, as does restocking"
        " without --damaged and --missing. With --found, name every product of the list, or"
        " give --rest.",
    ),
    "undo": Command(
        "console.cli.task:undo",
        "Undo a picking that was said to be done by mistake, until a packer has answered.",
    ),
    "summary": Command(
        "console.cli.summary:summary", "Show a day's figures, as the nightly summary keeps them."
    ),
    "status": Command(
        "console.cli.alarms:status",
        "Show the alarms: what is out, since when, which orders wait, what to do. Exits 1 if any.",
    ),
    "alarm": Command(
        "console.cli.alarms:alarm_group",
        "`retry`: say that what an alarm is about is mended, and let its orders go on.",
    ),
    "audit": Command(
        "console.cli.audit:audit",
        "Check every invariant on the live database, and name what breaks it.",
    ),
    "stock": Command(
        "console.cli.stock:stock_group",
        "Products with their stock; `receive`, `adjust`, `count` and `move` change it.",
    ),
    "taxes": Command(
        "console.cli.prices:taxes",
        "List the tax rates by destination; with --remove, remove these.",
    ),
    "zones": Command(
        "console.cli.prices:zones",
        "List the shipping zones by destination; with --remove, remove these.",
    ),
    "rates": Command(
        "console.cli.prices:rates",
        "List the shipping rates by zone and weight; with --remove, remove these.",
    ),
    "barcodes": Command(
        "console.cli.reference_data:barcodes",
        "List the barcodes with what they stand for; with --remove, remove these.",
    ),
    "boxes": Command(
        "console.cli.reference_data:boxes",
        "List the boxes, the smallest first; with --remove, remove these.",
    ),
    "departures": Command(
        "console.cli.reference_data:departures",
        "List when carriers depart from which warehouse; with --remove, remove these.",
    ),
    "bench": Command(
        "benchmarks.cli:bench_group",
        "Measure Packline on a stack of its own; `replay` plays a real week.",
    ),
}
"""By name, in the order of the list. `bench` is by its name only: benchmarks stand above."""
