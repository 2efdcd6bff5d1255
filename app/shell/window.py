"""The main window: project bar, rail, the workspace, the guide, the status line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QByteArray, QPoint, Qt, QTimer, Signal
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

from app.actions import Action
from app.i18n import bind, tr
from app.session import Session
from app.shell.jobs import is_live, title_of, workspace_of
from app.shell.logo import window_icon
from app.shell.notices import Notices
from app.shell.pages import Pages
from app.shell.picture_search import PictureSearch
from app.shell.project_bar import ProjectBar, set_enabled
from app.shell.rail import ENTRIES, Rail
from app.shell.regions import Regions
from app.shell.status_line import StatusLine
from app.shell.window_actions import add_shortcuts, window_actions
from app.theme import metrics, motion
from app.widgets.states import DropOverlay, Toast
from app.widgets.text import hairline
from engine.project.settings import Settings, data_dir
from engine.runtime.errors import StorageError

if TYPE_CHECKING:  # imported when they are first opened
    from app.shell.guide import GuideBar, Stage
    from app.shell.notice_panel import NoticePanel
    from app.shell.palette import Found, Palette
    from app.shell.queue_panel import QueuePanel
    from engine.runtime.job import JobHandle

WORKSPACES = tuple(name for name, _, _ in ENTRIES)


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
        self.overlay = DropOverlay(self._body)
        self.pictures = PictureSearch(session, self)
        self._painted = False
        self._may_lose = False
        self.regions = Regions(self._regions, self.pages.stage)
        self._own = window_actions(self)
        add_shortcuts(self, self, self._own)
        self._connect()
        self._restore_geometry()
        self.navigate("start", {})

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
        _apply_motion(session.settings)
        for signal in (session.job_added, session.job_changed, session.job_finished):
            signal.connect(self._show_busy)
        session.job_finished.connect(self._tell_finished)
        session.undone.connect(self.toasts.withdraw)
        self.rail.chosen.connect(self._choose)
        self.bar.start_asked.connect(lambda: self.navigate("start", {}))
        self.bar.search_asked.connect(self.open_palette)
        self.bar.queue_asked.connect(self.toggle_queue)
        self.bar.notices_asked.connect(self.toggle_notices)
        self.bar.folder_asked.connect(self.choose_folder)
        self.bar.undo_asked.connect(lambda: self._run_here("undo"))
        self.bar.redo_asked.connect(lambda: self._run_here("redo"))
        self.bar.help_asked.connect(self.show_shortcuts)
        self.bar.guide_asked.connect(self.start_guide)
        session.bridge.queue_read.connect(self._tell_what_was_cut_off)
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
        known, before = name in self.pages.built, self.pages.current
        view = self.pages.open(name)
        if not known:
            add_shortcuts(self, view, view.actions())
        self.rail.show_current(name)
        self._show_undo()
        if name != before:
            self.pages.focus_stage()
        if payload:
            view.receive(**payload)

    def _choose(self, name: str) -> None:
        """A click on the rail: also the page that is shown already gets the keyboard."""
        self.navigate(name, {})
        self.pages.focus_stage()

    def all_actions(self) -> list[Action]:
        """What can be done in the window and in the workspace that is shown."""
        view = self.pages.built.get(self.pages.current)
        return [*(view.actions() if view is not None else []), *self._own]

    def _found_by_words(self) -> list[Action]:
        """What the palette offers: also the actions of pages that were shown before."""
        found = [action for action in self.all_actions() if action.id != "palette"]
        for name, view in self.pages.built.items():
            if name != self.pages.current:
                there = [action for action in view.actions() if not action.id.endswith("do")]
                found += [replace(one, run=partial(self._run_there, name, one)) for one in there]
        return found

    def _run_there(self, name: str, action: Action) -> None:
        self.navigate(name, {})
        action.run()

    def _run_here(self, what: str) -> None:
        action = self._action_here(what)
        if action is not None and action.enabled():
            action.run()
            self._show_undo()

    def _action_here(self, what: str) -> Action | None:
        view = self.pages.built.get(self.pages.current)
        found = view.actions() if view is not None else []
        return next((one for one in found if one.id.rpartition(".")[2] == what), None)

    def _show_undo(self) -> None:
        set_enabled(self.bar.undo, self._action_here("undo"))
        set_enabled(self.bar.redo, self._action_here("redo"))

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

    @cached_property
    def queue(self) -> QueuePanel:
        """The queue's panel."""
        from app.shell.queue_panel import QueuePanel

        return QueuePanel(self, self.session)

    @cached_property
    def notice_panel(self) -> NoticePanel:
        """The list of what was said."""
        from app.shell.notice_panel import NoticePanel

        return NoticePanel(self, self.notices)

    @cached_property
    def palette_panel(self) -> Palette:
        """The command palette."""
        from app.shell.palette import Palette

        made = Palette(self, self._found_by_words, self._find_pictures)
        self.pictures.changed.connect(made.refresh)
        return made

    def open_palette(self) -> None:
        """Open the command palette in the place of the search field."""
        search = self.bar.search
        top = search.mapTo(self, QPoint(0, 0)).y() - 4
        self.palette_panel.open_at(self.width() // 2, top, max(480, search.width()))

    def _panels(self) -> dict[str, QWidget]:
        """The floating panels that were opened at least once, by their names here."""
        built = {name: vars(self).get(name) for name in ("palette_panel", "queue", "notice_panel")}
        return {name: panel for name, panel in built.items() if panel is not None}

    def _hide_panels(self, but: str) -> None:
        for name, panel in self._panels().items():
            if name != but:
                panel.hide()

    def toggle_queue(self) -> None:
        """Open or close the queue."""
        self._hide_panels(but="queue")
        self.queue.toggle(self.width() - 8, metrics.BAR + 4)

    def toggle_notices(self) -> None:
        """Open or close the list of what was said."""
        self._hide_panels(but="notice_panel")
        self.notice_panel.toggle(self.width() - 8, metrics.BAR + 4)

    def show_shortcuts(self) -> None:
        """Open the list of keys."""
        from app.shell.shortcuts import ShortcutsDialog

        ShortcutsDialog(self, self.all_actions()).show()

    def show_toast(self, note: dict[str, Any]) -> None:
        """Float what the session has to say, and keep it for the bell."""
        notice = self.notices.add(note)
        toast = self.toasts.show(
            notice.text,
            action=note["action"],
            on_action=note["on_action"],
            error=notice.is_error,
        )
        toast.answered.connect(lambda: self.notices.read(notice))

    def _find_pictures(self, text: str) -> list[Found]:
        from app.shell.palette import Found
        from app.widgets.row_list import Row

        self.pictures.refresh()
        return [
            Found(
                Row(f"picture.{picture.id}", picture.name, icon="image", note=tr("Dataset")),
                partial(self.navigate, "dataset", {"picture": picture.id}),
            )
            for picture in self.pictures.find(text, most=8)
        ]

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

        self.show_guide(STAGES)
        self.session.start(self._open_for_guide())

    async def _offer_guide(self, project: Any) -> None:
        """A sample project whose tour is not finished: go on where it stands."""
        from engine.tour.plan import STAGES, is_sample, stages_done

        if not is_sample(project, data_dir() / "projects"):
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

    def _tell_finished(self, handle: JobHandle) -> None:
        """Long work that ended while another page was shown is told, and kept by the bell."""
        place = workspace_of(handle.request)
        if handle.state != "done" or handle.interactive or place not in ("train", "validate"):
            return
        note = {
            "key": "{name}: done.",
            "facts": {"name": title_of(handle.request)},
            "action": "Show",
            "on_action": partial(self.navigate, place, {}),
            "error": False,
        }
        if place == self.pages.current:
            self.notices.read(self.notices.add(note))
        else:
            self.show_toast(note)

    def _show_busy(self, _: object) -> None:
        parts = {
            workspace_of(job.request): job.progress.fraction
            for job in self.session.bridge.jobs
            if is_live(job) and job.state != "queued"
        }
        for name in WORKSPACES:
            self.rail.buttons[name].set_progress(parts.get(name))
        self.bar.show_queue(sum(is_live(job) for job in self.session.bridge.jobs))

    # Drops, size and end

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        folder = dropped_folder(event)
        if folder is not None:
            event.acceptProposedAction()
            self.overlay.offer(tr("Open {name}", name=folder.name))

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.overlay.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self.overlay.hide()
        folder = dropped_folder(event)
        if folder is not None:
            event.acceptProposedAction()
            self.session.open_folder(folder)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        shown = [panel for panel in self._panels().values() if panel.isVisible()]
        if event.key() == Qt.Key.Key_Escape and shown:
            shown[0].hide()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        for name, panel in self._panels().items():
            if name != "palette_panel" and panel.isVisible():
                panel.move(self.width() - 8 - panel.width(), metrics.BAR + 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._painted:
            self._painted = True
            self.painted.emit()
            self.session.after_first_paint(lambda: QTimer.singleShot(0, self.status.watch))

    def _tell_what_was_cut_off(self) -> None:
        if self.session.bridge.interrupted():
            self.session.notify(
                "Work was cut off when the application last ended.",
                action="Show the queue",
                on_action=self.toggle_queue,
            )

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


def _apply_motion(settings: Settings) -> None:
    motion.set_reduced(settings.reduce_motion)


def dropped_folder(event: QDropEvent) -> Path | None:
    """The folder that a drop means: the folder itself, or the one that holds dropped files."""
    paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    if not paths:
        return None
    return paths[0].parent if paths[0].is_file() else paths[0]
