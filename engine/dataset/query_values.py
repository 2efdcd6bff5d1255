"""What stands behind a key, as numbers and times."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

from engine.dataset.query_keys import QueryError, QueryKey
from engine.dataset.query_lex import Value

_NUMBER = re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+))([a-z]*)")
_RATIO = re.compile(r"(\d+(?:\.\d+)?)[:/x×](\d+(?:\.\d+)?)")
_DIMENSIONS = re.compile(r"(\d{1,9})[x:×](\d{1,9})")
_DATE = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?")
_SCALES = {"": 1.0, "k": 1e3, "m": 1e6, "mp": 1e6}
_BYTES = {"": 1.0, "b": 1.0, "k": 1e3, "kb": 1e3, "m": 1e6, "mb": 1e6, "g": 1e9, "gb": 1e9}
_BYTES |= {"kib": 2.0**10, "mib": 2.0**20, "gib": 2.0**30}


@dataclass(frozen=True)
class Bounds:
    """The numbers from ``low`` to ``high`` that a value stands for: ``1.5`` is everything that
    rounds to it, a day all of its seconds, a whole number itself (then both are the same).
    ``high`` does not belong to it unless it equals ``low``. ``exact`` is the number as written.
    """

    low: float
    high: float
    exact: float


def bounds_of(key: QueryKey, value: Value) -> Bounds:
    """What ``value`` stands for. Raises QueryError."""
    if not value.raw.strip():
        raise missing(key, value)
    if key.kind == "date":
        return _day(key, value)
    return _number(key, value)


def dimensions(value: Value) -> tuple[int, int] | None:
    """Width and height of a value such as ``512x768``, None for any other."""
    found = _DIMENSIONS.fullmatch(value.raw.strip().casefold())
    return (int(found[1]), int(found[2])) if found else None


def missing(key: QueryKey, value: Value) -> QueryError:
    """The error for a key with nothing behind it."""
    return QueryError(
        "Something is missing after {key}.",
        remedy="For example: {example}",
        key=key.name,
        example=key.example,
        start=max(0, value.start - 1),
        end=max(value.end, value.start),
    )


def _number(key: QueryKey, value: Value) -> Bounds:
    raw = value.raw.strip().casefold()
    ratio = _RATIO.fullmatch(raw) if key.name == "aspect" else None
    if ratio and float(ratio[2]):
        exact = float(ratio[1]) / float(ratio[2])
        return Bounds(exact - 0.005, exact + 0.005, exact)
    found = _NUMBER.fullmatch(raw)
    scales = _BYTES if key.kind == "size" else _SCALES
    if found is None or found[2] not in scales or len(raw) > 40:
        raise QueryError(
            "{value} is no number.",
            remedy="For example: {example}",
            value=value.raw,
            example=key.example,
            start=value.start,
            end=value.end,
        )
    exact, scale = float(found[1]) * scales[found[2]], scales[found[2]]
    _, dot, digits = found[1].partition(".")
    if dot or (scale > 1 and key.kind == "size"):
        half = scale * 10.0 ** -len(digits) / 2
        return Bounds(exact - half, exact + half, exact)
    return Bounds(exact, exact, exact)


def _day(key: QueryKey, value: Value) -> Bounds:
    first, after = _days(key, value)
    low, high = _seconds(first), _seconds(after)
    return Bounds(low, high, low)


def _days(key: QueryKey, value: Value) -> tuple[datetime.date, datetime.date]:
    """The first day meant, and the day after the last."""
    raw = value.raw.strip().casefold()
    back = {"today": 0, "yesterday": 1}.get(raw)
    try:
        if back is not None:
            day = datetime.date.today() - datetime.timedelta(days=back)
            return day, day + datetime.timedelta(days=1)
        found = _DATE.fullmatch(raw)
        if found is None:
            raise ValueError(raw)
        year, month, number = (int(part) if part else 0 for part in found.groups())
        first = datetime.date(year, month or 1, number or 1)
        if number:
            return first, first + datetime.timedelta(days=1)
        if month:
            return first, datetime.date(year + month // 12, month % 12 + 1, 1)
        return first, datetime.date(year + 1, 1, 1)
    except (ValueError, OverflowError) as error:
        raise QueryError(
            "{value} is no date.",
            remedy="For example: {example}",
            value=value.raw,
            example=key.example,
            start=value.start,
            end=value.end,
        ) from error


def _seconds(day: datetime.date) -> float:
    """When ``day`` begins here, in seconds since 1970."""
    begin = datetime.datetime(day.year, day.month, day.day)
    try:
        return begin.timestamp()
    except (OverflowError, OSError, ValueError):  # years some systems cannot convert
        return (begin - datetime.datetime(1970, 1, 1)).total_seconds()
