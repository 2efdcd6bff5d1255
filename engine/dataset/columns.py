"""The pictures of the library as columns, so that a filter looks at 20,000 at once.

A :class:`Columns` never changes: a worker may search one while the window makes the next from it
with :meth:`Columns.updated`, which touches the changed rows only. What no filter asked for is not
made. Numbers are float64 with NaN for what is unknown.
"""

from __future__ import annotations

import threading
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.dataset.bucket_places import BucketPlaces, bucket_names
from engine.dataset.column_readers import GROUPS, NUMBERS, TEXTS, WHOLE
from engine.dataset.picture import column
from engine.dataset.query_text import fold
from engine.dataset.tags import tags_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from engine.dataset.picture import Picture

_BATCH = 256


class TokenCounts:
    """Tokens by caption, each counted once. ``count`` is given many captions at a time."""

    def __init__(self, count: Callable[[Sequence[str]], Sequence[int]]) -> None:
        self._count, self._known = count, dict[str, int]()

    def of(self, captions: Sequence[str], breathe: Callable[[], object] | None = None) -> list[int]:
        """The counts of ``captions``. ``breathe`` is called between batches and may raise."""
        new = list({caption for caption in captions if caption not in self._known})
        for start in range(0, len(new), _BATCH):
            batch = new[start : start + _BATCH]
            self._known.update(zip(batch, self._count(batch), strict=True))
            if breathe is not None:
                breathe()
        return [self._known[caption] for caption in captions]

    def keep(self, captions: Iterable[str]) -> None:
        """Forget all other captions, when they have become many."""
        wanted = set(captions)
        if len(self._known) > 2 * len(wanted) + 10_000:
            self._known = {text: n for text, n in self._known.items() if text in wanted}


class Vocabulary:
    """Every tag that was met, by a number that stays. ``folded`` is for comparing in any case."""

    def __init__(self) -> None:
        self.tags: list[str] = []
        self.folded: list[str] = []
        self._numbers: dict[str, int] = {}
        self._lock = threading.Lock()

    def numbers(self, tags: Iterable[str]) -> tuple[int, ...]:
        """The numbers of ``tags``, new ones for new tags."""
        known = self._numbers
        try:
            return tuple([known[tag] for tag in tags])
        except KeyError:
            with self._lock:
                return tuple([self._number(tag) for tag in tags])

    def _number(self, tag: str) -> int:
        if tag not in self._numbers:
            self.tags.append(tag)
            self.folded.append(fold(tag))
            self._numbers[tag] = len(self.tags) - 1
        return self._numbers[tag]


class Columns:
    """``pictures`` in their order, read column by column as filters ask.

    ``marks`` are ids by kind of suggestion; ``buckets`` and ``tokens`` are asked when a filter is
    about them.
    """

    def __init__(
        self,
        pictures: Iterable[Picture],
        *,
        marks: Mapping[str, Collection[int]] | None = None,
        buckets: BucketPlaces | None = None,
        tokens: TokenCounts | None = None,
    ) -> None:
        self.pictures = list(pictures)
        self.tokens = tokens
        self.buckets = buckets or BucketPlaces()
        self.vocabulary = Vocabulary()
        self._marks = marks or {}
        self._rows: dict[str, Any] = {}  # columns that `updated` carries over, by name
        self._made: dict[str, Any] = {}  # what is made from them

    def __len__(self) -> int:
        return len(self.pictures)

    @property
    def ids(self) -> np.ndarray:
        """int64, one id a row."""
        return self._row("ids", lambda p: p.id, np.int64)

    def prepare(self) -> None:
        """Make the columns that take longest now, in a worker, so that the first filter need not;
        and forget counts of captions that are gone.
        """
        self.tag_counts()
        for name in ("caption", "stem", "name"):
            self.texts(name)
        if self.tokens is not None:
            self.tokens.keep(picture.caption for picture in self.pictures)

    def updated(self, changed: Sequence[Picture], removed: Collection[int] = ()) -> Columns:
        """The columns after pictures were changed, added (at the end) and removed."""
        places, kept = self._places(), None
        if removed or any(picture.id not in places for picture in changed):
            kept = [row for key, row in places.items() if key not in removed]
            places = {key: row for row, key in enumerate(k for k in places if k not in removed)}
        fresh = {places.setdefault(picture.id, len(places)): picture for picture in changed}
        following = Columns(
            _with(_taken(self.pictures, kept), fresh, lambda picture: picture),
            marks=self._marks,
            buckets=self.buckets,
            tokens=self.tokens,
        )
        following.vocabulary, following._made["places"] = self.vocabulary, places
        for name, (values, read) in list(self._rows.items()):
            following._rows[name] = (_with(_taken(values, kept), fresh, read), read)
        return following

    def judged(self, marks: Mapping[str, Collection[int]]) -> Columns:
        """The same rows with other suggestions."""
        following = Columns(self.pictures, marks=marks, buckets=self.buckets, tokens=self.tokens)
        following.vocabulary, following._rows = self.vocabulary, dict(self._rows)
        return following

    def numbers(self, name: str) -> np.ndarray:
        """float64, one number a row, of :data:`NUMBERS` or ``"tags"``."""
        if name == "tags":
            return self._once(
                name, lambda: np.fromiter(map(len, self._tag_rows()), np.float64, len(self))
            )
        return self._row(name, NUMBERS[name], np.float64)

    def texts(self, name: str) -> list[str]:
        """One text a row, of :data:`TEXTS`."""
        return self._row(name, TEXTS[name], None)

    def groups(self, name: str) -> tuple[np.ndarray, list[str]]:
        """int64, one number a row, and the text each number stands for: of :data:`GROUPS` or
        ``"bucket"``, which is empty for a picture without one.
        """
        if name != "bucket":
            return self._once(f"groups {name}", lambda: _numbered(self._shared(name)))
        spec = self.buckets.spec
        return self._once(f"buckets {spec!r}", lambda: _numbered(bucket_names(spec, self.pictures)))

    def marked(self, kind: str) -> np.ndarray:
        """bool, whether each picture has a mark; ``untagged`` and ``unreadable`` need no giving."""
        if kind == "untagged":
            return self.numbers("tags") == 0
        if kind == "unreadable":
            return self.numbers("unreadable") > 0
        wanted = np.fromiter(self._marks.get(kind, ()), np.int64)
        return self._once(f"mark {kind}", lambda: np.isin(self.ids, wanted))

    def tag_table(self) -> tuple[np.ndarray, np.ndarray]:
        """Two int64 arrays, one entry for every tag of every picture: tag number, and row."""
        return self._once("tag table", self._make_tag_table)

    def tag_counts(self) -> list[tuple[str, int]]:
        """How many pictures have each tag, most first."""
        return self._once("tag counts", self._make_tag_counts)

    def _make_tag_table(self) -> tuple[np.ndarray, np.ndarray]:
        rows = self._tag_rows()
        lengths = self.numbers("tags").astype(np.int64)
        numbers = np.fromiter(chain.from_iterable(rows), np.int64, int(lengths.sum()))
        return numbers, np.repeat(np.arange(len(rows)), lengths)

    def _make_tag_counts(self) -> list[tuple[str, int]]:
        numbers, rows = self.tag_table()
        size = len(self.vocabulary.tags)
        every = np.sort(rows * max(1, size) + numbers)  # np.unique takes fifty times as long
        once = every[np.flatnonzero(np.diff(every, prepend=-1))]
        counts = np.bincount(once % max(1, size), minlength=size).tolist()
        found = zip(self.vocabulary.tags, counts, strict=False)
        return sorted(((tag, n) for tag, n in found if n), key=lambda item: (-item[1], item[0]))

    def _tag_rows(self) -> list[tuple[int, ...]]:
        numbers = self.vocabulary.numbers
        read = lambda p: numbers(tags_of(p.caption))  # noqa: E731
        if "tag rows" not in self._rows:
            captions = column(self.pictures, "caption")
            self._rows["tag rows"] = ([numbers(tags_of(text)) for text in captions], read)
        return self._rows["tag rows"][0]

    def _shared(self, name: str) -> list[str]:
        return self._row(f"group {name}", GROUPS[name], None)

    def _places(self) -> dict[int, int]:
        """The row of each id."""
        return self._once("places", lambda: {key: row for row, key in enumerate(self.ids.tolist())})

    def _row(self, name: str, read: Callable[[Picture], Any], dtype: Any) -> Any:
        if name not in self._rows:
            whole = WHOLE.get(name)
            values: Any = whole(self.pictures) if whole else list(map(read, self.pictures))
            self._rows[name] = (values if dtype is None else np.array(values, dtype), read)
        return self._rows[name][0]

    def _once(self, name: str, make: Callable[[], Any]) -> Any:
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]


def _numbered(texts: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    known: dict[str, int] = {}
    codes = [known.setdefault(text, len(known)) for text in texts]
    return np.array(codes, np.int64), list(known)


def _taken(values: Any, kept: list[int] | None) -> Any:
    """The rows ``kept`` of a column, None for all of them."""
    if kept is None:
        return values
    return values[kept] if isinstance(values, np.ndarray) else [values[row] for row in kept]


def _with(values: Any, fresh: Mapping[int, Picture], read: Callable[[Picture], Any]) -> Any:
    """A copy of a column with the rows of ``fresh`` read again; rows past its end are added."""
    size = len(values)
    added = [read(picture) for row, picture in sorted(fresh.items()) if row >= size]
    if isinstance(values, np.ndarray):
        values = np.concatenate([values, np.array(added, values.dtype)])
    else:
        values = [*values, *added]
    for row, picture in fresh.items():
        if row < size:
            values[row] = read(picture)
    return values
