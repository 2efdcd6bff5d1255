"""The library: an index of the project's pictures, and every operation on them.

Marks, edits and undo live in SQLite; pictures and captions stay in the user's folders. Every
operation says what it changed, is one undo step, and can be called from any thread.
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.dataset.captions import normal
from engine.dataset.edits import Fill, Recipe
from engine.dataset.history import apply, current, remember
from engine.dataset.picture import Changes, Picture
from engine.dataset.problem import Problem
from engine.dataset.store import IndexReplacedError, Store, told_by
from engine.runtime.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from engine.project.project import SourceFolder
    from engine.runtime.job import Job

__all__ = ["Changes", "Library", "Picture"]

FLAGS = ("", "picked", "rejected")

_COLUMNS = (
    "id, path, folder, width, height, bytes, mtime, has_alpha, caption, repeats,"
    " coalesce(own_category, category) AS category, stars, flag, held_out, sharpness, dhash,"
    " recipe, problem, caption_problem, mean_color, is_reg"
)
_FIELDS = ("flag", "stars", "own_category", "held_out", "recipe", "caption")
# Stands for the project itself in a step of pictures; SQLite numbers rows from 1.
_PROJECT = 0
_PLAIN = Recipe()
_FINE = Problem()


class Library:
    """The pictures of one project. ``set_aside`` names a damaged index that had to be replaced.
    ``job`` says so while the index cannot be opened because another process writes.

    All methods raise StorageError when the index cannot be read or written, and JobCancelled
    after :meth:`close`.
    """

    def __init__(self, database: Path, job: Job | None = None) -> None:
        self._store = Store(Path(database), told_by(job, Path(database)))
        # Rows and the pictures made of them: of 20,000, only changed ones are made anew.
        self._made: dict[int, tuple[tuple[Any, ...], Picture]] = {}

    @property
    def set_aside(self) -> Path | None:
        """Where a damaged index was moved when this one was opened, else None."""
        return self._store.set_aside

    def close(self) -> None:
        """Close the index. A scan that is still running ends with JobCancelled."""
        self._store.close()

    # Reading the folders

    def scan(self, folders: Sequence[SourceFolder], job: Job | None = None) -> Changes:
        """Bring names, sizes and captions up to date; only new and changed files are opened.

        Pictures that cannot be read are listed with their ``problem``. Raises MissingFileError
        when none of ``folders`` exists.
        """
        from engine.dataset.scan import scan

        try:
            return scan(self._store, folders, job)
        except IndexReplacedError:
            return scan(self._store, folders, job)  # what its sentence asks for

    def measure(self, job: Job | None = None) -> Changes:
        """Decode every picture not measured yet: sharpness, hash, mean color, transparency."""
        from engine.dataset.scan import measure

        return measure(self._store, job)

    # Reading the index

    def pictures(self) -> list[Picture]:
        """All pictures whose files are there, by folder and then by name, numbers by value."""
        rows = self._store.rows(
            f"SELECT {_COLUMNS} FROM pictures WHERE present ORDER BY folder, sort_key"
        )
        known, made = self._made, {}
        for row in map(tuple, rows):
            before = known.get(row[0])
            made[row[0]] = before if before and before[0] == row else (row, self._made_of(row))
        self._made = made
        return [picture for _, picture in made.values()]

    def picture(self, picture_id: int) -> Picture:
        """One picture. Raises BadInputError for an unknown id."""
        rows = self._store.rows(f"SELECT {_COLUMNS} FROM pictures WHERE id = ?", (picture_id,))
        if not rows:
            raise BadInputError("There is no picture {id} in this project.", id=picture_id)
        return self._made_of(tuple(rows[0]))

    def _made_of(self, row: tuple[Any, ...]) -> Picture:
        try:
            return _picture(row)
        except (ValueError, TypeError, KeyError) as error:  # a value no version of ours writes
            raise self._store.start_over() from error

    # Operations

    def set_flag(self, ids: Iterable[int], flag: str) -> Changes:
        """Mark pictures ``"picked"``, ``"rejected"`` or neither (``""``)."""
        if flag not in FLAGS:
            raise BadInputError(
                "{flag} is not a mark.", flag=flag, remedy="Use picked, rejected or nothing."
            )
        label = {"picked": "Pick pictures", "rejected": "Reject pictures"}.get(flag, "Clear marks")
        return self._edit(label, "flag", dict.fromkeys(ids, flag))

    def set_stars(self, ids: Iterable[int], stars: int) -> Changes:
        """Rate pictures 0 to 5."""
        if not 0 <= stars <= 5:
            raise BadInputError("A rating has 0 to 5 stars, not {stars}.", stars=stars)
        return self._edit("Rate pictures", "stars", dict.fromkeys(ids, stars))

    def set_category(self, ids: Iterable[int], category: str | None) -> Changes:
        """Put pictures into a category; None follows the folder again."""
        return self._edit("Change category", "own_category", dict.fromkeys(ids, category))

    def set_held_out(self, ids: Iterable[int], held_out: bool) -> Changes:
        """Keep pictures out of training for validation, or take them back."""
        return self.hold_out(dict.fromkeys(ids, held_out))

    def hold_out(self, values: Mapping[int, bool]) -> Changes:
        """Set for each picture whether it is held out, in one step."""
        numbers = {key: int(value) for key, value in values.items()}
        return self._edit("Hold out pictures", "held_out", numbers)

    def set_recipe(self, ids: Iterable[int], recipe: Recipe) -> Changes:
        """Give all pictures the same crop and fill."""
        return self.set_recipes(dict.fromkeys(ids, recipe))

    def set_recipes(self, recipes: Mapping[int, Recipe]) -> Changes:
        """Give each picture its own crop and fill, in one step."""
        texts = {key: _recipe_text(recipe) for key, recipe in recipes.items()}
        return self._edit("Change crop or fill", "recipe", texts)

    def fill_everywhere(self, before: Fill, after: Fill) -> Changes:
        """Let all pictures follow the project, whose fill goes from ``before`` to ``after``.

        One step. The project's file is the caller's to write: ``Changes.fill`` says with what, also
        when the step is taken back.
        """
        with self._store.change() as connection:
            rows = connection.execute("SELECT id, recipe FROM pictures WHERE recipe != ''")
            pairs: dict[int, list[Any]] = {
                key: [text, _recipe_text(recipe.model_copy(update={"fill": None}))]
                for key, text, recipe in [(key, text, _recipe(text)) for key, text in rows]
                if recipe.fill is not None
            }
            apply(connection, "recipe", pairs)
            project = [before.model_dump_json(), after.model_dump_json()]
            remember(connection, "Change the fill of all", "recipe", {**pairs, _PROJECT: project})
        return Changes(changed=tuple(pairs), fill=after)

    def set_captions(self, texts: Mapping[int, str]) -> Changes:
        """Write captions beside the pictures, each in the encoding and line ends it had.

        Unchanged captions are not written; undecodable ones and pictures that are gone are
        ``skipped``. When a write fails the captions written so far stay, as one undo step.
        """
        return self._edit(
            "Change captions", "caption", {key: normal(text) for key, text in texts.items()}
        )

    # Undo

    @property
    def can_undo(self) -> str | None:
        """The label of the operation :meth:`undo` takes back, None without one."""
        step = self._step(undone=False)
        return step["label"] if step else None

    @property
    def can_redo(self) -> str | None:
        """The label of the operation :meth:`redo` makes again, None without one."""
        step = self._step(undone=True)
        return step["label"] if step else None

    def undo(self) -> Changes | None:
        """Take the last operation back; None when there is none. What was changed otherwise
        since then is left alone and ``skipped``.
        """
        return self._replay(self._step(undone=False), undone=True)

    def redo(self) -> Changes | None:
        """Make the last operation again that was taken back; None when there is none."""
        return self._replay(self._step(undone=True), undone=False)

    def _step(self, *, undone: bool) -> sqlite3.Row | None:
        order = "ASC" if undone else "DESC"
        rows = self._store.rows(
            f"SELECT * FROM edits WHERE undone = ? ORDER BY id {order} LIMIT 1", (int(undone),)
        )
        return rows[0] if rows else None

    def _edit(self, label: str, field: str, after: dict[int, Any]) -> Changes:
        """Set ``field`` of each id and remember the step."""
        with self._store.change() as connection:
            before = current(connection, field, after)
            wanted = {
                key: [before[key], value]
                for key, value in after.items()
                if key in before
                and before[key] != value
                and not (field == "caption" and before[key] is None and not value)
            }
            failure, done = apply(connection, field, wanted)
            if done:
                remember(connection, label, field, done)
        if failure is not None:
            raise failure
        unknown = set(after) - set(before)
        return Changes(changed=tuple(done), skipped=tuple(sorted({*wanted} - {*done} | unknown)))

    def _pairs(self, step: sqlite3.Row) -> dict[int, list[Any]]:
        """What a step changed; a record that cannot be read is forgotten."""
        try:
            record = json.loads(step["before_after"])
            if step["field"] not in _FIELDS:
                raise ValueError(step["field"])
            return {int(key): [before, after] for key, (before, after) in record.items()}
        except (ValueError, TypeError, AttributeError) as error:
            with self._store.change() as connection:
                connection.execute("DELETE FROM edits WHERE id = ?", (step["id"],))
            raise BadInputError("The record of this step is damaged; it was forgotten.") from error

    def _replay(self, step: sqlite3.Row | None, *, undone: bool) -> Changes | None:
        if step is None:
            return None
        pairs = self._pairs(step)
        if undone:
            pairs = {key: [after, before] for key, (before, after) in pairs.items()}
        fill = pairs.pop(_PROJECT, None)
        with self._store.change() as connection:
            now = current(connection, step["field"], pairs)
            wanted = {key: pair for key, pair in pairs.items() if now.get(key) == pair[0]}
            failure, done = apply(connection, step["field"], wanted)
            if failure is None:
                connection.execute(
                    "UPDATE edits SET undone = ? WHERE id = ?", (int(undone), step["id"])
                )
        if failure is not None:
            raise failure
        return Changes(
            changed=tuple(done),
            skipped=tuple(sorted({*pairs} - {*done})),
            fill=None if fill is None else Fill.model_validate_json(fill[1]),
        )


def _picture(row: tuple[Any, ...]) -> Picture:
    (
        key,
        path,
        folder,
        width,
        height,
        size,
        mtime,
        alpha,
        caption,
        repeats,
        category,
        stars,
        flag,
        held_out,
        sharpness,
        dhash,
        recipe,
        problem,
        caption_problem,
        mean_color,
        is_reg,
    ) = row
    place = Path(path)
    return Picture(
        key,
        place,
        folder,
        place.stem,
        width,
        height,
        size,
        mtime / 1e9,
        bool(alpha),
        caption,
        repeats,
        category,
        stars,
        flag,
        bool(held_out),
        sharpness,
        None if dhash is None else dhash & 0xFFFF_FFFF_FFFF_FFFF,
        _recipe(recipe),
        _problem(problem),
        _problem(caption_problem),
        mean_color,
        bool(is_reg),
    )


def _problem(record: str) -> Problem:
    return Problem.from_record(record) if record else _FINE


def _recipe(text: str) -> Recipe:
    return Recipe.model_validate_json(text) if text else _PLAIN


def _recipe_text(recipe: Recipe) -> str:
    return "" if recipe == _PLAIN else recipe.model_dump_json()
