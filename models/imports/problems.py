"""What can be wrong with a value from a file, beside what its type says."""

from domain.errors import FieldError


class WrongValue(FieldError):
    """A value of the right type that Packline cannot work with."""

    messages = {
        "not-roles": (
            "has the unknown {wrong: and }: write {right}, with a semicolon between several of them"
        ),
        "no-role": "is empty: write one of {right}",
        "barcode-as-a-number": (
            "{given!q} is a number that a spreadsheet has shortened: give the column there the"
            " format Text, write the barcodes again, and export the file anew"
        ),
        "sides-together": "goes with the other two sides: give all three of them or none",
        "not-a-time-of-day": "{given!q} is not a time of the day such as 17:30",
        "out-of-range": "{given!q} is not between {smallest:,} and {largest:,}",
        "not-a-share": "{given!q} is not a share below 1 such as 0.2, which is 20 %",
        "not-a-country": "{given!q} is not a country code of ISO 3166 such as GB",
        "country-written-otherwise": "{given!q} is not a country code of ISO 3166: write {right}",
        "not-a-mail-address": "{given!q} is not a mail address such as ann@shop.example",
        "mail-address-with-name": "{given!q} must be the mail address alone, without the name",
        "not-an-instant": "{given!q} is not a time of ISO 8601 such as 2026-11-23T09:30:00Z",
        "no-time-zone": "{given!q} has no time zone: end it with Z or with +01:00",
        "beyond-years": "{given!q} is not in the years {earliest} to {latest}",
        "not-as-in-settings": "{given!q} {problem}",
        "closes-at-opening": (
            "{given!q} is when it opens: write another time, which may be on the day after"
        ),
        "needs-holiday-country": "{given!q} needs a holiday_country",
        "opens-without-closing": "goes with opens_at: give both or none",
        "negative": "{given!q} is negative",
        "line-id-twice": "{given!q} names several lines of this order: give each its own",
        "no-price": "is missing: give unit_price, or line_price for all pieces of the line",
        "two-prices": "stands beside line_price: give one of them",
        "discount-beyond-price": "{given} is more than the line costs, {limit}",
        "discount-beyond-goods": "{given} is more than the goods cost, {limit}",
        "line-tax-for-some": "is missing: give it for all lines of the order, or for none",
        "tax-beyond-price": (
            "{given} is more than is charged for the line after all discounts, {limit}, which is to"
            " contain it"
        ),
        "tax-needs-shipping": "needs shipping_charged, so that its part of the tax is known",
        "tax-below-lines": "{given} is less than the taxes of the lines, {limit}",
        "tax-beyond-lines": (
            "{given} is more than the taxes of the lines, {limit}, and neither shipping nor fees"
            " are charged"
        ),
        "amounts-beyond-reason": (
            "cannot be right: the amounts of the order add up to more than {largest}"
        ),
        "order-too-large": (
            "have {pieces:,} pieces, and an order has at most {most:,}: split the order"
        ),
        "changes-nothing": "{given!q} changes nothing: leave it out",
        "damaged-with-plus": "{given!q} is not less: write damaged pieces with a minus",
        "returned-with-minus": "{given!q} is not more: write returned pieces without a minus",
        "looks-like-a-count": "{given!q} looks like a count: book a count",
        "looks-like-our-own": "{given!q} looks like Packline's own: give your slip's",
        "goes-nowhere": "{given!q} is where the pieces are",
    }
