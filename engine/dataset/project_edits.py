"""Changes to the project file as steps like any other: fills, repeats, categories, folders,
saved filters, the trigger word, thresholds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.dataset.edits import Recipe
from engine.dataset.history import PROJECT, Pairs, current, set_marks
from engine.dataset.masks import MaskStore
from engine.dataset.masks_in_use import keys_in_use
from engine.dataset.operations import recipe_text
from engine.dataset.picture import Changes
from engine.dataset.query import parse
from engine.dataset.thresholds import Thresholds
from engine.dataset.undo import Undo
from engine.project.links import absolute, portable
from engine.project.project import Project, ProjectFile, is_project
from engine.runtime.errors import BadInputError, StylekilnError
from engine.runtime.files import storage_errors
from engine.runtime.schema import validated

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.imaging.alpha import Fill
    from engine.project.project import SourceFolder


class ProjectOperations(Undo):
    """Operations on the project file, some of them on pictures at the same time."""

    _project: Project | None

    @property
    def project(self) -> Project:
        """The project the index belongs to. Raises MissingFileError where there is none."""
        if self._project is None:
            self._project = Project.open(self._store.path.parent)
        self._project.refresh()
        return self._project

    def collect_masks(self) -> int:
        """Remove stored masks and pictures of fills that nothing can ask for any more; how many.
        Nothing is removed when the index has just been replaced: the damaged one may still tell.
        Raises StorageError.
        """
        if self._store.set_aside is not None:
            return 0
        with storage_errors(self._store.path):
            return MaskStore(self.project.masks).collect(lambda: keys_in_use(self._store))

    def set_fill(self, fill: Fill, *, everywhere: bool = False) -> Changes:
        """What goes behind transparent pictures; ``everywhere`` also for those, and for the
        categories, that had a fill of their own.
        """
        if not everywhere:
            return self._change_project("Change fill", {"fill": fill})
        return self._change_project(
            "Change fill", {"fill": fill, "category_fills": {}}, recipe=self._without_fill()
        )

    def set_category_fill(self, category: str, fill: Fill | None) -> Changes:
        """What goes behind transparent pictures of a category; None follows the project."""
        fills = _with(self.project.file.category_fills, category, fill)
        return self._change_project("Change fill", {"category_fills": fills})

    def set_category_repeats(self, category: str, repeats: int | None) -> Changes:
        """How often pictures of a category are learned in an epoch; None follows the folders."""
        if repeats is not None and repeats < 1:
            raise BadInputError("Repeats are 1 or more, not {repeats}.", repeats=repeats)
        values = _with(self.project.file.category_repeats, category, repeats)
        changes = self._change_project("Change repeats", {"category_repeats": values})
        if not changes:
            return changes
        return Changes(changed=tuple(self._in_category(category)), project=True)

    def set_categories(self, names: Sequence[str]) -> Changes:
        """The columns of the board, in order, also those without a picture."""
        return self._change_project(
            "Change categories", {"categories": tuple(dict.fromkeys(filter(None, names)))}
        )

    def rename_category(self, old: str, new: str) -> Changes:
        """Rename a category; into one that is there the two are merged, and its fill and repeats
        are kept.
        """
        if not old or not new.strip():
            raise BadInputError("A category needs a name.")
        return self._move_category("Rename category", old, new.strip())

    def delete_category(self, name: str) -> Changes:
        """Take a category away; its pictures are in none then."""
        return self._move_category("Delete category", name, "")

    def set_folders(self, folders: Sequence[SourceFolder]) -> Changes:
        """The folders of art. They have to be scanned afterwards, also after undo."""
        return self._change_project("Change folders", {"folders": tuple(folders)})

    def set_resolution(self, side: int) -> Changes:
        """The size that training is previewed at, in pixels."""
        return self._change_project("Change resolution", {"resolution": side})

    def set_trigger_word(self, word: str) -> Changes:
        """The word that training puts first in every caption."""
        return self._change_project("Change trigger word", {"trigger_word": word.strip()})

    @property
    def thresholds(self) -> Thresholds:
        """When the project's pictures are worth a look; the defaults where there is no project."""
        if self._project is None and not is_project(self._store.path.parent):
            return Thresholds()
        return Thresholds.of(self.project.file.thresholds)

    def set_thresholds(self, limits: Thresholds) -> Changes:
        """When pictures are worth a look."""
        return self._change_project("Change thresholds", {"thresholds": limits.moved()})

    def save_filter(self, name: str, text: str) -> Changes:
        """Keep a filter under a name. Raises QueryError for one that cannot be read."""
        if not name.strip():
            raise BadInputError("A filter needs a name.")
        parse(text)
        filters = _with(self.project.file.filters, name.strip(), text)
        return self._change_project("Save filter", {"filters": filters})

    def remove_filter(self, name: str) -> Changes:
        """Forget a saved filter."""
        filters = _with(self.project.file.filters, name, None)
        return self._change_project("Remove filter", {"filters": filters})

    def rename_filter(self, old: str, new: str) -> Changes:
        """Keep a filter under another name, in its place."""
        filters = self.project.file.filters
        if old not in filters or not new.strip():
            raise BadInputError("A filter needs a name.")
        kept = {new.strip() if key == old else key: text for key, text in filters.items()}
        return self._change_project("Rename filter", {"filters": kept})

    def _category_repeats(self) -> Mapping[str, int]:
        if self._project is None:
            if not is_project(self._store.path.parent):
                return {}
            try:
                return self.project.file.category_repeats
            except StylekilnError:
                return {}  # a broken project file is told about where the project is opened
        return self._project.file.category_repeats

    def _move_category(self, label: str, old: str, new: str) -> Changes:
        file = self.project.file
        values: dict[str, Any] = {
            name: _renamed(getattr(file, name), old, new)
            for name in ("category_fills", "category_repeats")
        }
        columns = [new if name == old else name for name in file.categories]
        values["categories"] = tuple(dict.fromkeys(filter(None, columns)))
        moved = {key: new for key in self._in_category(old)}
        return self._change_project(label, values, own_category=moved)

    def _in_category(self, category: str) -> list[int]:
        rows = self._store.tuples(
            "SELECT id FROM pictures WHERE coalesce(own_category, category) = ?", (category,)
        )
        return [row[0] for row in rows]

    def _without_fill(self) -> dict[int, str]:
        rows = self._store.tuples("SELECT id, recipe FROM pictures WHERE instr(recipe, 'fill') > 0")
        found = {}
        for key, text in rows:
            recipe = Recipe.model_validate_json(text)
            if recipe.step("fill") is not None:
                found[key] = recipe_text(recipe.without("fill"))
        return found

    def _change_project(
        self, label: str, values: Mapping[str, Any], **marks: Mapping[int, Any]
    ) -> Changes:
        """Change values of the project file, and marks of pictures, as one step."""
        with self._store.change() as connection:
            parts: dict[str, Pairs] = {}
            for field, wanted in marks.items():
                before = current(connection, field, wanted)
                parts[field] = {
                    key: [before[key], value]
                    for key, value in wanted.items()
                    if before.get(key) != value
                }
                set_marks(self._store, connection, field, parts[field])
            file = self._file_with(values)
            parts[PROJECT] = self._file_pairs(file)
            changed = tuple(key for field in marks for key in parts[field])
            if any(parts.values()):
                self._remember(connection, label, parts)
            if parts[PROJECT]:
                self.project.save(file)
        return Changes(changed=changed, project=bool(parts[PROJECT]))

    def _file_with(self, values: Mapping[str, Any]) -> ProjectFile:
        file = self.project.file
        return validated(ProjectFile, {**file.model_dump(), **_plain(values)}, PROJECT)

    def _file_pairs(self, file: ProjectFile) -> Pairs:
        """What differs between the project file and ``file``, as JSON values."""
        before, after = self._record(self.project.file), self._record(file)
        return {name: [before[name], after[name]] for name in after if before[name] != after[name]}

    def _record(self, file: ProjectFile) -> dict[str, Any]:
        record: dict[str, Any] = portable(file.model_dump(mode="json"), self.project.root)
        return record

    def _replay_project(self, values: Pairs) -> bool:
        if not values:
            return False
        now = self._record(self.project.file)
        wanted = {name: after for name, (before, after) in values.items() if now[name] == before}
        if wanted:
            record = absolute({**now, **wanted}, self.project.root)
            self.project.save(validated(ProjectFile, record, PROJECT))
        return bool(wanted)


def _with(values: Mapping[str, Any], key: str, value: Any) -> dict[str, Any]:
    """``values`` with ``key`` changed, or without it where ``value`` is None."""
    kept = {**values, key: value}
    if value is None:
        del kept[key]
    return kept


def _renamed(values: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    kept = {key: value for key, value in values.items() if key != old}
    if new and old in values:
        kept.setdefault(new, values[old])
    return kept


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return ProjectFile(name="", **values).model_dump(include={*values})
