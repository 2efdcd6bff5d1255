"""The rows of the report of an import: which lines, in which order, under which heads."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from app.training.differences import OF_ONE_RUN
from engine.training.kohya.defaults import FORM
from engine.training.kohya.elsewhere import EMPTY, OTHER_MODEL
from engine.training.kohya.report import STATUSES, Line, Report, Status

AT_FIRST = {"unknown": 30, "no effect": 6, "converted": 12, "used": 12}
"""How many lines a group shows before all are asked for; the other groups show all."""
FIX: Literal["fix"] = "fix"
"""The group of the lines that need a fix, whatever became of their keys."""
Group = Status | Literal["fix"]


@dataclass(frozen=True)
class Head:
    """The head of a group: of ``count`` keys of the file, and of ``filled_in`` lines that it leaves
    to kohya. ``short`` is whether only the first are shown, None where all fit anyway. So many keys
    as are ``left_out`` have no line at all.
    """

    status: Group
    count: int
    filled_in: int = 0
    shut: bool = False
    short: bool | None = None
    left_out: int = 0


Row = Head | Line


@dataclass(frozen=True)
class Choice:
    """What of the report is shown: one status or, with "", all; the groups as they stand; and the
    row that is shown in any case, because it is the current one.
    """

    status: str = ""
    only_changes: bool = False
    shut: Collection[str] = ()
    whole: Collection[str] = ()
    kept: Row | None = None


def rows_of(
    report: Report, choice: Choice, start: Mapping[str, Any], wrong: Collection[str] = ()
) -> list[Row]:
    """Heads and lines from the top. ``start`` is what a new run begins with; the keys of lines with
    a setting that is ``wrong`` in the next one stand over all others.
    """
    statuses = [one for one in STATUSES if choice.status in ("", one)]
    if choice.status == "unknown":
        statuses.insert(0, "refused")
    lines = [line for line in report.lines if line.status in statuses]
    lines.sort(key=lambda line: _rank(line, start))
    rows = _group(FIX, [line for line in lines if line.key in wrong], choice, 0)
    lines = [line for line in lines if line.key not in wrong]
    if choice.only_changes:
        lines = [line for line in lines if changes(line, start)]
    for status in statuses:
        of_status = [line for line in lines if line.status == status]
        rows += _group(status, of_status, choice, report.left_out.get(status, 0))
    return rows


def _group(status: Group, lines: list[Line], choice: Choice, left_out: int) -> list[Row]:
    if not lines:
        return []
    most = AT_FIRST.get(status, len(lines))
    fits = len(lines) <= most + 1 or bool(choice.status) or choice.only_changes
    short = None if fits else status not in choice.whole
    shut = status in choice.shut
    some = [line for n, line in enumerate(lines) if n < most or line is choice.kept]
    shown = [] if shut else some if short else lines
    count = sum(line.present for line in lines)
    return [Head(status, count, len(lines) - count, shut, short, left_out), *shown]


def changes(line: Line, start: Mapping[str, Any]) -> bool:
    """Whether a run becomes another one by this line than one that begins afresh, or would if it
    were known here.
    """
    if line.status in ("unknown", "refused"):
        return bool(line.value) or line.status == "refused"
    if line.status == "no effect":
        return False
    return any(
        plain(start.get(name)) != plain(value)
        for name, value in line.settings.items()
        if name not in OF_ONE_RUN
    )


def _rank(line: Line, start: Mapping[str, Any]) -> tuple[bool, ...]:
    """What asks for something goes first, what the file leaves empty or as usual last."""
    return (
        not needs_choice(line),
        not line.present,
        not changes(line, start) and line.status != "converted",
        line.why in (EMPTY, OTHER_MODEL),
        not line.value or line.value == FORM.get(line.key),
    )


def says_something(line: Line) -> bool:
    """Whether the file says more by the key than a form does that nobody has touched."""
    if not line.present or line.status in ("used", "converted"):
        return line.present
    return line.why != EMPTY and bool(line.value) and line.value != FORM.get(line.key)


def needs_choice(line: Line) -> bool:
    """Whether the base model of the file is not here."""
    return line.key == "pretrained_model_name_or_path" and not line.settings and bool(line.value)


def plain(value: Any) -> Any:
    """A value as it is compared: lists of files are tuples in a run."""
    return tuple(value) if isinstance(value, list) else value


def open_problem(line: Line, values: Mapping[str, Any], wrong: Mapping[str, str]) -> str:
    """What is wrong with a setting that ``line`` has set; ``wrong`` says it by setting."""
    for name, value in line.settings.items():
        if name in wrong and plain(values.get(name)) == plain(value):
            return wrong[name]
    return wrong.get("base_model", "") if needs_choice(line) else ""
