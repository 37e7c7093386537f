"""Why an answer is refused: every sentence that says so, under its code."""

from domain.errors import PacklineError


class AnswerRefused(PacklineError):
    """The answer breaks a rule; the message says which and what to do.

    Its field is that of the gate's form, in which the error belongs.
    """

    messages = {
        "no-answer": "The run was resumed without an answer: give yours.",
        "badly-filled-in": "{problems:; }. Correct it and answer again.",
        # Picking, and goods that come back.
        "outcome-missing": (
            "Say whether all was there as listed, or say why the order is to be cancelled instead."
        ),
        "product-listed-twice": ("A product stands twice in your list: give one line per product."),
        "all-as-listed-with-list": (
            "You chose '{as_listed}' and also listed products: choose '{choice}',"
            " or leave the list empty."
        ),
        "nothing-listed": (
            "You chose '{outcome}' and listed no product: add how many pieces you found, or"
            " choose '{as_listed}'."
        ),
        "products-left-out": (
            "Your list says nothing of {skus}: add how many pieces you found of each, or, if all of"
            " those are there, choose '{choice}' (with `packline done`: --rest)."
        ),
        "product-not-in-order": ("{sku} is not in this order: it has {skus}; put it back."),
        "more-found-than-ordered": (
            "You found {found} of {sku} and the order has {listed}: put the rest back."
        ),
        "reason-for-fewer-missing": (
            "You found {found} of {listed} {sku}: say why there are fewer, one of {reasons}."
        ),
        "scans-missing": (
            "This is not what was scanned, and here each piece is: scan it on the page of the task,"
            " or ask an operator to finish it without."
        ),
        "losses-missing": "List each product of which pieces are damaged or missing.",
        "product-was-not-picked": (
            "{sku} was not picked for this order: leave it out, and book what else you found with"
            " `packline stock adjust`."
        ),
        "more-lost-than-picked": (
            "{lost} of {sku} are damaged or missing, and {picked} were picked: correct the list."
        ),
        # Packing.
        "parcels-missing": (
            "List each closed parcel with its weight and sides, or say what is missing, damaged or"
            " wrong, or why the order is to be cancelled instead."
        ),
        "lacking-with-parcels": (
            "You listed parcels, and also what you lack: leave the parcels out, closed ones too;"
            " they stay with the tote, and are listed once the rest is there or is cancelled."
        ),
        "lacking-listed-twice": (
            "{sku} stands twice in your list as {why}: give it once, with all its pieces."
        ),
        "lacking-is-not-listed": (
            "{sku} is not on this list: it has {skus}; say which of these you lack."
        ),
        "more-lacking-than-listed": (
            "You lack {lacking} of {sku} and the list has {listed}: correct the number."
        ),
        "only-wrong-lies-instead": (
            "{instead} lies in the place of {sku}, and {sku} is said to be {why}: say that it is"
            " wrong, or leave {instead} out."
        ),
        "right-lies-instead": (
            "{sku} cannot lie in its own place: name what lies there, or leave it out."
        ),
        "unknown-lies-instead": (
            "There is no product {instead}: name what lies in the place of {sku} by its SKU, or"
            " leave it out."
        ),
        "parcels-lighter-than-goods": (
            "The goods alone weigh {goods:,} g and the parcels together only {packed:,} g:"
            " weigh the closed parcels again, and if the scale says the same, confirm that the"
            " weight is right (with `packline done`: --weight-confirmed)."
        ),
        "parcel-holds-nothing": (
            "Parcel {number} holds nothing, and the others say what they hold: leave it out, or say"
            " what lies in it."
        ),
        "parcels-hold-something-else": (
            "{held} of {sku} lie in the parcels and {asked} are to be packed: pack what the list"
            " says, or say what is lacking."
        ),
        "unknown-box": (
            "There is no box {box!q}: choose one of {codes}, or leave the field empty."
        ),
        "box-overloaded": (
            "The goods in parcel {number} weigh {grams:,} g and box {box} carries {carries:,} g:"
            " take a stronger box, or two."
        ),
        "parcel-too-heavy": (
            "Parcel {number} weighs {grams:,} g and the carrier takes at most {heaviest:,} g:"
            " pack it into more parcels."
        ),
        "carrier-does-not-take-parcel": (
            "The carrier does not take parcel {number}, too big or too heavy: {problem}."
        ),
        # Carrier pickup.
        "pickup-incomplete": (
            "Give the carrier's confirmation number and when it took the parcels, or say why the"
            " order is to be cancelled instead."
        ),
        "collected-before-label": (
            "{collected} is before the label was made ({labelled}): give the time when the carrier"
            " took the parcels."
        ),
        "collected-in-future": (
            "{collected} is in the future (it is {now}): give the time when the carrier took the"
            " parcels."
        ),
        "year-without-collections": (
            "{year} is not a year in which parcels are collected: give the time when the carrier"
            " took the parcels."
        ),
        # Decisions.
        "decision-missing": ("Decide what is to become of it, or say why the order is cancelled."),
        "stock-too-low-to-pick-again": (
            "Stock is too low to pick again ({shortages:; }): let it wait, and it goes on by itself"
            " once enough has come in, split it, or cancel what is missing."
        ),
        "stock-too-low-elsewhere": (
            "Stock is too low to pick it elsewhere ({shortages:; }): let it wait, split it, or"
            " cancel what is missing."
        ),
        "nothing-found-to-ship": (
            "Nothing of it was found, so nothing can ship: let it wait instead."
        ),
        "nothing-in-stock-to-pick": (
            "Nothing of it is in stock, so nothing can ship: let it wait instead."
        ),
        "nothing-in-stock-to-ship": (
            "Nothing of it is in stock, so nothing can ship: leave it, and it goes on by itself"
            " once its stock is there, or cancel it."
        ),
    }
