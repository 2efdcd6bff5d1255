"""Captions written by a model: choose it, say how, and watch what it writes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.dataset.caption_changes import Change, ChangeList
from app.dataset.caption_models import CaptionerChooser
from app.dataset.caption_sheet import ScopeRow, Sheet, widen
from app.i18n import bind, tr, tr_error
from app.i18n.format import number
from app.theme import metrics
from app.widgets.buttons import button
from app.widgets.form import SchemaForm
from app.widgets.panel import padded
from app.widgets.states import EmptyState, ProgressRow
from app.widgets.text import label
from engine.dataset.problem import Problem
from engine.dataset.tagging import CaptionRequest, CaptionResult
from engine.runtime.errors import JobCancelled
from engine.runtime.schema import validated

if TYPE_CHECKING:
    import asyncio

    from app.dataset.caption_work import CaptionWork
    from app.dataset.model import DatasetState
    from engine.dataset.captioners import Captioner
    from engine.runtime.events import Event
    from engine.runtime.job import JobHandle

RELOAD_S = 1.0
"""Seconds between two looks at the library while captions come in."""
_OWN = ("project", "captioner")


class CaptionSheet(Sheet):
    """Model and settings at the left; at the right each caption as it is written."""

    looked_at = Signal(int)
    undo_asked = Signal()

    def __init__(self, state: DatasetState, work: CaptionWork) -> None:
        super().__init__("Caption automatically")
        self.state, self.work = state, work
        self.session = state.session
        self.chooser = CaptionerChooser(state.session)
        self.scope = ScopeRow(state)
        self.form = SchemaForm(CaptionRequest, skip=_OWN)
        self.headline = label(size=15, weight=600, wrap=True)
        self._headline = bind(self.headline.setText, "")
        self.hint = label(tone="quiet", wrap=True)
        self._hint = bind(self.hint.setText, "")
        self.nothing = EmptyState("wand-sparkles", "", "")
        self.progress = ProgressRow("", pausable=False)
        self.list = ChangeList()
        self.problems = label(tone="warn", wrap=True)
        self.begin = button("Write captions", "wand-sparkles", "primary", on=self.run)
        self.handle: JobHandle | None = None
        self._delivered: asyncio.Future[None] | None = None
        self._kind: str | None = None
        self._fresh: set[int] = set()
        self._told = 0.0
        self._build()
        self._connect()
        self._show_captioner(None)

    def _build(self) -> None:
        self.column.add(self.chooser)
        self._form_area = padded(self.form)
        self._form_area.layout().setContentsMargins(0, 8, 0, 0)  # type: ignore[union-attr]
        self.column.add(self._form_area, line=False)
        self.column.add(self.scope)
        self.column.add_foot(self.begin, 1)
        self._progress_area = padded(self.progress, top=4)
        self._progress_area.hide()
        self.problems.hide()
        self._head = QWidget()
        head = QVBoxLayout(self._head)
        head.setContentsMargins(metrics.PAD, 12, metrics.PAD, 4)
        head.addWidget(self.headline)
        head.addWidget(self.hint)
        self.side.addWidget(self._head)
        self.side.addWidget(self.nothing, 1)
        self.side.addWidget(self._progress_area)
        self.side.addWidget(padded(self.problems))
        self.side.addWidget(self.list, 1)
        bind(self.list.setAccessibleName, "Captions that were written")

    def _connect(self) -> None:
        self.chooser.changed.connect(self._show_captioner)
        self.list.looked_at.connect(self.looked_at)
        self.progress.stopped.connect(self.stop)
        self.scope.changed.connect(self._enable)
        self.session.engine_event.connect(self._hear)
        self.session.job_changed.connect(self._job_changed)
        self.session.job_finished.connect(self._job_finished)

    def open(self) -> None:
        """Get ready: the usual scope, and what is on this computer."""
        self.scope.set_usual()
        self.chooser.load()

    # Model and settings

    def _show_captioner(self, captioner: Captioner | None) -> None:
        kind = captioner.kind if captioner else ""
        if kind != self._kind:
            self._kind = kind
            self._rebuild(captioner)
        if captioner is not None:
            self.form.set_values(self.chooser.memory.values.get(str(captioner.folder), {}))
        if self.handle is None:
            self._say(captioner)
        self._enable()

    def _rebuild(self, captioner: Captioner | None) -> None:
        """A tagger has thresholds, others have the length of what they write."""
        group = "Tags" if captioner is None or captioner.writes_tags else "Sentences"
        skip: tuple[str, ...] = _OWN
        if captioner is not None and not captioner.writes_tags:
            unheard = ("opening",) if captioner.kind == "florence" else ("detail",)
            skip = (*_OWN, *unheard)
        made = SchemaForm(CaptionRequest, "advanced", ["", group], skip=skip)
        widen(made)
        self._form_area.layout().replaceWidget(self.form, made)  # type: ignore[union-attr]
        self.form.deleteLater()
        self.form = made
        self.form.setVisible(captioner is not None)
        self.form.changed.connect(lambda _: self._keep_values())

    def _keep_values(self) -> None:
        captioner = self.chooser.captioner
        if captioner is not None:
            self.chooser.memory.values[str(captioner.folder)] = self.form.values()
            self.chooser.save()

    def _say(self, captioner: Captioner | None) -> None:
        if captioner is None:
            title = "Choose a model that writes captions"
            words = (
                "Add a folder with a WD tagger, BLIP or Florence-2, or download one. Everything "
                "runs on this computer; your pictures are sent nowhere."
            )
        else:
            title = "{name} is ready"
            words = "Captions appear here as they are written. One Undo takes all back."
        name = captioner.name if captioner is not None else ""
        self._headline.say(title, "", name=name)
        self._hint.say(words)
        self.nothing.say(title, words, name=name)
        self._show_nothing(not self.list.changes.items)

    def _show_nothing(self, on: bool) -> None:
        """In the place of an empty list stands what to do; with captions in it, a head over it."""
        self.nothing.setVisible(on)
        self._head.setVisible(not on)
        self.list.setVisible(not on)

    def _enable(self) -> None:
        idle = self.handle is None
        ready = self.chooser.captioner is not None and bool(self.scope.pictures())
        self.begin.setEnabled(idle and ready)

    # The job

    def run(self) -> None:
        """Write captions for the pictures of the scope."""
        captioner, project = self.chooser.captioner, self.session.project
        if captioner is None or project is None or self.handle is not None:
            return
        pictures = [p for p in self.scope.pictures() if p.id not in self.work.waiting]
        ids = tuple(picture.id for picture in pictures if not picture.problem)
        if not ids:
            return
        values = {
            **self.form.values(),
            "project": str(project.root),
            "captioner": str(captioner.folder),
            "pictures": ids,
        }
        self.session.start(self._run(values, captioner.name))

    def stop(self) -> None:
        """Stop after the pictures in hand; what is written stays."""
        if self.handle is not None:
            self.handle.cancel()

    async def _run(self, values: dict[str, Any], name: str) -> None:
        import asyncio

        request = validated(CaptionRequest, values)
        self.list.set_changes([])
        self._show_nothing(False)
        self.problems.hide()
        self.handle = handle = self.session.bridge.submit(request)
        self._headline.say("{name} writes captions", "", name=name)
        self.progress.set_progress(0)
        self._progress_area.show()
        self._enable()
        self._delivered = asyncio.get_running_loop().create_future()
        try:
            result = await asyncio.wrap_future(handle)
            await self._delivered  # the last captions come with the next look at the job
            self._finish(result)
        except (JobCancelled, asyncio.CancelledError):
            await self._delivered
            self._stopped()
        except BaseException:
            self._say(self.chooser.captioner)
            raise
        finally:
            self.handle = None
            self._progress_area.hide()
            self._tell_library()
            self._enable()

    def _finish(self, result: CaptionResult) -> None:
        n, left = number(result.count), number(result.skipped)
        if result.skipped:
            self._headline.say(
                "Wrote {n} caption, left {left} as they were",
                "Wrote {n} captions, left {left} as they were",
                n=n,
                left=left,
            )
        else:
            self._headline.say("Wrote {n} caption", "Wrote {n} captions", n=n)
        shown = [_words(problem) for problem in result.problems[:5]]
        if len(result.problems) > len(shown):
            shown.append(tr("and {n} more", n=number(len(result.problems) - len(shown))))
        self.problems.setText("\n".join(shown))
        self.problems.setVisible(bool(shown))
        self.session.notify(
            "Wrote {n} caption. Left as they were: {left}."
            if result.skipped
            else "Wrote {n} caption.",
            "Wrote {n} captions. Left as they were: {left}."
            if result.skipped
            else "Wrote {n} captions.",
            action="Undo",
            on_action=self.undo_asked.emit,
            n=n,
            left=left,
        )

    def _stopped(self) -> None:
        n = len(self.list.changes.items)
        self._headline.say(
            "Stopped. {n} caption was written", "Stopped. {n} captions were written", n=number(n)
        )
        if n:
            self.session.notify(
                "Stopped. {n} caption was written.",
                "Stopped. {n} captions were written.",
                action="Undo",
                on_action=self.undo_asked.emit,
                n=number(n),
            )

    def _hear(self, event: Event) -> None:
        if event.kind != "caption.done" or self.handle is None or event.job_id != self.handle.id:
            return
        key = event.data["id"]
        picture = self.state.pictures.get(key)
        if picture is not None:
            seen = next((c for c in self.list.changes.items if c.id == key), None)
            before = seen.before if seen else picture.caption
            self.list.add(Change(key, picture.name, before, event.data["text"]))
        self._fresh.add(key)
        if time.monotonic() - self._told > RELOAD_S:
            self._tell_library()

    def _tell_library(self) -> None:
        """Let every view show what was written since the last time."""
        self._told = time.monotonic()
        fresh, self._fresh = self._fresh, set()
        if fresh:
            self.session.pictures_changed.emit(fresh)

    def _job_finished(self, handle: object) -> None:
        waiting = self._delivered
        if handle is self.handle and waiting is not None and not waiting.done():
            waiting.set_result(None)

    def _job_changed(self, handle: object) -> None:
        if handle is self.handle and self.handle is not None:
            now = self.handle.progress
            words = tr(now.key, **now.facts) if now.key else ""
            self.progress.set_progress(now.fraction, words, now.seconds_left)


def _words(problem: str) -> str:
    """What kept a picture from its caption, in the language of the moment."""
    return tr_error(problem.as_error()) if isinstance(problem, Problem) else problem
