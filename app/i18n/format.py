"""How numbers, times and sizes are written: 3,760, 22:53, 218 MB, 62 %, 1024×1024."""

from __future__ import annotations

from datetime import date, datetime

from app.i18n.text import language, tr

_UNITS = ("B", "kB", "MB", "GB", "TB")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def number(value: float, decimals: int = 0) -> str:
    """``value`` with thousands and ``decimals`` digits after the point."""
    return f"{value:,.{decimals}f}"


def percent(fraction: float) -> str:
    """A fraction from 0 to 1 as ``"62 %"``."""
    return f"{round(fraction * 100)} %"


def duration(seconds: float) -> str:
    """A time span as ``0:07``, ``22:53`` or ``1:04:00``."""
    whole = max(0, round(seconds))
    hours, minutes = divmod(whole // 60, 60)
    if hours:
        return f"{hours}:{minutes:02d}:{whole % 60:02d}"
    return f"{minutes}:{whole % 60:02d}"


def size(count: float) -> str:
    """A count of bytes in the unit that fits, as ``218 MB`` or ``6.9 GB``."""
    value, unit = float(count), 0
    while value >= 1000 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    digits = 1 if unit and value < 10 else 0
    return f"{value:.{digits}f} {_UNITS[unit]}"


def dimensions(width: int | str, height: int | str) -> str:
    """A picture size as ``1024×768``."""
    return f"{width}×{height}"


def with_unit(text: str, unit: str) -> str:
    """A written number with its unit: ``16 px`` and ``62 %``, but ``1.8×`` and ``45°``."""
    return f"{text}{unit}" if unit in ("×", "°") else f"{text} {unit}".rstrip()


def day(moment: float, today: date | None = None) -> str:
    """The day of a Unix time: today, 18 Nov, or 18 Nov 2024 in another year."""
    then = datetime.fromtimestamp(moment).date()
    now = today or date.today()
    if then == now:
        return tr("today")
    year = "" if then.year == now.year else str(then.year)
    if language() == "zh_CN":
        return (f"{year} 年 " if year else "") + f"{then.month} 月 {then.day} 日"
    return f"{then.day} {_MONTHS[then.month - 1]} {year}".rstrip()


def clock(moment: float) -> str:
    """The time of day of a Unix time: 14:31."""
    return datetime.fromtimestamp(moment).strftime("%H:%M")


def scientific(value: float) -> str:
    """A setting as people type it: 0.1, 1024, and very small ones as 5e-5."""
    text = f"{value:.6g}"
    if "e" not in text and value and abs(value) < 1e-3:
        text = f"{value:.5e}"
    mantissa, mark, exponent = text.partition("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{int(exponent)}" if mark else mantissa
