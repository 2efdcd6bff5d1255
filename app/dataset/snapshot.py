"""The library at one moment, with all that lists count: made by a worker, read by the window."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from app.dataset.counts import Category
from app.i18n.format import number
from app.widgets.row_list import Row
from engine.dataset.columns import Columns, TokenCounts
from engine.dataset.folders import natural_key
from engine.dataset.picture import column
from engine.dataset.similarity import order_by_similarity
from engine.dataset.suggestions import suggest
from engine.dataset.survey import Survey
from engine.dataset.token_counts import TokenCounter, tokenizer_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from engine.dataset.library import Library, Picture
    from engine.dataset.suggestions import Suggestion


@dataclass(frozen=True)
class Snapshot:
    """Nothing in it changes but ``made``, which holds what is made once when it is asked for.
    ``whole`` is False while only the first pictures are read.
    """

    columns: Columns = field(default_factory=lambda: Columns([]))
    pictures: dict[int, Picture] = field(default_factory=dict)
    suggestions: list[Suggestion] = field(default_factory=list)
    survey: Survey | None = None
    used: list[Picture] = field(default_factory=list)
    flags: tuple[int, int, int, int] = (0, 0, 0, 0)
    categories: list[Category] = field(default_factory=list)
    tags: list[Row] = field(default_factory=list)
    folders: Mapping[str, int] = field(default_factory=dict)
    can_undo: bool = False
    can_redo: bool = False
    undoes: str = ""
    redoes: str = ""
    whole: bool = True
    made: dict[str, Any] = field(default_factory=dict)

    @property
    def by_picture(self) -> dict[int, list[Suggestion]]:
        """Suggestions by the picture they are about."""
        if "by picture" not in self.made:
            found: dict[int, list[Suggestion]] = {}
            for item in self.suggestions:
                found.setdefault(item.picture_id, []).append(item)
            self.made["by picture"] = found
        return self.made["by picture"]

    @property
    def copies(self) -> Counter[int | None]:
        """How many pictures each group of copies has."""
        if "copies" not in self.made:
            groups = (item.group for item in self.suggestions if item.kind == "duplicate")
            self.made["copies"] = Counter(groups)
        return self.made["copies"]

    def name_ranks(self) -> np.ndarray:
        """int64, the place of every row when sorted by name, numbers by value."""
        if "names" not in self.made:
            keys = list(map(natural_key, column(self.columns.pictures, "name")))
            ranks = np.empty(len(keys), np.int64)
            ranks[np.array(sorted(range(len(keys)), key=keys.__getitem__), np.int64)] = np.arange(
                len(keys)
            )
            self.made["names"] = ranks
        return self.made["names"]

    def similar_ranks(self) -> np.ndarray:
        """float64, the place of every row when like pictures follow each other; NaN for what is
        not measured.
        """
        looks = {p.id: p.descriptor for p in self.columns.pictures if p.descriptor}
        known = self.made.get("similar")
        if known is None or known[0] != looks:
            order = order_by_similarity([p for p in self.columns.pictures if p.descriptor])
            known = (looks, {key: place for place, key in enumerate(order)})
            self.made["similar"] = known
        places = known[1]
        return np.array([places.get(p.id, np.nan) for p in self.columns.pictures], np.float64)


def glance(library: Library, before: Snapshot, most: int) -> Snapshot:
    """The first pictures of the library; :attr:`Snapshot.whole` when there are no more."""
    columns = Columns(library.first(most + 1), buckets=before.columns.buckets)
    return replace(
        before, columns=columns, pictures=_by_id(columns), made={}, whole=len(columns) <= most
    )


def look(library: Library, before: Snapshot) -> Snapshot:
    """The pictures of the library as it is now, with nothing counted yet: what the grid needs."""
    columns = Columns(library.pictures(), buckets=before.columns.buckets, tokens=_tokens(library))
    made = _kept(before, columns)
    return replace(before, columns=columns, pictures=_by_id(columns), made=made, whole=True)


def read(library: Library, before: Snapshot, ids: Collection[int] | None) -> Snapshot:
    """The library as it is now; with ``ids`` only these pictures are read again."""
    if ids is None or not before.pictures or not before.whole:
        return count(library, look(library, before))
    found = library.listed(ids)
    gone = before.pictures.keys() & (set(ids) - {picture.id for picture in found})
    columns = before.columns.updated(found, gone)
    made = _kept(before, columns)
    return count(library, replace(before, columns=columns, pictures=_by_id(columns), made=made))


def count(library: Library, snapshot: Snapshot) -> Snapshot:
    """The same with what its lists count; suggestions are those of before."""
    columns = snapshot.columns
    return replace(
        snapshot,
        used=_used(columns),
        flags=_flags(columns),
        categories=_categories(columns),
        tags=[Row(tag, tag, number(n), gutter=True) for tag, n in columns.tag_counts()],
        folders=Counter(column(columns.pictures, "folder")),
        can_undo=library.can_undo is not None,
        can_redo=library.can_redo is not None,
        undoes=library.can_undo or "",
        redoes=library.can_redo or "",
    )


def _by_id(columns: Columns) -> dict[int, Picture]:
    return dict(zip(columns.ids.tolist(), columns.pictures, strict=True))


def _kept(before: Snapshot, columns: Columns) -> dict[str, Any]:
    """What was made of the pictures before and holds for those of ``columns``."""
    made = {"similar": before.made["similar"]} if "similar" in before.made else {}
    # A file that gets another name is another picture.
    if "names" in before.made and np.array_equal(before.columns.ids, columns.ids):
        made["names"] = before.made["names"]
    return made


def judge(
    library: Library, snapshot: Snapshot, breathe: Callable[[], object] | None = None
) -> Snapshot:
    """The same with its suggestions. What was rejected is decided and leaves them. ``breathe`` is
    called now and then while pictures are compared.
    """
    pictures = snapshot.columns.pictures
    flags = column(pictures, "flag")
    undecided = [p for p, flag in zip(pictures, flags, strict=True) if flag != "rejected"]
    apart = library.not_duplicates()
    before = snapshot.survey
    make = Survey if before is None else before.following
    survey = make(undecided, apart, breathe)
    found = suggest(undecided, library.thresholds, survey)
    marks: dict[str, set[int]] = {}
    for item in found:
        marks.setdefault(item.kind, set()).add(item.picture_id)
    made = {key: value for key, value in snapshot.made.items() if key in ("similar", "names")}
    return replace(
        snapshot,
        columns=snapshot.columns.judged(marks=marks),
        suggestions=found,
        survey=survey,
        made=made,
    )


def read_and_judge(library: Library, before: Snapshot, ids: Collection[int] | None) -> Snapshot:
    """Both at once, for a library that is judged in a moment."""
    return judge(library, read(library, before, ids))


def _tokens(library: Library) -> TokenCounts:
    return TokenCounts(TokenCounter(tokenizer_folder(library.project.file.base_model)).counts)


def _used(columns: Columns) -> list[Picture]:
    """The pictures that :func:`counts.is_used` finds, of all at once."""
    codes, flags = columns.groups("flag")
    out = codes == (flags.index("rejected") if "rejected" in flags else -1)
    for name in ("unreadable", "heldout", "reg"):
        out |= columns.numbers(name) > 0
    return [columns.pictures[row] for row in np.flatnonzero(~out).tolist()]


def _flags(columns: Columns) -> tuple[int, int, int, int]:
    codes, texts = columns.groups("flag")
    by_flag = dict(zip(texts, np.bincount(codes, minlength=len(texts)).tolist(), strict=True))
    held = int(columns.numbers("heldout").sum())
    return (len(columns), by_flag.get("picked", 0), by_flag.get("rejected", 0), held)


def _categories(columns: Columns) -> list[Category]:
    codes, names = columns.groups("category")
    repeats = columns.numbers("repeats")
    found = []
    for code, name in enumerate(names):
        own = repeats[codes == code]
        shared = int(own[0]) if len(own) and (own == own[0]).all() else 0
        found.append(Category(name, shared, len(own)))
    return sorted(found, key=lambda item: (-item.count, item.name))
