"""What became of every key of an imported file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from engine.runtime.refusals import Refusal
from engine.training.reasons import Reason

Status = Literal["used", "converted", "no effect", "unknown", "refused"]
MOST_LISTED = 300
STATUSES: tuple[Status, ...] = ("refused", "unknown", "no effect", "converted", "used")


@dataclass(frozen=True)
class Line:
    """One key. ``value`` is what the file says; ``settings`` is what the run gets by it, under our
    names; of a ``refused`` key, whose value is of no kind that it takes, what it should have been.
    ``present`` is False for what the file leaves out and kohya fills in. ``problem`` says
    why the run cannot be trained with it yet.
    """

    key: str
    value: Any
    status: Status
    settings: Mapping[str, Any] = field(default_factory=dict)
    why: Reason | None = None
    present: bool = True
    problem: Refusal | None = None

    def record(self) -> dict[str, Any]:
        """As it stands in a report file."""
        values: dict[str, Any] = {"key": self.key, "status": self.status}
        if self.present:
            values["from"] = _plain(self.value)
        if self.settings:
            values["to"] = _plain(dict(self.settings))
        if self.why is not None:
            values["why"] = str(self.why)
        return {**values, "problem": str(self.problem)} if self.problem else values


@dataclass(frozen=True)
class Report:
    """The lines of one file by status, in the order of :data:`STATUSES`, then by key.

    ``problems`` are about settings that no key of the file names. ``left_out`` counts keys of the
    file that have no line here, by status.
    """

    source: str
    lines: tuple[Line, ...]
    problems: tuple[Refusal, ...] = ()
    left_out: Mapping[Status, int] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """How many keys of the file have which status."""
        found = Counter(line.status for line in self.lines if line.present)
        return {status: found[status] + self.left_out.get(status, 0) for status in STATUSES}

    @property
    def taken(self) -> int:
        """How many keys of the file act in the run as they are."""
        return sum(line.present and not line.problem and line.status in ("used", "converted")
                   for line in self.lines)  # fmt: skip

    def short(self, most: int = MOST_LISTED) -> Report:
        """The same with ``most`` lines at most of each status that say nothing about the run: no
        more can be looked through.
        """
        seen: Counter[Status] = Counter()
        kept: list[Line] = []
        gone: Counter[Status] = Counter()
        for line in self.lines:
            seen[line.status] += not line.settings
            if line.settings or seen[line.status] <= most:
                kept.append(line)
            else:
                gone[line.status] += line.present
        return replace(self, lines=tuple(kept), left_out=dict(gone))

    @property
    def is_ready(self) -> bool:
        """Whether a run can start with what was imported."""
        return not self.problems and not any(line.problem for line in self.lines)

    def line(self, key: str) -> Line:
        """The line of ``key``. KeyError when the file says nothing about it."""
        for line in self.lines:
            if line.key == key:
                return line
        raise KeyError(key)

    def record(self) -> dict[str, Any]:
        """The report as JSON values."""
        return {
            "source": self.source,
            "counts": self.counts,
            "ready": self.is_ready,
            "problems": [problem.line for problem in self.problems],
            "keys": [line.record() for line in self.lines],
        }


def ordered(lines: list[Line]) -> tuple[Line, ...]:
    """What needs a look first."""
    return tuple(sorted(lines, key=lambda line: (STATUSES.index(line.status), line.key.lower())))


def _plain(value: Any) -> Any:
    """As JSON can say it, which knows no dates as TOML does."""
    return json.loads(json.dumps(value, default=str))
