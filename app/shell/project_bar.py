"""The project bar: project menu, undo and redo, search, queue, notifications, language, help."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QToolButton, QWidget

from app.actions import Action
from app.i18n import LANGUAGES, bind, language, tr
from app.i18n import signals as language_signals
from app.session import Session
from app.settings.switches import choose_language
from app.shell.logo import Logo
from app.shell.menus import Menu
from app.shell.notices import Bell, Notices
from app.theme import color, fonts, icons, metrics
from app.widgets.buttons import button, shortcut_text, tool_button, with_shortcut
from app.widgets.text import hairline


class ProjectButton(QAbstractButton):
    """The project's name and a chevron; opens the project menu."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedHeight(28)
        bind(self.setToolTip, "Projects")

    def sizeHint(self) -> QSize:
        words = fonts.metrics(13, 600).horizontalAdvance(self.text())
        return QSize(round(min(words, 280) + 38), 28)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.underMouse() or self.isDown():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color("g3"))
            painter.drawRoundedRect(self.rect(), 3, 3)
        painter.setFont(fonts.font(13, 600))
        painter.setPen(color("t1"))
        room = self.rect().adjusted(8, 0, -28, 0)
        measure = painter.fontMetrics()
        shown = measure.elidedText(self.text(), Qt.TextElideMode.ElideMiddle, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, shown)
        icons.paint(painter, "chevron-down", self.width() - 22, 7, 14, "t2")


class SearchButton(QAbstractButton):
    """Looks like a field; opens the command palette in its place."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.IBeamCursor)
        self.setFixedHeight(metrics.CONTROL)
        self.setFixedWidth(400)
        bind(self.setText, "Search pictures, settings and actions")
        bind(self.setAccessibleName, "Search pictures, settings and actions")

    def sizeHint(self) -> QSize:
        return QSize(400, metrics.CONTROL)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(color("line_hover" if self.underMouse() else "line"))
        painter.setBrush(color("g1"))
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 3, 3)
        icons.paint(painter, "search", 9, 6, 14, "t3")
        painter.setPen(color("t3"))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(self.rect().adjusted(31, 0, 0, 0), middle, self.text())
        painter.setFont(fonts.font(11))
        right = middle | Qt.AlignmentFlag.AlignRight
        painter.drawText(self.rect().adjusted(0, 0, -9, 0), right, shortcut_text("Ctrl+K"))


class ProjectBar(QWidget):
    """40 px over everything. Its buttons say what was asked; the window does it."""

    start_asked = Signal()
    search_asked = Signal()
    queue_asked = Signal()
    notices_asked = Signal()
    folder_asked = Signal()
    undo_asked = Signal()
    redo_asked = Signal()
    help_asked = Signal()
    guide_asked = Signal()

    def __init__(self, session: Session, notices: Notices) -> None:
        super().__init__()
        self._session = session
        self.setProperty("surface", "chrome")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(metrics.BAR)
        self.logo = Logo(metrics.RAIL - 2)
        self.logo.clicked.connect(lambda *_: self.start_asked.emit())
        self.project = ProjectButton()
        self._name = bind(self.project.setText, "No project")
        self.undo = tool_button("undo-2", "Undo", self.undo_asked.emit, shortcut="Ctrl+Z")
        self.redo = tool_button("redo-2", "Redo", self.redo_asked.emit, shortcut="Ctrl+Shift+Z")
        self.search = SearchButton()
        self.queue = button("Queue", "list-checks", "quiet", on=self.queue_asked.emit)
        self._queue_text = bind(self.queue.setText, "Queue")
        self.bell = Bell(notices)
        self.bell.clicked.connect(self.notices_asked)
        self.language = tool_button("languages", "Language")
        self.help = tool_button("circle-question-mark", "Help")
        self.project.clicked.connect(self._open_projects)
        self.search.clicked.connect(self.search_asked)
        self.language.clicked.connect(self._open_languages)
        self.help.clicked.connect(self._open_help)
        self._build()
        session.project_changed.connect(self.show_project)
        language_signals.changed.connect(self.project.updateGeometry)

    def _build(self) -> None:
        rule = hairline("stage", vertical=True)
        rule.setFixedHeight(16)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, metrics.PAD, 0)
        row.setSpacing(0)
        row.addWidget(self.logo)
        row.addWidget(self.project)
        row.addSpacing(8)
        row.addWidget(rule)
        row.addSpacing(8)
        row.addWidget(self.undo)
        row.addSpacing(2)
        row.addWidget(self.redo)
        row.addStretch(1)
        for widget in (self.queue, self.bell, self.language, self.help):
            row.addWidget(widget)
            row.addSpacing(2)
        # The search stands in the middle of the window, whatever is beside it.
        self.search.setParent(self)

    def show_undo(self, undo: Action | None, redo: Action | None) -> None:
        """Whether there is a step to take back or to make again, and which."""
        back, again = (tr(one.about()) if one and one.about() else "" for one in (undo, redo))
        back = tr("Undo: {what}", what=back) if back else tr("Undo")
        again = tr("Redo: {what}", what=again) if again else tr("Redo")
        _offer(self.undo, undo, with_shortcut(back, "Ctrl+Z"))
        _offer(self.redo, redo, with_shortcut(again, "Ctrl+Shift+Z"))

    def show_project(self, project: object) -> None:
        """Show the name of the project, or that there is none."""
        name = getattr(getattr(project, "file", None), "name", "")
        if name:
            self._name.say("{name}", name=name)
        else:
            self._name.say("No project")
        self.project.updateGeometry()

    def show_queue(self, count: int) -> None:
        """Show how many jobs wait or run."""
        if count:
            self._queue_text.say("Queue {n}", "", n=count)
        else:
            self._queue_text.say("Queue")
        self.queue.updateGeometry()

    def resizeEvent(self, event: object) -> None:
        width = 400 if self.width() > 1360 else 368
        self.search.setFixedWidth(width)
        self.search.move((self.width() - width) // 2, (self.height() - metrics.CONTROL) // 2)

    def _open_projects(self) -> None:
        menu = Menu(self)
        menu.add("Open folder…", self.folder_asked.emit, "folder-open", shortcut="Ctrl Shift O")
        menu.add("Open the sample project", lambda: self._session.open_sample(), "play")
        menu.add("Start page", lambda: self._session.go("start"), "layout-grid")
        recent = [Path(root) for root in self._session.settings.recent_projects]
        if recent:
            menu.line().title("Recent projects")
        for root in recent:
            menu.add(root.name, partial(self._session.open_folder, root), plain=True)
        if self._session.project is not None:
            menu.line().add("Close the project", self._close_project, "x")
        menu.below(self.project)

    def _close_project(self) -> None:
        self._session.start(self._session.close_project())
        self._session.go("start")

    def _open_languages(self) -> None:
        menu = Menu(self)
        for code, name in LANGUAGES:
            menu.add(
                name,
                partial(choose_language, self._session, code),
                plain=True,
                ticked=code == language(),
            )
        menu.below(self.language, right=True)

    def _open_help(self) -> None:
        menu = Menu(self)
        menu.add("Guided first run", self.guide_asked.emit, "route")
        menu.add("Keyboard shortcuts", self.help_asked.emit, "keyboard")
        menu.below(self.help, right=True)


def _offer(one: QToolButton, action: Action | None, tip: str) -> None:
    """Enable ``one`` when there is an ``action`` and it can be run, and say what it does."""
    one.setEnabled(action is not None and action.enabled())
    if tip != one.toolTip():
        one.setToolTip(tip)
