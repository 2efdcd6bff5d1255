"""What can be done to pictures: marks in the index, and captions in their files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.dataset.caption_batch import write_captions
from engine.dataset.caption_files import caption_columns
from engine.dataset.captions import LARGEST, normal
from engine.dataset.edits import Recipe
from engine.dataset.history import CAPTION, Pairs, current, pair_key
from engine.dataset.journal import APART
from engine.dataset.picture import Changes
from engine.dataset.undo import Undo
from engine.runtime.errors import BadInputError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from engine.runtime.job import Job

FLAG_LABELS = {"": "Clear marks", "picked": "Pick pictures", "rejected": "Reject pictures"}
FLAGS = tuple(FLAG_LABELS)
_PLAIN = Recipe()


@dataclass(frozen=True)
class Conflict:
    """A caption that two programs changed at once: what both began with, and what they made."""

    id: int
    base: str
    mine: str
    theirs: str


class MarkOperations(Undo):
    """Operations on what the index holds."""

    def set_flag(self, ids: Iterable[int], flag: str) -> Changes:
        """Mark pictures ``"picked"``, ``"rejected"`` or neither (``""``)."""
        if flag not in FLAGS:
            raise BadInputError(
                "{flag} is not a mark.", flag=flag, remedy="Use picked, rejected or nothing."
            )
        return self._edit(FLAG_LABELS[flag], "flag", dict.fromkeys(ids, flag))

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
        """Give all pictures the same edits."""
        return self.set_recipes(dict.fromkeys(ids, recipe))

    def set_recipes(
        self, recipes: Mapping[int, Recipe], *, label: str = "Change crop or fill"
    ) -> Changes:
        """Give each picture its own edits, in one step named ``label``."""
        texts = {key: recipe_text(recipe) for key, recipe in recipes.items()}
        return self._edit(label, "recipe", texts)

    def tell_apart(self, pairs: Iterable[tuple[int, int]], *, apart: bool = True) -> Changes:
        """Remember that pairs of pictures are no duplicates of each other, or forget it."""
        keys = {pair_key(a, b): (a, b) for a, b in pairs if a != b}
        self._edit("Tell pictures apart", APART, dict.fromkeys(keys, int(apart)))
        return Changes(changed=tuple(sorted({key for pair in keys.values() for key in pair})))


class CaptionOperations(Undo):
    """Operations on caption files."""

    def set_captions(
        self,
        texts: Mapping[int, str],
        job: Job | None = None,
        *,
        seen: Mapping[int, str] | None = None,
    ) -> Changes:
        """Write captions beside the pictures, each in the encoding and line ends it had.

        ``seen`` are captions as they were when the user began to change them, where the library
        may have read others since. A file that another program changed meanwhile is merged tag by
        tag; where that cannot be it stays, and is in ``conflicts``. Unchanged captions are not
        written; undecodable ones, ones in folders that cannot be written and pictures that are
        gone are ``skipped``; StorageError when that is all. Cancelling ``job`` gives every file
        its bytes back. When the disk is full what was written so far stays, as one undo step.
        """
        wanted = {key: storable(text) for key, text in texts.items()}
        known: dict[int, Any] = {}

        def plan(connection: sqlite3.Connection) -> Pairs:
            known.update(current(connection, CAPTION, wanted))
            bases = {**known, **{k: normal(t) for k, t in (seen or {}).items() if known.get(k)}}
            return {
                key: [bases[key], wanted[key]]
                for key in known
                if wanted[key] != known[key] and (known[key] is not None or wanted[key])
            }

        batch = self._batch("Change captions")
        outcome = write_captions(self._store, batch, list(wanted), plan, job)
        self._keep_step(outcome.step)
        done = outcome.ids("written", "same")
        problem = outcome.problem
        if outcome.failure is not None:
            raise outcome.failure
        conflicts = outcome.ids("conflict")
        if problem and not done and not conflicts and outcome.blocked:
            raise outcome.blocked
        return Changes(
            changed=tuple(done),
            skipped=tuple(sorted({*outcome.ids("skipped")} | ({*wanted} - {*known}))),
            conflicts=tuple(conflicts),
            problem=problem,
        )

    def conflicts(self) -> list[Conflict]:
        """Captions that wait for the user's choice, with both texts."""
        rows = self._store.tuples(
            "SELECT picture, base, mine, path FROM conflicts CROSS JOIN pictures ON id = picture"
            " WHERE present ORDER BY folder, sort_key"
        )
        return [
            Conflict(key, base, mine, caption_columns(path)["caption"])
            for key, base, mine, path in rows
        ]

    def settle(self, conflicts: Iterable[Conflict], *, mine: bool) -> Changes:
        """Write the user's own texts, or keep what the other program wrote."""
        chosen = list(conflicts)
        if mine:
            seen = {one.id: one.theirs for one in chosen}
            return self.set_captions({one.id: one.mine for one in chosen}, seen=seen)
        with self._store.change() as connection:
            connection.execute(
                "DELETE FROM conflicts WHERE picture IN (SELECT value FROM json_each(?))",
                (json.dumps([one.id for one in chosen]),),
            )
        return Changes(changed=tuple(one.id for one in chosen))


def storable(text: str) -> str:
    """``text`` as a file gives it back, so that it can be read and undone. Raises BadInputError."""
    text = normal(text.removeprefix("\ufeff"))
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        size = -1
    if size < 0 or "\0" in text or text.startswith("\ufeff"):
        raise BadInputError(
            "The caption holds characters that cannot be stored.",
            remedy="Remove the unusual characters.",
        )
    if size > LARGEST:
        raise BadInputError("The caption is too long.", remedy="Shorten it and try again.")
    return text


def recipe_text(recipe: Recipe) -> str:
    """How the index stores a recipe."""
    return "" if recipe == _PLAIN else recipe.model_dump_json()
