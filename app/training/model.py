"""The state of the Train workspace: the next run, the runs that were, and the one that is shown."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from app.training import draft
from app.training.compared import Compared
from app.training.draft import BaseModel
from app.training.elsewhere import Elsewhere
from app.training.live_runs import LiveRuns
from app.training.next_run import NextRun
from app.training.pace import Pace, read_paces, seconds_for
from app.training.past_runs import Mark, Past, learned, look_through
from app.training.probe import Probe
from app.training.run_names import next_free
from app.training.trash import run_to_trash
from app.training.unfinished import Unfinished
from app.trash import bring_back
from engine.models.catalogue import list_models, model_folders
from engine.runtime.errors import StylekilnError
from engine.training.categories import chosen
from engine.training.runs import Resumable, new_run_folder

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from app.session import Session
    from app.training.story import Story
    from engine.dataset.library import Library, Picture
    from engine.runtime.job import JobHandle
    from engine.training.config import TrainRequest


class TrainState(NextRun):
    """Draft, plan, runs and the story on the stage. Views read it and react to its signals."""

    runs_changed = Signal()
    story_changed = Signal()
    story_grew = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.runs: list[Story] = []
        self.paces: list[Pace] = []
        self.story: Story | None = None
        self._marks: dict[str, Mark] = {}
        self._reading = asyncio.Lock()
        self.live = LiveRuns(session, self)
        self.unfinished = Unfinished(session, self.live)
        self.probe = Probe(self)
        self.compared = Compared(session, self)
        session.project_changed.connect(self._project_changed)
        self.elsewhere = Elsewhere(session, self.look_again, self)
        session.run_settings.changed.connect(self._set_elsewhere)
        session.pictures_changed.connect(self._pictures_changed)
        self.unfinished.changed.connect(self.runs_changed)
        self.unfinished.refused.connect(lambda: session.start(self.load_runs()))
        self.live.began.connect(self._run_began)
        self.live.grew.connect(self._run_grew)
        self.live.ended.connect(self._run_ended)
        self.live.never_learned.connect(self._name_again)
        if session.project is not None:
            self._project_changed(session.project)
            session.start(self.load_pictures())

    @property
    def expected_seconds(self) -> float | None:
        """How long the draft takes here, None when nothing like it was trained yet."""
        if self.plan is None:
            return None
        return seconds_for(self.paces, self.request(), self.plan)

    def earlier(self) -> list[TrainRequest]:
        """The settings of the runs that learned something, newest first."""
        return [story.request for story in self.measures if story.request is not None]

    @property
    def measures(self) -> list[Story]:
        """The runs that a next one is measured against, newest first: those that learned at all."""
        return [story for story in self.runs if learned(story)]

    # Starting

    def start(self) -> JobHandle | None:
        """Queue the next run; None when the draft cannot be trained."""
        project = self.session.project
        if project is None or self.problem is not None:
            return None
        name = next_free(self)
        folder = new_run_folder(project.runs, name)
        own = {"output_name": name, "output_dir": str(folder)}
        request = self.request().model_copy(update=own)
        handle = self.session.bridge.submit(request)
        self._touched.discard("output_name")
        self._name_next(extra=request.output_name)
        self._tell()
        return handle

    @property
    def resumable(self) -> list[Resumable]:
        """The runs that can go on, newest first."""
        return self.unfinished.items

    def resume(self, item: Resumable) -> None:
        """Let a run that was cut off go on from its newest state."""
        self.unfinished.resume(item)

    # Reading

    async def load_pictures(self) -> None:
        """Read the library again and suggest what follows from it."""
        library = self.session.library
        read: tuple[list[Picture], list[str]] = [], []
        if library is not None:
            categories = tuple(self.values.get("categories", ()))
            read = await self.session.bridge.io(_read_pictures, library, categories)
        self.pictures, self._captions = read
        self._suggest_again()

    async def load_models(self) -> None:
        """Look for base models in the user's folders."""
        found = await self.session.bridge.io(_base_models)
        self.models = found
        self.models_changed.emit()

    async def load_runs(self) -> None:
        """Read the run folders of the project, but for those that are as they were."""
        await self._read_runs(self.session.bridge.io)

    async def look_again(self) -> None:
        """The same, when nobody waits for it: another program may have changed them."""
        await self._read_runs(self.session.bridge.behind)

    async def _read_runs(self, reader: Callable[..., Awaitable[Past | None]]) -> None:
        project = self.session.project
        async with self._reading:
            if project is None or project is not self.session.project:
                return
            past = await reader(look_through, project.runs, self._marks)
            if past is not None and project is self.session.project:
                await self._take(past)
            elsewhere = {one.folder for one in self.runs if one.live}
            elsewhere -= {one.folder for one in self.live.by_folder().values()}
            self.elsewhere.follow(bool(elsewhere), past.seconds if past is not None else 0.0)

    async def _take(self, past: Past) -> None:
        """A run that goes on here keeps what was heard of it. Each part of the page shows it in a
        turn of the event loop of its own.
        """
        live, known = self.live.by_folder(), {str(one.folder): one for one in self.runs}
        before = {key: story.status for key, story in known.items()}
        for key, fresh in past.stories.items():
            if key not in live:
                known.setdefault(key, fresh).become(fresh)
        known |= live
        self._marks = dict(past.marks)
        self.unfinished.take(past.resumable)
        new = [key for key in live if key not in past.marks]
        self.runs = [known[key] for key in (*new, *past.marks) if key in known]
        self.runs_changed.emit()
        if before != {str(one.folder): one.status for one in self.runs}:
            await asyncio.sleep(0)
            self._name_next()
            self._suggest_again()
            self.session.start(self.load_paces())
            await asyncio.sleep(0)
        self._show_what_was_read(before, past)

    def _show_what_was_read(self, before: Mapping[str, str], past: Past) -> None:
        story = self.story
        key = str(story.folder) if story is not None else ""
        if story is None or story not in self.runs:
            self.show(self.runs[0] if self.runs else None)
        elif key in past.stories and before.get(key) != story.status:
            self.story_changed.emit()
        elif key in past.stories:
            self.story_grew.emit("train.sample")

    async def load_paces(self) -> None:
        """Measure how fast this computer was, in this project and the last ones."""
        if self.session.project is None:
            return
        here = self.session.project.root
        roots = dict.fromkeys([here, *map(Path, self.session.settings.recent_projects)])
        folders = [root / "runs" for root in roots]
        self.paces = await self.session.bridge.io(read_paces, folders)
        self.plan_changed.emit()

    async def delete(self, story: Story) -> None:
        """Move a run that is over to the trash; the toast can bring it back."""
        try:
            trashed = await self.session.bridge.io(run_to_trash, story.folder)
        except StylekilnError as error:
            self.session.show_error(error)
            await self.load_runs()  # another program trains it, or has removed it
            return
        self._forget(story)

        def undo() -> None:
            self.session.start(self._restore(trashed, story))

        self.session.notify(
            "Run {name} is in the trash.",
            action="Undo",
            on_action=undo,
            name=story.name,
        )

    async def _restore(self, trashed: Path, story: Story) -> None:
        await self.session.bridge.io(bring_back, trashed, story.folder)
        await self.load_runs()
        self.show(next((one for one in self.runs if one.folder == story.folder), self.story))

    def _forget(self, story: Story) -> None:
        self.runs = [one for one in self.runs if one is not story]
        self._marks.pop(str(story.folder), None)
        self._name_next()
        self.runs_changed.emit()
        if self.story is story:
            self.show(self.runs[0] if self.runs else None)

    def show(self, story: Story | None) -> None:
        """Put another run on the stage."""
        self.story = story
        self.story_changed.emit()

    # What happens

    def _project_changed(self, project: object) -> None:
        self.values, self.runs, self._marks = {}, [], {}
        self.plan, self.problem, self.pictures = None, None, []
        self.unfinished.take([])
        self._suggested, self._steps = {}, []
        self._counting.forget()
        self.suggestions.counting.forget()
        self._lacking.model = self.session.run_settings.missing
        self.show(None)
        self.runs_changed.emit()
        if self.session.project is None:
            self.draft_changed.emit()
            return
        self.values = dict(self.session.run_settings.next_values())
        self.draft_changed.emit()
        self.session.start(self.load_models())
        self.session.start(self.load_runs())

    def _set_elsewhere(self, by: object) -> None:
        """Another page that shows the settings of the next run has changed some, or those that
        were kept have been read.
        """
        if by is not self and self.values:
            self.values |= self.session.run_settings.values
            self._lacking.model = self.session.run_settings.missing
            self._suggest_again()

    def _pictures_changed(self, _ids: object) -> None:
        self.session.start(self.load_pictures())

    def _name_next(self, extra: str = "") -> None:
        project = self.session.project
        if project is None or not self.values or "output_name" in self._touched:
            return
        names = [extra, *reversed(self.live.names()), *(story.name for story in self.measures)]
        self.values["output_name"] = draft.next_name(list(filter(None, names)), project.file.name)
        self.draft_changed.emit()

    def _name_again(self, request: TrainRequest) -> None:
        """A run failed before its first step: the next one is the same once more."""
        project = self.session.project
        here = project is not None and request.project == str(project.root)
        if here and self.values and "output_name" not in self._touched:
            self.change(output_name=request.output_name)

    def _run_began(self, story: Story) -> None:
        self.runs = [item for item in self.runs if item.folder != story.folder]
        self.runs.insert(0, story)
        self._suggest_again()
        self.runs_changed.emit()
        self.show(story)

    def _run_grew(self, story: Story, kind: str) -> None:
        if story is self.story:
            self.story_grew.emit(kind)
        if kind == "train.checkpoint":
            self.runs_changed.emit()

    def _run_ended(self, story: Story | None) -> None:
        if story is not None:
            self.session.start(self.load_paces())
            if story is self.story:
                self.story_changed.emit()
        self.runs_changed.emit()


def _read_pictures(
    library: Library, categories: tuple[str, ...]
) -> tuple[list[Picture], list[str]]:
    pictures = library.pictures()
    return pictures, draft.told(chosen(pictures, categories))


def _base_models() -> list[BaseModel]:
    found = [item for item in list_models(model_folders()) if item.kind == "base"]
    usable = [item for item in found if not item.problem and item.ref != draft.starter.ref]
    return [draft.starter, *map(draft.base_model, usable)]
