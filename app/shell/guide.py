"""The guided first run: the stages of the tour, one Next button, what happened in one sentence."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from app.i18n import bind, tr, tr_error
from app.i18n import signals as language_signals
from app.session import Session
from app.shell.jobs import line_of
from app.theme import color, fonts, icons, metrics
from app.widgets.buttons import button, tool_button
from app.widgets.text import hairline, label, set_tone
from engine.runtime.errors import JobCancelled, StylekilnError
from engine.runtime.events import Event
from engine.runtime.job import JobHandle


class Stage(Protocol):
    """What the bar needs to know of a stage; texts are translation keys."""

    @property
    def name(self) -> str: ...
    @property
    def workspace(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def intro(self) -> str: ...
    @property
    def button(self) -> str: ...


class Steps(QWidget):
    """The stages in a row: done ones ticked, the current one in words of weight."""

    def __init__(self, titles: Sequence[str]) -> None:
        super().__init__()
        self._titles = list(titles)
        self.current = 0
        self.setFixedHeight(20)
        bind(self._relabel, "")

    def show_current(self, index: int) -> None:
        """Everything before ``index`` is done."""
        self.current = index
        self._relabel("")

    def _relabel(self, _: str) -> None:
        self.setFixedWidth(round(sum(self._widths())))
        self.update()

    def _widths(self) -> list[float]:
        measure = fonts.metrics(12, 500)
        return [measure.horizontalAdvance(tr(title)) + 44 for title in self._titles]

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left = 0.0
        middle = Qt.AlignmentFlag.AlignVCenter
        for index, (title, width) in enumerate(zip(self._titles, self._widths(), strict=True)):
            here, done = index == self.current, index < self.current
            tint = "t1" if here else "t2" if done else "t3"
            painter.setFont(fonts.font(12, 500 if here else 400))
            painter.setPen(color("acc" if here else "ok" if done else "t3"))
            if done:
                icons.paint(painter, "check", left, 3, 14, "ok")
            else:
                painter.drawText(QRectF(left + 3, 0, 14, 20), middle, str(index + 1))
            painter.setPen(color(tint))
            painter.drawText(QRectF(left + 20, 0, width, 20), middle, tr(title))
            left += width


class GuideBar(QWidget):
    """Walks the journey stage by stage, each one a click; ``closed`` when the user leaves."""

    closed = Signal()
    # A button that had the keyboard has gone; someone must take it.
    focus_left = Signal()

    def __init__(
        self,
        session: Session,
        stages: Sequence[Stage],
        current: Callable[[], str] = lambda: "",
    ) -> None:
        """``current`` says which page is shown; empty while none is."""
        super().__init__()
        self._session, self._stages = session, list(stages)
        self._current = current
        self._offered: tuple[str, dict[str, Any]] | None = None
        self._index = 0
        self._handle: JobHandle | None = None
        # What the stage before made: its run or its grid is what the next one works on.
        self._handed: dict[str, Any] = {}
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.steps = Steps([stage.title for stage in self._stages])
        self._words = label(tone="label", wrap=True)
        self._sentence = bind(self._words.setText, "")
        self._left = label(tone="label")
        self._left_text = bind(self._left.setText, "")
        self._bar = QProgressBar()
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self.next = button("Next", "play", "primary", big=True, on=self.go_on)
        self._next_text = bind(self.next.setText, "Next")
        self.show_page = button("Show", kind="link", on=self._show_offered)
        self.show_page.hide()
        self.leave = tool_button("x", "Leave the guide", self._leave, dense=True)
        self.stop = button("Stop", "square", on=self._cancel, big=True)
        self._build()
        session.job_changed.connect(self._progress)
        session.engine_event.connect(self._hear)
        language_signals.changed.connect(self._bar.update)
        language_signals.changed.connect(self._settle)
        self._offer()

    def _build(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.steps)
        top.addStretch(1)
        text = QVBoxLayout()
        text.setSpacing(4)
        text.addLayout(top)
        text.addWidget(self._words)
        row = QHBoxLayout()
        row.setContentsMargins(16, 10, 12, 10)
        row.setSpacing(metrics.PAD)
        row.addLayout(text, 1)
        row.addWidget(self.show_page)
        row.addWidget(self._left)
        row.addWidget(self.stop)
        row.addWidget(self.next)
        row.addWidget(self.leave)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(hairline("chrome"))
        column.addWidget(self._bar)
        column.addLayout(row)

    @property
    def running(self) -> bool:
        """Whether a stage is being carried out."""
        return self._handle is not None

    @property
    def finished(self) -> bool:
        """Whether every stage has been carried out."""
        return self._index >= len(self._stages)

    def go_to(self, index: int) -> None:
        """Make stage ``index`` the one that is due."""
        self._index = index
        self.steps.show_current(index)
        self._offer()

    def go_on(self) -> None:
        """Carry out the stage that is due, or leave after the last."""
        if self.finished:
            self.closed.emit()
        elif not self.running:
            self._session.start(self._carry_out(self._stages[self._index]))

    def _leave(self) -> None:
        """Go away, and stay away until somebody asks for the guide again."""
        self._session.change_settings(guide=False)
        self.closed.emit()

    async def _carry_out(self, stage: Stage) -> None:
        from engine.tour.plan import TourRequest

        project = self._session.project
        if project is None:
            await self._session.open_sample()
            project = self._session.project
        if project is None:
            return
        self._show(stage.workspace, self._handed)  # asked for by a click, wherever the user is
        request = TourRequest(project=str(project.root), stage=stage.name)  # type: ignore[arg-type]
        self._handle = self._session.bridge.submit(request)
        self._show_running(stage)
        try:
            await self._result(stage)
        finally:
            self._handle = None
            self._show_rest()

    async def _result(self, stage: Stage) -> None:
        assert self._handle is not None
        try:
            result = await asyncio.wrap_future(self._handle)
        except (JobCancelled, asyncio.CancelledError):
            self._say("Stopped. Nothing finished is lost; the stage can be started again.")
        except StylekilnError as error:
            self._fail(error)
        else:
            await self._done(stage, result)

    async def _done(self, stage: Stage, result: Any) -> None:
        await self._session.rescan()
        self._go(stage, result.payload)
        self._index += 1
        self.steps.show_current(self._index)
        self._handed = result.payload
        self._say(result.sentence, **result.facts)

    def _go(self, stage: Stage, payload: dict[str, Any]) -> None:
        """Show the page of ``stage``, or offer it to a user who has gone somewhere else."""
        index = self._stages.index(stage)
        own = {one.workspace for one in self._stages[max(0, index - 1) : index + 1]}
        if self._current() in own | {"", "start"}:
            self._show(stage.workspace, payload)
        else:
            self._offered = stage.workspace, payload
            self.show_page.show()

    def _show(self, workspace: str, payload: dict[str, Any]) -> None:
        self._offered = None
        self._hide(self.show_page)
        self._session.go(workspace, **payload)

    def _hear(self, event: Event) -> None:
        """A stage has made what it works on: show it at once, and let the page follow the work."""
        if self._handle is not None and event.job_id == self._handle.id:
            stage = self._stages[self._index]
            if event.kind == "tour.sheet":
                self._go(stage, {**event.data, "job": event.job_id})

    def _show_offered(self) -> None:
        if self._offered is not None:
            self._show(*self._offered)

    def _hide(self, one: QWidget) -> None:
        """Hide ``one``, but never let Qt hand its focus to whatever stands next to it."""
        had = one.hasFocus()
        if had:
            one.clearFocus()
        one.hide()
        if had:
            self.focus_left.emit()

    def _offer(self) -> None:
        stage = self._stages[self._index]
        self._say(stage.intro)
        self._show_rest()

    def _show_running(self, stage: Stage) -> None:
        self._say(stage.intro)
        self._hide(self.next)
        self.stop.show()
        self._bar.show()
        self._bar.setValue(0)

    def _show_rest(self) -> None:
        self._hide(self.stop)
        self._left_text.say("")
        self._bar.setValue(0)
        key = "Finish" if self.finished else self._stages[self._index].button
        self._next_text.say(key)
        self.next.set_icon("check" if self.finished else "play")
        self.next.show()

    def _progress(self, handle: JobHandle) -> None:
        if handle is self._handle:
            self._bar.setValue(round(handle.progress.fraction * 1000))
            self._left_text.say("{line}", line=partial(line_of, handle))
            self._settle()

    def _settle(self) -> None:
        """Give the words the width they need now: a frame with cut off words would be seen."""
        layout = self.layout()
        if layout is not None:
            layout.activate()

    def _cancel(self) -> None:
        if self._handle is not None:
            self._handle.cancel()

    def _say(self, key: str, **facts: Any) -> None:
        set_tone(self._words, "label")
        self._sentence.say(key, "", **facts)

    def _fail(self, error: StylekilnError) -> None:
        set_tone(self._words, "error")
        self._sentence.say("{words}", "", words=lambda: tr_error(error))
