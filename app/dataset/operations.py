"""Changes to the library: each runs off the UI thread, can be undone, and tells every view."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.dataset.captions import from_file_name
from engine.dataset.edits import Recipe
from engine.dataset.holdout import hold_out
from engine.project.project import SourceFolder
from engine.runtime.files import require_folder

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable, Mapping, Sequence

    from app.dataset.model import DatasetState
    from engine.dataset.edits import Fill
    from engine.dataset.library import Changes, Library, Picture

Change = Callable[["Library"], "Changes | None"]


class Operations:
    """What can be done to pictures. Every method returns the task, so that a test can await it."""

    def __init__(self, state: DatasetState) -> None:
        self.state = state
        self.session = state.session

    def flag(self, pictures: Sequence[Picture], flag: str) -> asyncio.Task[Any]:
        """Set ``flag`` on all, or clear it when all have it already."""
        ids = [picture.id for picture in pictures]
        value = "" if all(picture.flag == flag for picture in pictures) else flag
        sentence = ""
        if value == "rejected":
            sentence = "Rejected {n} pictures. The files stay on disk."
            if len(ids) == 1:
                sentence = "Rejected 1 picture. The file stays on disk."
        return self._start(lambda library: library.set_flag(ids, value), sentence, n=len(ids))

    def rate(self, pictures: Sequence[Picture], stars: int) -> asyncio.Task[Any]:
        """Give all ``stars``, or none when all have that many already."""
        ids = [picture.id for picture in pictures]
        value = 0 if all(picture.stars == stars for picture in pictures) else stars
        return self._start(lambda library: library.set_stars(ids, value))

    def hold_out(self, pictures: Sequence[Picture]) -> asyncio.Task[Any]:
        """Keep all out of training for validation, or take them back when all are held out."""
        ids = [picture.id for picture in pictures]
        value = not all(picture.held_out for picture in pictures)
        return self._start(lambda library: library.set_held_out(ids, value))

    def hold_out_some(self, share: float = 0.1) -> asyncio.Task[Any]:
        """Hold a share of the pictures out; the choice is the same on every machine."""
        usable = sum(not p.problem and p.flag != "rejected" for p in self.state.pictures.values())
        return self._start(
            lambda library: hold_out(library, fraction=share),
            "Held {n} picture out for validation.",
            many="Held {n} pictures out for validation.",
            n=round(usable * share),
        )

    def caption(self, texts: dict[int, str]) -> asyncio.Task[Any]:
        """Write captions beside the pictures."""
        return self._start(lambda library: library.set_captions(texts))

    def caption_from_names(self) -> asyncio.Task[Any]:
        """Give every used picture without a caption the words of its file name."""
        bare = [picture for picture in self.state.used if not picture.caption.strip()]
        trigger = self._trigger_word()
        texts = {
            picture.id: ", ".join(filter(None, [trigger, from_file_name(picture.name)]))
            for picture in bare
        }
        return self._start(
            lambda library: library.set_captions(texts),
            "Wrote {n} caption from file names.",
            many="Wrote {n} captions from file names.",
            n=len(texts),
        )

    def edit(
        self, recipes: Mapping[int, Recipe], label: str, sentence: str = "", **facts: Any
    ) -> asyncio.Task[Any]:
        """Give each picture its edits, in one undo step called ``label``."""
        change: Change = lambda library: library.set_recipes(recipes, label=label)  # noqa: E731
        return self._start(change, sentence, **facts)

    def fill_category(self, category: str, fill: Fill | None) -> asyncio.Task[Any]:
        """What goes behind transparent pictures of a category; None follows the project."""
        return self._start(lambda library: library.set_category_fill(category, fill))

    def fill_project(self, fill: Fill) -> asyncio.Task[Any]:
        """What goes behind pictures that have no fill, and whose category has none."""
        return self._start(lambda library: library.set_fill(fill))

    def fill(self, pictures: Sequence[Picture], fill: Fill | None) -> asyncio.Task[Any]:
        """Choose what goes behind transparent parts; None follows the project."""
        recipes = {picture.id: picture.recipe.with_fill(fill) for picture in pictures}
        return self._start(lambda library: library.set_recipes(recipes))

    def fill_everywhere(self, fill: Fill) -> asyncio.Task[Any]:
        """Make ``fill`` the project's, and let every picture follow it."""
        return self._start(lambda library: library.set_fill(fill, everywhere=True))

    def categorize(self, pictures: Sequence[Picture], category: str) -> asyncio.Task[Any]:
        """Put all into a category; with an empty name they are in none."""
        ids = [picture.id for picture in pictures]
        one, many = "Put 1 picture into {category}.", "Put {n} pictures into {category}."
        if not category:
            one, many = "Took {n} picture out.", "Took {n} pictures out."
        return self._start(
            lambda library: library.set_category(ids, category),
            one,
            many=many,
            n=len(ids),
            category=category,
        )

    def save_filter(self, name: str, text: str) -> asyncio.Task[Any]:
        """Keep a filter by name."""
        return self._start(lambda library: library.save_filter(name, text))

    def rename_filter(self, old: str, new: str) -> asyncio.Task[Any]:
        """Keep a filter by another name."""
        return self._start(lambda library: library.rename_filter(old, new))

    def remove_filter(self, name: str) -> asyncio.Task[Any]:
        """Forget a filter that was kept."""
        return self._start(
            lambda library: library.remove_filter(name), "Deleted the filter {name}.", name=name
        )

    def undo(self) -> asyncio.Task[Any]:
        """Take the last change back."""
        self.session.undone.emit()
        return self._start(lambda library: library.undo())

    def _undo(self) -> None:
        self.undo()

    def redo(self) -> asyncio.Task[Any]:
        """Make the change again that was taken back."""
        return self._start(lambda library: library.redo())

    def reset(self, pictures: Iterable[Picture]) -> asyncio.Task[Any]:
        """Forget the crop and fill of all."""
        ids = [picture.id for picture in pictures]
        return self._start(lambda library: library.set_recipe(ids, Recipe()))

    def add_folders(self, folders: Sequence[Path], category: str = "") -> asyncio.Task[Any]:
        """Add folders of art to the project, their pictures to ``category``, and read them."""
        return self.session.start(self._add(folders, category))

    def remove_folder(self, folder: str) -> asyncio.Task[Any]:
        """Take a folder out of the project; its files stay."""
        return self.session.start(self._remove(folder))

    def change(self, change: Change, sentence: str = "", **facts: Any) -> asyncio.Task[Any]:
        """Make any change of the library; ``sentence`` tells it, with a way back."""
        return self._start(change, sentence, **facts)

    def _start(self, change: Change, sentence: str = "", **facts: Any) -> asyncio.Task[Any]:
        return self.session.start(self._apply(change, sentence, **facts))

    async def _apply(self, change: Change, sentence: str, **facts: Any) -> None:
        library = self.session.library
        if library is None:
            return
        folders = self._folders()
        changes = await self.session.bridge.io(change, library)
        if changes is None:
            return
        if changes.skipped:
            self._tell_skipped(len(changes.skipped))
        if not changes:
            return
        # Every picture may follow the project's fill, or lie in one of its folders.
        self.session.pictures_changed.emit(None if changes.project else changes.ids)
        if sentence:
            self.session.notify(sentence, action="Undo", on_action=self._undo, **facts)
        if self._folders() != folders:
            await self.session.rescan()

    def _folders(self) -> tuple[SourceFolder, ...]:
        project = self.session.project
        return project.file.folders if project is not None else ()

    def _tell_skipped(self, count: int) -> None:
        self.session.notify(
            "{n} picture was left as it is: a file is gone or cannot be read as text.",
            "{n} pictures were left as they are: a file is gone or cannot be read as text.",
            n=count,
        )

    async def _add(self, folders: Sequence[Path], category: str) -> None:
        project = self.session.project
        if project is None:
            return
        for path in folders:
            await self.session.bridge.io(require_folder, path)
        known = {folder.path for folder in project.file.folders}
        added = [
            SourceFolder(path=str(path), category=category)
            for path in folders
            if str(path) not in known
        ]
        if not added:
            self.session.notify("{name} is in the project already.", name=_names(folders))
            return
        await self._save_folders((*project.file.folders, *added))
        if self.session.project is project:
            await self._tell_added([Path(folder.path) for folder in added])

    async def _tell_added(self, folders: Sequence[Path]) -> None:
        library = self.session.library
        if library is None:
            return
        pictures = await self.session.bridge.io(library.pictures)
        count = sum(any(p.path.is_relative_to(folder) for folder in folders) for p in pictures)
        sentence = "Added {n} pictures from {name}."
        if count == 1:
            sentence = "Added 1 picture from {name}."
        self.session.notify(
            sentence, n=count, name=_names(folders), action="Undo", on_action=self._undo
        )

    async def _remove(self, folder: str) -> None:
        project = self.session.project
        if project is not None:
            kept = tuple(item for item in project.file.folders if item.path != folder)
            await self._save_folders(kept)

    async def _save_folders(self, folders: tuple[SourceFolder, ...]) -> None:
        await self._apply(lambda library: library.set_folders(folders), "")

    def _trigger_word(self) -> str:
        project = self.session.project
        return project.file.trigger_word if project is not None else ""


def _names(paths: Iterable[Path]) -> str:
    return ", ".join(path.name for path in paths)
