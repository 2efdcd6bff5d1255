"""Writing captions: at once on the screen, then to the files, one after the other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from app.dataset.caption_chips import merged
from app.dataset.counts import Scope
from engine.dataset.picture import column

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Mapping, Sequence

    from app.dataset.model import DatasetState
    from engine.dataset.library import Changes, Library, Picture
    from engine.dataset.operations import Conflict
    from engine.runtime.job import Job

IN_WORKER = 200
"""Captions from which on an edit is made in a worker."""


class CaptionWork:
    """Edits of captions. What is on its way to the disk is what the next edit begins with.

    ``waiting`` are pictures whose caption was changed on disk meanwhile: until the user has chosen
    nothing else is written to them, for that would be a choice too.
    """

    def __init__(self, state: DatasetState) -> None:
        self.state = state
        self.session = state.session
        self.waiting: set[int] = set()
        self._pending: dict[int, tuple[str, str]] = {}  # text, and what the library said before
        self._writing = 0
        self._last: asyncio.Task[Any] | None = None
        state.reloaded.connect(self._forget)
        self.session.undone.connect(self._forget)
        self.session.project_changed.connect(lambda _: self._pending.clear())

    def text_of(self, picture: Picture) -> str:
        """The caption of ``picture``, with what is being written now."""
        text, before = self._pending.get(picture.id, ("", None))
        return text if before is not None and before == picture.caption else picture.caption

    def texts_of(self, pictures: Sequence[Picture]) -> dict[int, str]:
        """The captions of many pictures by id, with what is being written now."""
        keys, captions = column(pictures, "id"), column(pictures, "caption")
        texts = dict(zip(keys, captions, strict=True))
        for key, (text, before) in self._pending.items():
            if before is not None and before == texts.get(key):
                texts[key] = text
        return texts

    def edit(self, pictures: Sequence[Picture], change: Callable[[str], str]) -> asyncio.Task[Any]:
        """Make of each caption what ``change`` makes of it, as one undo step."""
        if len(pictures) > IN_WORKER:
            return self._then(self._edit_many(self.texts_of(pictures), change))
        pictures = [picture for picture in pictures if picture.id not in self.waiting]
        seen = {picture.id: self.text_of(picture) for picture in pictures}
        texts = _changed(seen, change)
        for picture in pictures:
            if picture.id in texts:
                self._pending[picture.id] = (texts[picture.id], picture.caption)
        return self._then(self._write(texts, {key: seen[key] for key in texts}))

    def write(
        self,
        texts: Mapping[int, str],
        seen: Mapping[int, str],
        *,
        label: str,
        job: Job,
        sentence: str,
        many: str,
    ) -> asyncio.Task[Any]:
        """Write many captions as the undo step ``label``; cancelling ``job`` takes all back."""

        def work(library: Library) -> Changes:
            with library.one_step(label):
                return library.set_captions(texts, job, seen=seen)

        return self._then(self._apply(work, sentence, many))

    def settle(self, conflicts: Sequence[Conflict], how: str) -> asyncio.Task[Any]:
        """Answer ``conflicts``: ``"mine"``, ``"theirs"`` or ``"merge"``."""

        def work(library: Library) -> Changes:
            self.waiting -= {one.id for one in conflicts}
            if how == "merge":
                both = [replace(one, mine=merged(one)) for one in conflicts]
                same = [one for one in both if one.mine == one.theirs]
                library.settle(same, mine=False)
                return library.settle(both, mine=True)
            return library.settle(conflicts, mine=how == "mine")

        return self._then(self._apply(work))

    def set_trigger_word(self, word: str) -> asyncio.Task[Any]:
        """Remember the word that training puts first in every caption."""
        return self._then(self._apply(lambda library: library.set_trigger_word(word)))

    def show_conflicts(self) -> None:
        """Show the pictures whose captions wait for a choice."""
        self.session.start(self._show_conflicts())

    def _then(self, coroutine: Any) -> asyncio.Task[Any]:
        """Start ``coroutine`` behind the one that writes now, so that edits keep their order."""
        before = self._last
        self._writing += 1
        self._last = self.session.start(self._after(before, coroutine))
        return self._last

    async def _after(self, before: asyncio.Task[Any] | None, coroutine: Any) -> None:
        import asyncio

        try:
            if before is not None:
                await asyncio.wait([before])
            await coroutine
        finally:
            coroutine.close()
            self._writing -= 1

    async def _edit_many(self, seen: dict[int, str], change: Callable[[str], str]) -> None:
        texts = await self.session.bridge.io(_changed, seen, change)
        await self._write(texts, {key: seen[key] for key in texts})

    async def _write(self, texts: dict[int, str], seen: dict[int, str]) -> None:
        texts = {key: text for key, text in texts.items() if key not in self.waiting}
        if not texts:
            return
        try:
            await self._apply(lambda library: library.set_captions(texts, seen=seen))
        except BaseException:
            for key in texts:
                self._pending.pop(key, None)
            self.session.pictures_changed.emit(set(texts))
            raise

    async def _apply(
        self, change: Callable[[Library], Changes], sentence: str = "", many: str = ""
    ) -> None:
        library = self.session.library
        if library is None:
            return
        changes = await self.session.bridge.io(change, library)
        if changes.skipped:
            self._tell_skipped(changes)
        self.waiting |= {*changes.conflicts}
        for key in (*changes.skipped, *changes.conflicts):
            self._pending.pop(key, None)
        self.session.pictures_changed.emit(None if changes.project else changes.ids)
        count = len(changes.changed)
        if sentence and count:
            text = sentence if count == 1 else many
            self.session.notify(text, action="Undo", on_action=self._undo, n=count)
        if changes.conflicts:
            self.session.notify(
                "A caption was changed on disk meanwhile; both texts wait for you.",
                "{n} captions were changed on disk meanwhile; both texts wait for you.",
                action="Show them",
                on_action=self.show_conflicts,
                n=len(changes.conflicts),
            )

    def _tell_skipped(self, changes: Changes) -> None:
        if changes.problem:
            self.session.show_error(changes.problem.as_error())
            return
        self.session.notify(
            "{n} picture was left as it is: a file is gone or cannot be read as text.",
            "{n} pictures were left as they are: a file is gone or cannot be read as text.",
            n=len(changes.skipped),
        )

    def _undo(self) -> None:
        self.session.undone.emit()
        self._then(self._take_back())

    async def _take_back(self) -> None:
        library = self.session.library
        changes = await self.session.bridge.io(library.undo) if library else None
        if changes is not None:
            self.session.pictures_changed.emit(None if changes.project else changes.ids)

    async def _show_conflicts(self) -> None:
        library = self.session.library
        found = await self.session.bridge.io(library.conflicts) if library else []
        if found:
            ids = frozenset(one.id for one in found)
            self.state.set_scope(Scope("ids", "conflicts", ids))
            self.state.select(sorted(ids)[:1])

    def _forget(self) -> None:
        if not self._writing:
            self._pending.clear()


def _changed(seen: Mapping[int, str], change: Callable[[str], str]) -> dict[int, str]:
    made = ((key, text, change(text)) for key, text in seen.items())
    return {key: after for key, before, after in made if after != before}
