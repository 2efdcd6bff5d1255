from __future__ import annotations

import pytest

from engine.runtime.errors import BadInputError
from engine.validation.values import format_values, parse_floats, parse_integers


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1", (1,)),
        ("0, 0.5 … 1", (0, 0.5, 1)),
        ("0.6, 0.8 ... 1.2", (0.6, 0.8, 1.0, 1.2)),
        ("0,0.1…1", (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)),
        ("1 … 4", (1, 2, 3, 4)),
        ("4 … 1", (4, 3, 2, 1)),
        ("1-5", (1, 2, 3, 4, 5)),
        ("1-10 (+2)", (1, 3, 5, 7, 9)),
        ("10-0 (-3)", (10, 7, 4, 1)),
        ("0-1 [5]", (0, 0.25, 0.5, 0.75, 1)),
        ("0-1 (+0.6)", (0.0, 0.6)),
        ("0.4-1.2 (+0.2)", (0.4, 0.6, 0.8, 1.0, 1.2)),
        ("-1, -0.5 … 0.5", (-1, -0.5, 0, 0.5)),
        ("1，2、3", (1, 2, 3)),
        ("2, 4 … 6, 8, 10", (2, 4, 6, 8, 10)),
        ("1, 1, 2", (1, 2)),
        ("0, 2 … 5", (0, 2, 4)),
        ("1-10（+4）， 20", (1, 5, 9, 20)),
        ("０－１［３］；2", (0, 0.5, 1, 2)),
        ("10–8", (10, 9, 8)),
        ("−1, 0.5\n1\n", (-1, 0.5, 1)),
        ("2-2, 0.5 … 0.5", (2, 0.5)),
        ("0, 0.6 … 1", (0, 0.6)),  # 1.2 would be nearer than half a step
        ("0, 0.33333 … 1", (0, 0.33333, 0.66666, 0.99999)),
    ],
)
def test_lists_are_read_as_people_type_them(text: str, values: tuple[float, ...]) -> None:
    assert parse_floats(text) == values


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "1, …",
        "… 4",
        "1 … … 3",
        "0, 1 … -1",
        "1-5 (-1)",
        "0-0.5",
        "0 … 0.5",
        "1 … 0.1",
        "1-5 (+0)",
        "nan",
        "inf",
        "1-1e9",
        "1e999999999",
        "0, 1e-999999999 … 1",
        "1e-400000000, 2 … 1e900000000",
    ],
)
def test_what_is_not_a_list_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(BadInputError):
        parse_floats(text)


def test_evenly_spaced_whole_numbers_lose_their_fractions() -> None:
    assert parse_integers("1-10 [5]") == (1, 3, 5, 7, 10)
    assert parse_integers("1-3 [9]") == (1, 2, 3)
    assert parse_integers("10-1 [4]") == (10, 7, 4, 1)
    for text in ("1-2.5 [3]", "1, 1.5"):
        with pytest.raises(BadInputError, match="whole"):
            parse_integers(text)


def test_lists_do_not_explode() -> None:
    for text in ("1 … 1000000", "0-1 [5000]"):
        with pytest.raises(BadInputError, match="1000"):
            parse_floats(text)


def test_who_asks_for_no_value_is_told_so() -> None:
    with pytest.raises(BadInputError, match=r"^\[0\] asks for no value\. Ask for one at least"):
        parse_floats("0-1 [0]")


def test_there_is_no_minus_zero() -> None:
    assert [str(value) for value in parse_floats("-0, -0.5, -1-0 [2]")] == ["0.0", "-0.5", "-1.0"]


def test_whole_numbers_are_asked_for_where_they_are_needed() -> None:
    assert parse_integers("11 … 14") == (11, 12, 13, 14)
    with pytest.raises(BadInputError, match="whole number"):
        parse_integers("1, 1.5")


@pytest.mark.parametrize("text", ["1 … 4", "0.6, 0.8 … 1.2", "0, 0.5, 1", "3, 1, 8"])
def test_values_are_written_as_they_were_typed(text: str) -> None:
    assert format_values(parse_floats(text)) == text
