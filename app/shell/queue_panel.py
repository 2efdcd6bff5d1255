"""The queue: what runs, what waits, what was cut off, and what has ended since it was looked at."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import signals as language_signals
from app.i18n import tr, tr_error
from app.session import Session
from app.shell.floating import FloatingPanel
from app.shell.jobs import ended_early, phase_of, shown_by, stored_title, title_of, workspace_of
from app.theme import metrics
from app.widgets.buttons import button, tool_button
from app.widgets.layouts import clear_layout
from app.widgets.states import ProgressRow
from app.widgets.text import ElidedLabel, hairline, label
from engine.runtime.errors import BadInputError, StylekilnError
from engine.runtime.job import JobHandle
from engine.runtime.queue_store import StoredJob


class JobRow(ProgressRow):
    """One job of this session. Closing a finished row takes it away."""

    def __init__(self, session: Session, handle: JobHandle) -> None:
        super().__init__(title_of(handle.request))
        self.handle = handle
        self._session = session
        self.paused.connect(self._hold)
        column = cast("QVBoxLayout", self.layout())
        column.setContentsMargins(0, 0, 0, 8)
        column.insertWidget(0, hairline("panel"))  # goes with its row when rows are sorted
        place = workspace_of(handle.request)
        if place:
            payload = shown_by(handle.request)
            self.add(button("Show", kind="link", on=lambda: session.go(place, **payload)))
        self.refresh()

    def refresh(self) -> None:
        """Show the state of the job now."""
        handle = self.handle
        if not handle.done():
            progress = handle.progress
            waits = handle.state == "queued"
            words = tr("Waiting") if waits else phase_of(handle)
            self.set_progress(progress.fraction, words, progress.seconds_left)
            self.set_paused(handle.paused)
            return
        error = None if handle.cancelled() else handle.exception()
        if handle.cancelled():
            self.set_finished(tr("Cancelled."))
        elif handle.state != "failed" and (handle.state != "done" or ended_early(handle)):
            self.set_finished(tr("Stopped; finished work is kept."))
        elif isinstance(error, StylekilnError):
            self.set_failed(tr_error(error))
        elif error is not None:
            self.set_failed(tr("Something unexpected went wrong: {reason}.", reason=error))
        else:
            self.set_progress(1.0)
            self.set_finished(tr("Done"))

    def _hold(self, held: bool) -> None:
        if held:
            self.handle.pause()
        else:
            self.handle.resume()


class StoredRow(QWidget):
    """A job that was cut off when the application last ended."""

    restarted = Signal()
    forgotten = Signal()

    def __init__(self, stored: StoredJob) -> None:
        super().__init__()
        self.name = ElidedLabel(stored_title(stored), weight=500)
        self.state = ElidedLabel(tr("Cut off when the application ended"), tone="quiet")
        # A line for each: beside each other, and beside the button, there is no room for both.
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.name)
        words.addWidget(self.state)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 6, 0, 6)
        row.setSpacing(metrics.GAP)
        row.addLayout(words, 1)
        row.addWidget(button("Start again", "rotate-ccw", dense=True, on=self.restarted.emit))
        row.addWidget(tool_button("x", "Forget", self.forgotten.emit, dense=True))


class QueuePanel(FloatingPanel):
    """Floats at the right under the project bar."""

    def __init__(self, parent: QWidget, session: Session) -> None:
        super().__init__(parent, "Queue")
        self._session = session
        self.rows: dict[str, JobRow] = {}
        self._closed: set[str] = set()
        self.clear = button("Clear finished", kind="link", on=self._clear)
        self.head.insertWidget(2, self.clear)
        self.head.insertSpacing(3, metrics.GAP)
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        self.column.addLayout(self._list)
        self._empty = label(
            "Nothing is waiting. Training, grids and repaints line up here.",
            tone="quiet",
            wrap=True,
        )
        self._empty.setContentsMargins(0, 8, 0, 4)
        self.column.addWidget(self._empty)
        session.job_added.connect(self._show)
        session.job_changed.connect(self._changed)
        session.job_finished.connect(self._changed)
        language_signals.changed.connect(self.rebuild)

    def rebuild(self) -> None:
        """Show everything anew."""
        clear_layout(self._list)
        self.rows.clear()
        for stored in self._session.bridge.interrupted():
            self._show_stored(stored)
        for handle in self._session.bridge.jobs:
            if handle.id not in self._closed:
                self._show(handle)
        self._settle()

    def _show(self, handle: JobHandle) -> None:
        row = self.rows[handle.id] = JobRow(self._session, handle)
        row.stopped.connect(lambda: self._stop(handle))
        self._list.addWidget(row)
        self._settle()

    def _show_stored(self, stored: StoredJob) -> None:
        row = StoredRow(stored)
        row.restarted.connect(lambda: self._restart(stored))
        row.forgotten.connect(lambda: self._forget(stored))
        self._list.addWidget(hairline("panel"))
        self._list.addWidget(row)

    def _changed(self, handle: JobHandle) -> None:
        if handle.id in self.rows:
            self.rows[handle.id].refresh()
        self._settle()

    def _stop(self, handle: JobHandle) -> None:
        if handle.done():
            self._closed.add(handle.id)
            self.rebuild()
        else:
            handle.cancel()
            self.rows[handle.id].set_progress(handle.progress.fraction, tr("Stopping…"))

    def _restart(self, stored: StoredJob) -> None:
        try:
            self._session.bridge.restart(stored)
        except (StylekilnError, ValueError, ImportError):
            # Written by another version: its request is not known here.
            self._session.show_error(
                BadInputError(
                    "{name} cannot be started again: it was queued by another version.",
                    name=stored_title(stored),
                    remedy="Start it anew from its workspace.",
                )
            )
        self.rebuild()

    def _forget(self, stored: StoredJob) -> None:
        self._session.bridge.forget(stored)
        self.rebuild()

    def _clear(self) -> None:
        self._closed |= {key for key, row in self.rows.items() if row.handle.done()}
        self.rebuild()

    def _sort(self) -> None:
        """What runs and waits comes in its order, then what has ended, the newest first."""
        rows = list(self.rows.values())
        ended = [row for row in reversed(rows) if row.handle.done()]
        first = self._list.count() - len(rows)  # below what was cut off
        for place, row in enumerate([row for row in rows if not row.handle.done()] + ended):
            self._list.insertWidget(first + place, row)
        self.clear.setVisible(bool(ended))

    def _settle(self) -> None:
        self._sort()
        self._empty.setVisible(self._list.count() == 0)
        if self.isVisible():
            self.refit()
