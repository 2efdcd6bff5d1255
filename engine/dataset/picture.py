"""A picture of the library as everything above sees it, and what an operation changed."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass, fields
from functools import lru_cache
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.dataset.edits import Recipe
from engine.dataset.paths import from_text
from engine.dataset.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

log = logging.getLogger(__name__)

Descriptor = bytes  # `bytes` is a field below

_set = object.__setattr__  # a frozen picture is only filled in here

_ORDER = (
    "id", "path", "folder", "width", "height", "bytes", "mtime", "has_alpha", "caption", "repeats",
    "category", "stars", "flag", "held_out", "sharpness", "dhash", "recipe", "problem",
    "caption_problem", "mean_color", "is_reg", "descriptor",
)  # fmt: skip
COLUMNS = ", ".join(
    "coalesce(own_category, category)" if name == "category" else name for name in _ORDER
)
"""What :meth:`Picture.of_row` takes, in this order."""

_FINE = Problem()
_PLAIN = Recipe()


class _Row:
    """Holds the row of the index until somebody asks; of 20,000 pictures few are looked at."""

    __slots__ = ("row",)
    row: tuple[Any, ...]

    def __getattr__(self, name: str) -> Any:
        # Only reached while the slot is empty: in a picture made of a row.
        if name in _SLOW:
            value = _SLOW[name](self.row)
            _set(self, name, value)
            return value
        if name not in _QUICK:
            raise AttributeError(name)
        row = self.row
        for other, place in _AS_IS:
            _set(self, other, row[place])
        for other, read in _QUICK_READ.items():
            _set(self, other, read(row))
        return getattr(self, name)


@dataclass(frozen=True, slots=True)
class Picture(_Row):
    """One picture file. Sizes in pixels as displayed; ``modified`` in seconds since 1970.

    ``folder`` is the source folder it was found in, ``category`` the user's or the folder's.
    ``sharpness`` (0-1), ``dhash`` (64 bits) and ``mean_color`` (0xRRGGBB) are None until measured.
    ``problem`` is the sentence why the picture cannot be read, ``caption_problem`` the same for
    its caption file; both are empty when all is well. ``width`` and ``height`` are 0 while only
    the name is known.
    """

    id: int
    path: Path
    folder: str
    name: str
    width: int
    height: int
    bytes: int
    modified: float
    has_alpha: bool
    caption: str
    repeats: int
    category: str
    stars: int
    flag: str
    held_out: bool
    sharpness: float | None
    dhash: int | None
    recipe: Recipe
    problem: Problem
    caption_problem: Problem
    mean_color: int | None = None
    is_reg: bool = False
    descriptor: Descriptor | None = None

    @classmethod
    def of_row(cls, row: tuple[Any, ...]) -> Picture:
        """A picture of :data:`COLUMNS`. Raises ValueError, TypeError or KeyError for a problem
        that no version of ours writes.
        """
        picture = object.__new__(cls)
        _set_row(picture, row)
        _set_id(picture, row[_ID])  # asked of all 20,000 at every turn
        if row[_PROBLEM] or row[_CAPTION_PROBLEM]:
            _set(picture, "problem", _problem(row[_PROBLEM]))
            _set(picture, "caption_problem", _problem(row[_CAPTION_PROBLEM]))
        return picture

    @property
    def usable(self) -> bool:
        """Whether training reads this picture."""
        return not self.problem and self.flag != "rejected" and not self.held_out

    @property
    def is_measured(self) -> bool:
        """Whether training measures this picture instead of learning it."""
        return self.held_out and not self.problem and self.flag != "rejected"


_set_row = _Row.__dict__["row"].__set__
_set_id = Picture.__dict__["id"].__set__
_ID = _ORDER.index("id")
_PROBLEM, _CAPTION_PROBLEM = _ORDER.index("problem"), _ORDER.index("caption_problem")
_PATH, _RECIPE, _MTIME, _DHASH = (_ORDER.index(n) for n in ("path", "recipe", "mtime", "dhash"))
_FOLDER, _ALPHA, _HELD, _REG = (
    _ORDER.index(n) for n in ("folder", "has_alpha", "held_out", "is_reg")
)


@lru_cache(4096)
def _problem(record: str) -> Problem:
    return Problem.from_record(record) if record else _FINE


@lru_cache(4096)
def _recipe(text: str) -> Recipe:
    if not text:
        return _PLAIN
    try:
        return Recipe.model_validate_json(text)
    except ValueError:  # of a step that this version does not know
        log.warning("a recipe cannot be read: %s", text)
        return _PLAIN


_SLOW: dict[str, Callable[[tuple[Any, ...]], Any]] = {
    "path": lambda row: Path(from_text(row[_PATH])),
    "name": lambda row: _stem(from_text(row[_PATH])),
    "recipe": lambda row: _recipe(row[_RECIPE]),
    "problem": lambda row: _problem(row[_PROBLEM]),
    "caption_problem": lambda row: _problem(row[_CAPTION_PROBLEM]),
}
_QUICK_READ: dict[str, Callable[[tuple[Any, ...]], Any]] = {
    "folder": lambda row: from_text(row[_FOLDER]),
    "modified": lambda row: row[_MTIME] / 1e9,
    "has_alpha": lambda row: bool(row[_ALPHA]),
    "held_out": lambda row: bool(row[_HELD]),
    "dhash": lambda row: None if row[_DHASH] is None else row[_DHASH] & 0xFFFF_FFFF_FFFF_FFFF,
    "is_reg": lambda row: bool(row[_REG]),
}
_QUICK = {field.name for field in fields(Picture)} - _SLOW.keys()
# Which columns of a row are a field as they are.
_AS_IS = [(n, place) for place, n in enumerate(_ORDER) if n in _QUICK - _QUICK_READ.keys()]


def _stem(path: str) -> str:
    name = path[path.rfind(os.sep) + 1 :]
    dot = name.rfind(".")
    return name[:dot] if dot > 0 else name


_COLUMN: dict[str, Callable[[tuple[Any, ...]], Any]] = {
    **{name: itemgetter(place) for name, place in _AS_IS},
    **_QUICK_READ,
    "file": lambda row: from_text(row[_PATH]),
    "name": _SLOW["name"],
    "problem": lambda row: row[_PROBLEM],
    "caption_problem": lambda row: row[_CAPTION_PROBLEM],
    "recipe": lambda row: row[_RECIPE],
}
_OF_PICTURE: dict[str, Callable[[Picture], Any]] = {
    "file": lambda picture: str(picture.path),
    "problem": lambda picture: picture.problem and "problem",
    "caption_problem": lambda picture: picture.caption_problem and "problem",
    "recipe": lambda picture: "recipe" if picture.recipe.steps else "",
}


def column(pictures: Sequence[Picture], name: str) -> list[Any]:
    """``name`` of every picture; nothing is filled in for it, which for 20,000 takes most of the
    time and memory. ``file`` is the path as text; of problems and of ``recipe`` it is only told, by
    an empty text, that there is none.
    """
    try:
        rows = [picture.row for picture in pictures]
    except AttributeError:  # one was not read from the index
        read = _OF_PICTURE.get(name, attrgetter(name))
        return [read(picture) for picture in pictures]
    return list(map(_COLUMN[name], rows))


@dataclass(frozen=True)
class Changes:
    """Ids of what an operation touched. ``skipped`` could not be changed as asked, and ``problem``
    says why the first could not; ``missing_folders`` are sources that are not there now (their
    pictures are kept as they were). ``conflicts`` are captions that another program changed
    meanwhile: see :meth:`Library.conflicts`. ``project`` says that the project file changed.
    """

    added: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()
    removed: tuple[int, ...] = ()
    skipped: tuple[int, ...] = ()
    missing_folders: tuple[str, ...] = ()
    conflicts: tuple[int, ...] = ()
    project: bool = False
    problem: Problem = _FINE

    @property
    def ids(self) -> set[int]:
        """Everything that was touched, or has to be looked at."""
        return {*self.added, *self.changed, *self.removed, *self.conflicts}

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed or self.conflicts or self.project)
