"""What the window tells of jobs: progress on the rail, the queue's count, and what has ended."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.shell.jobs import ended_early, is_live, title_of, workspace_of
from app.shell.rail import ENTRIES

if TYPE_CHECKING:
    from app.shell.window import MainWindow
    from engine.runtime.job import JobHandle

WORKSPACES = tuple(name for name, _, _ in ENTRIES)


class JobNews(QObject):
    """Listens to the session of ``window`` for as long as the window lives."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        session = window.session
        for signal in (session.job_added, session.job_changed, session.job_finished):
            signal.connect(self._show_busy)
        session.job_finished.connect(self._tell_finished)
        session.bridge.queue_read.connect(self._tell_what_was_cut_off)

    def _show_busy(self, _: object) -> None:
        jobs = self._window.session.bridge.jobs
        parts = {
            workspace_of(job.request): job.progress.fraction
            for job in jobs
            if is_live(job) and job.state != "queued"
        }
        for name in WORKSPACES:
            self._window.rail.buttons[name].set_progress(parts.get(name))
        self._window.bar.show_queue(sum(is_live(job) for job in jobs))

    def _tell_finished(self, handle: JobHandle) -> None:
        """Long work that ended while another page was shown is told, and kept by the bell."""
        window, place = self._window, workspace_of(handle.request)
        if handle.state != "done" or handle.interactive or place not in ("train", "validate"):
            return
        note = {
            "key": "{name}: stopped." if ended_early(handle) else "{name}: done.",
            "facts": {"name": title_of(handle.request)},
            "action": "Show",
            "on_action": partial(window.navigate, place, {}),
            "error": False,
        }
        if place == window.pages.current:
            window.notices.read(window.notices.add(note))
        else:
            window.show_toast(note)

    def _tell_what_was_cut_off(self) -> None:
        session = self._window.session
        if session.bridge.interrupted():
            session.notify(
                "Work was cut off when the application last ended.",
                action="Show the queue",
                on_action=self._window.panels.toggle_queue,
                warns=True,
            )
