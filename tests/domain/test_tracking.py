import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.tracking import (
    LARGEST_SERIAL,
    SerialExhausted,
    is_valid_s10,
    s10_check_digit,
    s10_number,
)

serials = st.integers(0, LARGEST_SERIAL)
codes = st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=2)


@pytest.mark.parametrize(
    ("serial", "check"),
    [
        ("12345678", 5),  # weighted sum 204, modulo 11: 6
        ("47312482", 9),  # 200: 2
        ("00000001", 4),  # 7: 7
        ("00000000", 5),  # 0: 0, and 11 is written 5
        ("00000008", 0),  # 56: 1, and 10 is written 0
    ],
)
def test_the_check_digit_is_as_reckoned_by_hand(serial, check):
    assert s10_check_digit(serial) == check


@pytest.mark.parametrize("serial", ["1234567", "123456789", "1234567x", ""])
def test_a_serial_that_is_not_eight_digits_has_no_check_digit(serial):
    with pytest.raises(ValueError, match=r"zip\(\)|invalid literal"):
        s10_check_digit(serial)


@pytest.mark.parametrize(
    ("parts", "number"),
    [
        ((12_345_678, "GB", "RB"), "RB123456785GB"),
        ((47_312_482, "GB"), "CP473124829GB"),
        ((0, "DE"), "CP000000005DE"),
        ((LARGEST_SERIAL, "US"), "CP999999995US"),
    ],
)
def test_a_number_is_service_serial_check_digit_and_country(parts, number):
    assert s10_number(*parts) == number


def test_the_serial_after_the_last_is_refused_and_says_what_to_do():
    with pytest.raises(SerialExhausted) as refused:
        s10_number(LARGEST_SERIAL + 1, "GB")
    assert (refused.value.serial, refused.value.service) == (100_000_000, "CP")
    assert "go on with another service indicator" in str(refused.value)


@pytest.mark.parametrize(
    "parts", [(-1, "GB"), (1, "gb"), (1, "GBR"), (1, ""), (1, "GB", "C1"), (1, "ÖÄ"), (1, "GB\n")]
)
def test_parts_that_form_no_number_are_refused(parts):
    with pytest.raises(ValueError, match="no tracking number from"):
        s10_number(*parts)


@pytest.mark.parametrize(
    "number",
    [
        "",
        "CP473124820GB",
        "cp473124829gb",
        "CP473124829G",
        "CP473124829GBX",
        "CP473124829GB\n",
        "CP 473 124 829 GB",
        "1P473124829GB",
        "CP47312482٩GB",
        "XXCP473124829GB",
    ],
)
def test_what_is_not_in_the_form_of_a_number_is_invalid(number):
    assert not is_valid_s10(number)


@given(serials, codes, codes)
def test_every_number_made_is_valid_and_thirteen_characters_long(serial, country, service):
    number = s10_number(serial, country, service)
    assert is_valid_s10(number)
    assert len(number) == 13
    assert int(number[2:10]) == serial


@given(serials, st.integers(2, 9), st.integers(1, 9))
def test_one_wrong_digit_of_the_serial_is_noticed(serial, at, shift):
    number = s10_number(serial, "GB")
    wrong = (int(number[at]) + shift) % 10
    assert not is_valid_s10(f"{number[:at]}{wrong}{number[at + 1 :]}") or check_is_ambiguous(number)


@given(serials, st.integers(2, 8))
def test_two_digits_of_the_serial_exchanged_are_noticed(serial, at):
    number = s10_number(serial, "GB")
    exchanged = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
    assert exchanged == number or not is_valid_s10(exchanged) or check_is_ambiguous(number)


def check_is_ambiguous(number):
    """Eleven remainders share ten digits: 0 stands for two of them, and so does 5."""
    return number[10] in "05"


def test_published_examples_are_judged_as_published(shared_data):
    path = shared_data / "tracking" / "couriers" / "s10.json"
    (s10,) = json.loads(path.read_text(encoding="utf-8"))["tracking_numbers"]
    examples = s10["test_numbers"]
    assert len(examples["valid"]) == 4
    assert all(is_valid_s10(number) for number in examples["valid"])
    # RB123456785XX is invalid for its country alone, which is not looked up here.
    wrong = [number for number in examples["invalid"] if not number.endswith("XX")]
    assert wrong == ["RB123456786US"]
    assert not is_valid_s10(wrong[0])
