"""What is offered while a tag is typed: the dataset's own tags, and the user's lists of tags."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from engine.dataset.completion import KnownTags, TagIndex, TagSuggestion
from engine.dataset.picture import column
from engine.dataset.similar import Similar, similar
from engine.dataset.tag_lists import add_tag_list, read_tag_list, tag_lists
from engine.dataset.tags import counts
from engine.project.settings import data_dir
from engine.runtime.errors import StylekilnError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence
    from typing import Any

    from app.dataset.model import DatasetState

NEAR = 3
"""Tags that are named when a new one is nearly an old one."""


class TagWords(QObject):
    """Counts and index of tags, made off the UI thread when they are needed and are out of date."""

    ready = Signal()

    def __init__(self, state: DatasetState) -> None:
        super().__init__()
        self.state = state
        self.counts: dict[str, int] = {}
        self.index = TagIndex()
        self._known: KnownTags | None = None
        self._stale = True
        self._version = 0
        state.reloaded.connect(self._mark_stale)

    def complete(self, typed: str, limit: int) -> list[TagSuggestion]:
        """The best offers for ``typed``; milliseconds, with 150,000 tags in lists."""
        return self.index.complete(typed, limit)

    def want(self) -> asyncio.Task[Any] | None:
        """Somebody is about to type: bring what is out of date up to date."""
        if not self._stale:
            return None
        self._stale = False
        self._version += 1
        return self.state.session.start(self._make(self._version))

    async def near(self, tag: str) -> list[Similar]:
        """Tags of the dataset that ``tag``, which is not among them, may be meant as."""
        if not tag or tag in self.counts:
            return []
        return await self.state.session.bridge.io(similar, tag, self.counts, NEAR)

    async def add_list(self, source: Path) -> int:
        """Copy a list to the user's and read it; returns how many tags it holds."""
        path = await self.state.session.bridge.io(add_tag_list, data_dir(), source)
        count = await self.state.session.bridge.io(lambda: len(read_tag_list(path)))
        self._known = None
        self._stale = True
        task = self.want()
        if task is not None:
            await task
        return count

    async def _make(self, version: int) -> None:
        bridge = self.state.session.bridge
        captions = column(list(self.state.pictures.values()), "caption")
        if self._known is None:
            known, problems = await bridge.io(_read_lists)
            self._known = known
            for problem in problems:
                self.state.session.show_error(problem)
        found, index = await bridge.io(_index, captions, self._known)
        if version == self._version:
            self.counts, self.index = found, index
            self.ready.emit()

    def _mark_stale(self) -> None:
        self._stale = True


def _read_lists() -> tuple[KnownTags, list[StylekilnError]]:
    lists, problems = [], []
    for path in tag_lists(data_dir()):
        try:
            lists.append(read_tag_list(path))
        except StylekilnError as error:
            problems.append(error)
    return KnownTags(lists), problems


def _index(captions: Sequence[str], known: KnownTags) -> tuple[dict[str, int], TagIndex]:
    found = counts(captions)
    return dict(found), TagIndex(found, known)
