"""Value lists as people type them: ``0, 0.5 … 1``, ``1-10 (+2)``, ``0-1 [5]``.

An ellipsis repeats the step between the two values before it (or 1). A range ``a-b`` counts by 1,
``(+step)`` or ``(-step)`` sets the step, ``[n]`` asks for n values evenly spaced. Arithmetic is
decimal, so 0.1 steps do not drift; the end is included when it is hit to a thousandth of a step.
Full-width punctuation means the same, and a line end is a comma.
"""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from engine.runtime.errors import BadInputError
from engine.runtime.refusals import short

LARGEST_COUNT = 1000
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)"
_RANGE = re.compile(
    rf"({_NUMBER})\s*-\s*({_NUMBER})"
    rf"(?:\s*\(\s*([+-]\s*{_NUMBER.removeprefix('[-+]?')})\s*\)|\s*\[\s*(\d+)\s*\])?"
)
_ELLIPSIS = "…"
_PLAIN = str.maketrans("，、；．（）［］【】＋－−–", ",,,.()[][]+---")
# Before or behind the point. Beyond nothing can be meant, and arithmetic would take forever.
_DIGITS = 18


def parse_floats(text: str) -> tuple[float, ...]:
    """The numbers of a list such as ``0, 0.5 … 1``; BadInputError names what is not understood."""
    return tuple(float(value) for value in _parse(text))


def parse_integers(text: str) -> tuple[int, ...]:
    """As :func:`parse_floats` for whole numbers: of ``1-10 [5]`` fractions are cut off."""
    values = _parse(text, whole=True)
    for value in values:
        if value != value.to_integral_value():
            raise BadInputError(
                "{value} is not a whole number.", value=value, remedy="Write whole numbers."
            )
    return tuple(int(value) for value in values)


def split_values(text: str) -> tuple[str, ...]:
    """Texts with commas or line ends between them; a text in quotes may hold commas itself."""
    # An A1111 list: quotes only mean something where a value begins.
    try:
        rows = list(csv.reader(text.splitlines(), skipinitialspace=True))
    except csv.Error:  # a text of more than 128 KiB
        raise BadInputError(
            "A value of this list is too long.", remedy="Write values with commas between them."
        ) from None
    return tuple(part.strip() for row in rows for part in row if part.strip())


def split_names(text: str) -> tuple[str, ...]:
    """As :func:`split_values`, where a full-width comma can be nothing but a comma."""
    return split_values(text.translate(_PLAIN))


def format_values(values: Iterable[float]) -> str:
    """The shortest way to type ``values``: evenly spaced ones become ``first, second … last``."""
    numbers = [Decimal(repr(value)) if isinstance(value, float) else value for value in values]
    decimals = [Decimal(value) for value in numbers]
    if len(decimals) > 3:
        step = decimals[1] - decimals[0]
        if step and all(b - a == step for a, b in itertools.pairwise(decimals)):
            first, second, last = (_plain(decimals[index]) for index in (0, 1, -1))
            return f"{first} … {last}" if step == 1 else f"{first}, {second} … {last}"
    return ", ".join(_plain(value) for value in decimals)


def _parse(text: str, *, whole: bool = False) -> list[Decimal]:
    text = ",".join(text.translate(_PLAIN).splitlines()).replace("...", _ELLIPSIS)
    text = re.sub(rf"\s*,?\s*{_ELLIPSIS}\s*,?\s*", f",{_ELLIPSIS},", text)
    values: list[Decimal] = []
    through = False
    for token in filter(None, (part.strip() for part in text.split(","))):
        if token == _ELLIPSIS:
            if not values or through:
                raise _not_understood(text)
            through = True
        elif through:
            values += _continued(values, _decimal(token))
            through = False
        else:
            values += _item(token, whole=whole)
        if len(values) > LARGEST_COUNT:
            raise _too_many()
    if through or not values:
        raise _not_understood(text)
    return list(dict.fromkeys(values))


def _item(token: str, *, whole: bool) -> list[Decimal]:
    match = _RANGE.fullmatch(token)
    if match is None:
        return [_decimal(token)]
    first, last = _decimal(match[1]), _decimal(match[2])
    if match[4] is not None:
        spaced = _spaced(first, last, int(match[4]))
        if whole and first == int(first) and last == int(last):
            return [Decimal(int(value)) for value in spaced]  # as A1111 does
        return spaced
    if match[3] is None:
        return [first, *_by_one(first, last)]
    return [first, *_stepped(first, last, _decimal(re.sub(r"\s", "", match[3])))]


def _continued(values: list[Decimal], last: Decimal) -> list[Decimal]:
    if len(values) == 1:
        return _by_one(values[0], last)
    return _stepped(values[-1], last, values[-1] - values[-2])


def _by_one(first: Decimal, last: Decimal) -> list[Decimal]:
    """In steps of 1, which nobody typed: where not one fits, they were not meant."""
    step = Decimal(1 if last >= first else -1)
    if 0 < abs(last - first) < 1:
        raise _unreachable(first, last, step)
    return _stepped(first, last, step)


def _stepped(first: Decimal, last: Decimal, step: Decimal) -> list[Decimal]:
    """``first + step`` and on, up to ``last``."""
    if step == 0 or (last - first) * step < 0:
        raise _unreachable(first, last, step)
    count = int((last - first) / step + Decimal("0.001"))
    if count > LARGEST_COUNT:
        raise _too_many()
    return [first + step * number for number in range(1, count + 1)]


def _spaced(first: Decimal, last: Decimal, count: int) -> list[Decimal]:
    if not count:
        raise BadInputError(
            "[0] asks for no value.", remedy="Ask for one at least, such as 0-1 [5]."
        )
    if count > LARGEST_COUNT:
        raise _too_many()
    if count == 1:
        return [first]
    places = Decimal("0.00000001")
    return [
        (first + (last - first) * number / (count - 1)).quantize(places).normalize()
        for number in range(count)
    ]


def _decimal(token: str) -> Decimal:
    try:
        value = Decimal(token.strip())
    except InvalidOperation:
        raise _not_understood(token) from None
    if not value.is_finite() or (value and not -_DIGITS < value.adjusted() < _DIGITS):
        raise _not_understood(token)
    return value or Decimal(0)  # there is no minus zero


def _plain(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _unreachable(first: Decimal, last: Decimal, step: Decimal) -> BadInputError:
    return BadInputError(
        "A list from {first} cannot reach {last} in steps of {step}.",
        first=first,
        last=last,
        step=step,
        remedy="Correct the step or the end.",
    )


def _not_understood(text: str) -> BadInputError:
    return BadInputError(
        "{text} is not a list of numbers.",
        text=short(text.replace(f",{_ELLIPSIS},", f" {_ELLIPSIS} ")),
        remedy="Write numbers with commas, such as 0, 0.5 … 1.",
    )


def _too_many() -> BadInputError:
    return BadInputError(
        "A list may have at most {count} values.", count=LARGEST_COUNT, remedy="Use larger steps."
    )
