"""The library: an index of the project's pictures, and every operation on them.

Marks, edits and undo live in SQLite; pictures and captions stay in the user's folders. Every
operation says what it changed, is one undo step, and can be called from any thread.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.dataset.caption_batch import forget_settled, resume
from engine.dataset.journal import APART
from engine.dataset.operations import FLAGS, CaptionOperations, MarkOperations
from engine.dataset.picture import COLUMNS, Changes, Picture
from engine.dataset.project_edits import ProjectOperations
from engine.dataset.store import IndexReplacedError, Store
from engine.dataset.undo import Undo
from engine.dataset.waiting import told_by
from engine.runtime.errors import BadInputError, StylekilnError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from engine.dataset.scan import OnChunk
    from engine.project.project import Project, SourceFolder
    from engine.runtime.job import Job

__all__ = ["FLAGS", "Changes", "Library", "Picture"]

log = logging.getLogger(__name__)

_IN_ORDER = f"SELECT {COLUMNS} FROM pictures WHERE present ORDER BY folder, sort_key"
_SOME = f"SELECT {COLUMNS} FROM pictures WHERE id IN (SELECT value FROM json_each(?))"
_REPEATS, _CATEGORY, _REG = 9, 10, 20  # places of these columns in a row


class Library(MarkOperations, CaptionOperations, ProjectOperations, Undo):
    """The pictures of one project. ``set_aside`` names a damaged index that had to be replaced.

    ``project`` is the project the index belongs to; without it the one in the same folder is read
    when it is needed; ``job`` says so while the index cannot be opened because another process
    writes. All methods raise StorageError when the index cannot be read or written, and
    JobCancelled after :meth:`close`.
    """

    def __init__(
        self, database: Path, project: Project | None = None, *, job: Job | None = None
    ) -> None:
        self._store = Store(Path(database), told_by(job, Path(database)))
        self._project = project
        # Rows and the pictures made of them: of 20,000, only changed ones are made anew.
        self._made: dict[int, Picture] = {}
        try:
            resume(self._store)
        except StylekilnError as error:  # what is read is right all the same
            log.warning("captions could not be finished: %s", error)

    @property
    def set_aside(self) -> Path | None:
        """Where a damaged index was moved when this one was opened, else None."""
        return self._store.set_aside

    def close(self) -> None:
        """Close the index. A scan that is still running ends with JobCancelled."""
        try:
            forget_settled(self._store)
        except StylekilnError as error:  # closed already, or the next one does it
            log.debug("records are kept: %s", error)
        self._store.close()

    # Reading the folders

    def scan(
        self,
        folders: Sequence[SourceFolder],
        job: Job | None = None,
        on_chunk: OnChunk | None = None,
    ) -> Changes:
        """Bring names, sizes and captions up to date; only new and changed files are opened.

        With ``on_chunk`` new files are first listed by name alone, with sizes of 0, and then read;
        it is called in this thread after every chunk with what can be read of the library by then.
        Pictures that cannot be read are listed with their ``problem``. Raises MissingFileError
        when none of ``folders`` exists.
        """
        from engine.dataset.scan import scan

        try:
            return scan(self._store, folders, job, on_chunk)
        except IndexReplacedError:
            return scan(self._store, folders, job, on_chunk)  # what its sentence asks for

    def measure(self, job: Job | None = None, on_chunk: OnChunk | None = None) -> Changes:
        """Decode every picture not measured yet: sharpness, hash, color, transparency, descriptor.

        ``on_chunk`` is called in this thread after every few pictures.
        """
        from engine.dataset.measuring import measure

        return measure(self._store, job, on_chunk)

    def forget(self, ids: Iterable[int]) -> Changes:
        """Take pictures off the list whose files were removed from disk; those whose files are
        still there are ``skipped``. Their marks wait, for files that come back from the trash.
        """
        found = {picture.id: picture for picture in self.some(ids)}
        gone = [key for key, picture in found.items() if not picture.path.exists()]
        with self._store.change() as connection:
            connection.executemany(
                "UPDATE pictures SET present = 0 WHERE id = ?", [(key,) for key in gone]
            )
        return Changes(removed=tuple(gone), skipped=tuple(sorted({*found} - {*gone})))

    # Reading the index

    def pictures(self) -> list[Picture]:
        """All pictures whose files are there, by folder and then by name, numbers by value."""
        made = {row[0]: self._picture_of(row) for row in self._rows(_IN_ORDER)}
        self._made = made
        return list(made.values())

    def order(self) -> list[int]:
        """The ids of :meth:`pictures` in their order, without reading these."""
        query = "SELECT id FROM pictures WHERE present ORDER BY folder, sort_key"
        return [key for (key,) in self._store.tuples(query)]

    def first(self, count: int) -> list[Picture]:
        """The first ``count`` of :meth:`pictures`, before the others are read."""
        return [self._made_of(row) for row in self._rows(f"{_IN_ORDER} LIMIT ?", (count,))]

    def some(self, ids: Iterable[int]) -> list[Picture]:
        """Those of ``ids`` that are known, in any order, also ones whose files are gone: what an
        edit changed is read again with this, and not all 20,000.
        """
        return [self._picture_of(row) for row in self._rows(_SOME, (json.dumps(list(ids)),))]

    def listed(self, ids: Iterable[int]) -> list[Picture]:
        """Those of ``ids`` whose files are there, in any order."""
        query = f"{_SOME} AND present"
        return [self._picture_of(row) for row in self._rows(query, (json.dumps(list(ids)),))]

    def picture(self, picture_id: int) -> Picture:
        """One picture. Raises BadInputError for an unknown id."""
        found = self.some([picture_id])
        if not found:
            raise BadInputError("There is no picture {id} in this project.", id=picture_id)
        return found[0]

    def descriptors(self, ids: Iterable[int] | None = None) -> dict[int, bytes]:
        """What :mod:`engine.imaging.descriptor` says of each measured picture."""
        query = "SELECT id, descriptor FROM pictures WHERE descriptor IS NOT NULL"
        if ids is None:
            return dict(self._store.tuples(f"{query} AND present"))
        some = f"{query} AND id IN (SELECT value FROM json_each(?))"
        return dict(self._store.tuples(some, (json.dumps(list(ids)),)))

    def not_duplicates(self) -> set[tuple[int, int]]:
        """Pairs of ids, the smaller first, that the user told apart."""
        return set(self._store.tuples(f"SELECT a, b FROM {APART}"))

    def _rows(self, query: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Rows of pictures with the repeats of their category."""
        rows = self._store.tuples(query, values)
        repeats = self._category_repeats()
        if not repeats:
            return iter(rows)
        return (
            (*row[:_REPEATS], repeats[row[_CATEGORY]], *row[_REPEATS + 1 :])
            if row[_CATEGORY] in repeats and not row[_REG]
            else row
            for row in rows
        )

    def _picture_of(self, row: tuple[Any, ...]) -> Picture:
        """The picture that was made of the same row before, or a new one in its place."""
        before = self._made.get(row[0])
        if before is not None and before.row == row:
            return before
        made = self._made_of(row)
        if before is not None:
            self._made[row[0]] = made
        return made

    def _made_of(self, row: tuple[Any, ...]) -> Picture:
        try:
            return Picture.of_row(row)
        except (ValueError, TypeError, KeyError) as error:  # a value no version of ours writes
            raise self._store.start_over() from error
