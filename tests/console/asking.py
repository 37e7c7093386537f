"""What tests of the command line do more than once."""

import json


def as_json(result):
    """What a command printed with `--json`, once it has ended well."""
    status, out, _ = result
    assert status == 0, result
    return json.loads(out)


def at_pickup(process, number):
    """Pick and pack an order, so that its parcels wait for the carrier."""
    for gate in ("picking", "packing"):
        process.answer(gate, number)
        process.run(number)
