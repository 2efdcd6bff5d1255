"""The start page: what this is, the ways in, and true facts beside them."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QSpacerItem, QVBoxLayout, QWidget

from app.actions import Action
from app.session import Session
from app.start.journey import Step
from app.start.model import computer, recent_projects, sample_count
from app.start.side import Side
from app.theme import color, metrics
from app.widgets.buttons import button
from app.widgets.panel import IconLabel
from app.widgets.text import hairline, label

_CENTER = Qt.AlignmentFlag.AlignCenter


class DropZone(QWidget):
    """Says what can be dropped; the window takes the drop wherever it falls."""

    folder_asked = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setFixedHeight(224)
        choose = button("Choose folder…", "folder-open", big=True, on=self.folder_asked.emit)
        self.sample = button(
            "Open the sample project", "play", "primary", on=lambda: session.open_sample(), big=True
        )
        title = label("Drop a folder of art here", size=15, weight=600)
        hint = label(
            "PNG, JPEG, WebP, AVIF, TIFF, BMP or GIF. Captions beside the pictures are read too.",
            tone="quiet",
        )
        buttons = QHBoxLayout()
        buttons.setSpacing(metrics.GAP)
        buttons.addStretch(1)
        buttons.addWidget(choose)
        buttons.addWidget(self.sample)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setSpacing(0)
        column.addStretch(1)
        column.addWidget(IconLabel("folder-down", 28, "t2"), 0, _CENTER)
        column.addSpacing(12)
        column.addWidget(title, 0, _CENTER)
        column.addSpacing(6)
        column.addWidget(hint, 0, _CENTER)
        column.addSpacing(16)
        column.addLayout(buttons)
        column.addStretch(1)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(color("line_control"), 1, Qt.PenStyle.CustomDashLine)
        pen.setDashPattern([4, 3])
        painter.setPen(pen)
        painter.setBrush(color("well"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)


class View(QWidget):
    """The start page. In a narrow window the side goes under the drop zone."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.zone = DropZone(session)
        self.zone.folder_asked.connect(self._choose)
        self.side = Side(session)
        self._narrow: bool | None = None
        self._gap = QSpacerItem(0, 0)
        self._build()
        session.settings_changed.connect(self._look)

    def focus_target(self) -> QWidget:
        """The main way in: the button of the sample project."""
        return self.zone.sample

    def receive(self, **payload: Any) -> None:
        """Nothing is handed to the start page."""

    def actions(self) -> list[Action]:  # type: ignore[override]
        """All that can be done here belongs to the window."""
        return []

    def _build(self) -> None:
        self._main = QVBoxLayout()
        self._main.setSpacing(0)
        lead = label(
            "Start with a folder of reference art, or walk the whole way once with the sample: "
            "{n} icons and a small built-in model. No network needed.",
            size=14,
            tone="label",
            wrap=True,
            n=sample_count,
        )
        lead.setMaximumWidth(640)
        journey = QHBoxLayout()
        journey.setSpacing(24)
        for step in range(4):
            journey.addWidget(Step(step), 1)
        links = QHBoxLayout()
        links.setSpacing(20)
        links.addWidget(button("Guided first run", "route", "link", on=self._guide))
        links.addWidget(button("Add a model file", "boxes", "link", on=self._models))
        links.addStretch(1)
        self._main.addWidget(label("Your art in, pictures in your style out", size=24, weight=600))
        self._main.addSpacing(8)
        self._main.addWidget(lead)
        self._main.addSpacing(40)
        self._main.addLayout(journey)
        self._main.addSpacing(40)
        self._main.addWidget(self.zone)
        self._main.addSpacing(8)
        self._main.addLayout(links)
        self._main.addItem(self._gap)
        self._main.addStretch(1)
        self._lay_out()

    def _lay_out(self) -> None:
        page = QWidget()
        page.setProperty("surface", "none")
        page.setLayout(self._main)
        self._page = page
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        # A viewport of its own: when asked for the one that Qt made, PySide loads every class that
        # a widget could be, and that takes longer than painting the page.
        ground = QWidget()
        self._scroll.setViewport(ground)
        ground.setAutoFillBackground(False)
        page.setAutoFillBackground(False)
        self._scroll.setWidget(page)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._scroll, 1)
        self._line = hairline("column", vertical=True)
        row.addWidget(self._line)
        row.addWidget(self.side)
        self._row = row

    def _fit(self, narrow: bool) -> None:
        """Move the side under the drop zone, or back beside the page."""
        if narrow == self._narrow:
            return
        self._narrow = narrow
        self._line.setVisible(not narrow)
        if narrow:
            self._main.setContentsMargins(40, 32, 40, 24)
            self.side.setMinimumWidth(0)
            self.side.setMaximumWidth(metrics.UNBOUNDED)
            self.side.column.setContentsMargins(24, 24, 24, 16)
            self._gap.changeSize(0, 24)
            self._main.insertWidget(self._main.count() - 1, self.side)
        else:
            self._main.setContentsMargins(64, 64, 64, 32)
            self.side.setFixedWidth(372)
            self.side.column.setContentsMargins(28, 72, 28, 16)
            self._gap.changeSize(0, 0)
            self._row.addWidget(self.side)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit(self.width() + metrics.RAIL < metrics.NARROW)

    def showEvent(self, event: QShowEvent) -> None:
        # After the first paint: nothing of this is worth a later window.
        self._session.after_first_paint(lambda: QTimer.singleShot(0, self._look))

    def _look(self, _: object = None) -> None:
        if self.isVisible():
            self._session.start(self._read_facts())

    async def _read_facts(self) -> None:
        bridge = self._session.bridge
        self.side.show_computer(await bridge.io(computer))
        roots = self._session.settings.recent_projects
        self.side.show_recent(await bridge.io(recent_projects, roots))

    def _choose(self) -> None:
        window: Any = self.window()
        window.choose_folder()

    def _guide(self) -> None:
        self._session.go("guide")

    def _models(self) -> None:
        self._session.go("models", add=True)
