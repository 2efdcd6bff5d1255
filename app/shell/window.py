"""The main window: project bar, rail, the workspace, the guide, the status line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QByteArray, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QKeyEvent,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from app import theme
from app.i18n import bind, tr
from app.keymap import KEYS, Bound
from app.session import Session
from app.shell.commands import Commands
from app.shell.drops import WindowDrops
from app.shell.job_news import JobNews
from app.shell.logo import window_icon
from app.shell.notices import Notices
from app.shell.pages import Pages
from app.shell.panels import FloatingPanels
from app.shell.project_bar import ProjectBar
from app.shell.rail import Rail
from app.shell.regions import Regions
from app.shell.status_line import StatusLine
from app.shell.window_actions import add_shortcuts, renew_shortcuts, window_actions
from app.theme import metrics, motion
from app.training.resuming import ResumeOffer
from app.widgets.text import hairline
from app.widgets.toasts import Toast
from engine.project.settings import Settings, data_dir
from engine.runtime.errors import StorageError

if TYPE_CHECKING:  # imported when they are first opened
    from app.shell.guide import GuideBar, Stage


class MainWindow(QWidget):
    """One window on one session. Workspaces and panels are built when they are first shown."""

    painted = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.notices = Notices(self)
        self.bar = ProjectBar(session, self.notices)
        self.rail = Rail()
        self.pages = Pages(session)
        self.status = StatusLine(session)
        self.guide: GuideBar | None = None
        self.setMinimumSize(*metrics.WINDOW_MINIMUM)
        self.setAcceptDrops(True)
        self.setWindowIcon(window_icon())
        self._title = bind(self.setWindowTitle, "Stylekiln")
        self._build()
        self.toasts = Toast(self.pages)
        self.drops = WindowDrops(session, self._body)
        self.commands = Commands(self.pages, self.navigate)
        self.panels = FloatingPanels(self, session, self.notices, self.commands)
        self._painted = False
        self._keyed: set[str] = set()  # the pages that have their keys
        self._may_lose = False
        self.regions = Regions(self._regions, self.pages.stage)
        self.commands.own = window_actions(self)
        KEYS.register(
            Bound(one.id, one.text, one.shortcut, fixed=True) for one in self.commands.own
        )
        add_shortcuts(self, self, self.commands.own)
        self._connect()
        self._restore_geometry()
        self.navigate("start", {})
        theme.dress(self)

    def _build(self) -> None:
        self._body = QWidget()
        self._column = QVBoxLayout()
        self._column.setSpacing(0)
        self._column.addWidget(self.pages, 1)
        row = QHBoxLayout(self._body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addWidget(hairline("chrome", vertical=True))
        row.addLayout(self._column, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.bar)
        outer.addWidget(hairline("chrome"))
        outer.addWidget(self._body, 1)
        outer.addWidget(hairline("chrome"))
        outer.addWidget(self.status)

    def _connect(self) -> None:
        session = self.session
        session.navigated.connect(self.navigate)
        session.notified.connect(self.show_toast)
        session.project_changed.connect(self._project_changed)
        session.settings_changed.connect(_apply_motion)
        session.settings_changed.connect(_use_keys)
        _use_keys(session.settings)
        KEYS.changed.connect(self._renew_keys)
        session.page_wanted.connect(self.pages.build)
        _apply_motion(session.settings)
        self._news = JobNews(self)
        self._resumes = ResumeOffer(session, self)
        session.undone.connect(self.toasts.withdraw)
        self.rail.chosen.connect(self._choose)
        self.bar.start_asked.connect(lambda: self.navigate("start", {}))
        self.bar.search_asked.connect(self.open_palette)
        self.bar.queue_asked.connect(self.panels.toggle_queue)
        self.bar.notices_asked.connect(self.panels.toggle_notices)
        self.bar.folder_asked.connect(self.choose_folder)
        self.bar.undo_asked.connect(lambda: self._run_here("undo"))
        self.bar.redo_asked.connect(lambda: self._run_here("redo"))
        self.bar.help_asked.connect(self.show_shortcuts)
        self.bar.guide_asked.connect(self.start_guide)
        # Whether something can be undone changes with every edit; looking is cheaper than telling.
        self._undo_timer = QTimer(self)
        self._undo_timer.setInterval(250)
        self._undo_timer.timeout.connect(self._show_undo)
        self._undo_timer.start()

    # Workspaces

    def navigate(self, name: str, payload: dict[str, Any]) -> None:
        """Show the workspace ``name`` and hand it ``payload``."""
        if name == "guide":
            self.start_guide()
            return
        before = self.pages.current
        view = self.pages.open(name)
        if name not in self._keyed:
            self._keyed.add(name)
            add_shortcuts(self, view, view.actions())
        self.rail.show_current(name)
        self._show_undo()
        if name != before:
            self.panels.leave()
            self.toasts.withdraw()  # Undo would take back what is not seen
            self.pages.focus_stage()
        if payload:
            view.receive(**payload)

    def _renew_keys(self) -> None:
        for name in self._keyed:
            renew_shortcuts(self, self.pages.built[name], self.pages.built[name].actions())

    def _choose(self, name: str) -> None:
        """A click on the rail: also the page that is shown already gets the keyboard."""
        self.navigate(name, {})
        self.pages.focus_stage()

    def _run_here(self, what: str) -> None:
        action = self.commands.here(what)
        if action is not None and action.enabled():
            action.run()
            self._show_undo()

    def _show_undo(self) -> None:
        self.bar.show_undo(self.commands.here("undo"), self.commands.here("redo"))

    def toggle_columns(self) -> None:
        """Hide the side columns of the page shown, or show them."""
        columns = getattr(self.pages.built.get(self.pages.current), "columns", None)
        if columns is not None:
            columns.toggle()

    def _regions(self) -> list[QWidget]:
        view = self.pages.built.get(self.pages.current)
        columns = getattr(view, "columns", None)
        middle = [one for one in columns.regions() if one.isVisible()] if columns else []
        # Without columns, or with another page over them, the page is one region.
        page = middle or ([view] if view is not None else [])
        return [self.rail, self.bar, *page, *([self.guide] if self.guide is not None else [])]

    # Panels over the window

    def open_palette(self) -> None:
        """Open the command palette in the place of the search field."""
        self.panels.open_palette(self.bar.search)

    def show_shortcuts(self) -> None:
        """Open the list of keys."""
        from app.shell.shortcuts import ShortcutsDialog

        ShortcutsDialog(self, self.commands.all()).show()

    def show_toast(self, note: dict[str, Any]) -> None:
        """Float what the session has to say, and keep it for the bell."""
        notice = self.notices.add(note)
        toast = self.toasts.show(
            lambda: notice.text,
            action=note["action"],
            on_action=note["on_action"],
            error=notice.is_error,
            icon=notice.icon,
        )
        toast.answered.connect(lambda: self.notices.read(notice))

    # Projects and the guide

    def choose_folder(self) -> None:
        """Ask for a folder of art or a project, without blocking."""
        dialog = QFileDialog(self, tr("Choose a folder of art or a project"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda path: self.session.open_folder(Path(path)))
        dialog.open()

    def open_sample(self) -> None:
        """Open the sample project."""
        self.session.open_sample()

    def start_guide(self) -> None:
        """Open the guided first run over the sample project, from its first stage on."""
        from engine.tour.plan import STAGES

        self.session.change_settings(guide=True)
        self.show_guide(STAGES)
        self.session.start(self._open_for_guide())

    async def _offer_guide(self, project: Any) -> None:
        """A sample project whose tour is not finished: go on where it stands."""
        from engine.tour.plan import STAGES, is_sample, stages_done

        wanted = self.session.settings.guide
        if not wanted or not is_sample(project, data_dir() / "projects"):
            return
        done = await self.session.bridge.io(stages_done, project)
        closed = not isValid(self)  # the window may be gone by the time the answer is here
        if not closed and self.guide is None and done < len(STAGES):
            self.show_guide(STAGES)
            assert self.guide is not None
            self.guide.go_to(done)

    def show_guide(self, stages: Sequence[Stage]) -> None:
        """Show the guide's bar under the workspace."""
        from app.shell.guide import GuideBar

        self.close_guide()
        self.guide = GuideBar(self.session, stages, lambda: self.pages.current)
        self.guide.closed.connect(self.close_guide)
        self.guide.focus_left.connect(self.pages.focus_stage)
        self._column.addWidget(self.guide)
        self.guide.show()

    def close_guide(self) -> None:
        """Take the guide's bar away; work that runs goes on."""
        if self.guide is not None:
            if self.guide.isAncestorOf(self.focusWidget() or self):
                self.pages.focus_stage()
            self._column.removeWidget(self.guide)
            self.guide.hide()
            self.guide.deleteLater()
            self.guide = None

    async def _open_for_guide(self) -> None:
        await self.session.open_sample()
        self.navigate("dataset", {})

    def _project_changed(self, project: Any) -> None:
        if project is None:
            self._title.say("Stylekiln")
            return
        self._title.say("{name} - Stylekiln", "", name=project.file.name)
        if self.guide is None:
            self.session.start(self._offer_guide(project))

    # Drops, size and end

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self.drops.offer(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.drops.overlay.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self.drops.take(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() != Qt.Key.Key_Escape or not self.panels.hide_shown():
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.panels.follow_size()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._painted:
            self._painted = True
            self.painted.emit()
            self.session.after_first_paint(lambda: QTimer.singleShot(0, self.status.watch))

    def closeEvent(self, event: QCloseEvent) -> None:
        geometry = self.saveGeometry().toBase64().toStdString()
        self.session.settings = replace(self.session.settings, window_geometry=geometry)
        try:
            self.session.settings.save()
            self._keep_work()
        except StorageError as error:
            if not self._may_lose:
                event.ignore()
                self.session.show_error(error, action="Close anyway", on_action=self._close_anyway)
                return
        super().closeEvent(event)

    def _keep_work(self) -> None:
        """Have every page write what is nowhere on disk yet. Raises StorageError."""
        for view in self.pages.built.values():
            keep = getattr(view, "keep", None)
            if keep is not None:
                keep()

    def _close_anyway(self) -> None:
        self._may_lose = True
        self.close()

    def _restore_geometry(self) -> None:
        stored = self.session.settings.window_geometry
        if not (stored and self.restoreGeometry(QByteArray.fromBase64(stored.encode()))):
            available = self.screen().availableGeometry()
            self.resize(min(1600, available.width()), min(1000, available.height()))


def _use_keys(settings: Settings) -> None:
    KEYS.use(settings.key_preset, settings.keys)


def _apply_motion(settings: Settings) -> None:
    motion.set_reduced(settings.reduce_motion)
