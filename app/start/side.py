"""The side of the start page: recent projects, this computer, language and theme."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import signals as language_signals
from app.i18n import tr, tr_error
from app.i18n.format import day, size
from app.session import Session
from app.settings.switches import LanguageSwitch, ThemeSwitch
from app.start.model import Computer, Recent
from app.theme import color
from app.widgets.images import draw_fitted, pixmap_of
from app.widgets.layouts import clear_layout
from app.widgets.panel import IconLabel
from app.widgets.text import ElidedLabel, hairline, label
from app.widgets.thumbnail_files import read_scaled
from engine.runtime.errors import StylekilnError


class RecentRow(QWidget):
    """One project: a picture of it, what it holds, when it was last open."""

    opened = Signal(object)

    def __init__(self, recent: Recent) -> None:
        super().__init__()
        self._recent = recent
        self.setFixedHeight(64)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAccessibleName(recent.name)
        self.setToolTip(tr_error(recent.problem) if recent.problem else str(recent.root))
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addStretch(1)
        words.addWidget(ElidedLabel(recent.name, size=13, weight=500))
        holds = tr(", ").join(
            (
                tr("1 picture", "{n} pictures", n=recent.pictures),
                tr("1 run", "{n} runs", n=recent.runs) if recent.runs else tr("no run yet"),
            )
        )
        if recent.problem:
            holds = tr("Cannot be read")
        words.addWidget(ElidedLabel(holds, tone="error" if recent.problem else "quiet"))
        words.addStretch(1)
        when = label(tone="quiet")
        when.setText(day(recent.opened))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(_Thumb(recent.thumbnail))
        row.addLayout(words, 1)
        row.addWidget(when)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.rect().contains(event.position().toPoint()):
            self.opened.emit(self._recent.root)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Space):
            self.opened.emit(self._recent.root)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.underMouse():
            painter = QPainter(self)
            painter.fillRect(self.rect(), color("row_hover"))


class _Thumb(QWidget):
    """52x44: the first picture of a project, or an empty tile."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.setFixedSize(52, 44)
        self._pixmap = QPixmap()
        if path:
            try:
                self._pixmap = pixmap_of(read_scaled(path, 128))
            except (StylekilnError, OSError):
                self._pixmap = QPixmap()  # the project opens without its picture as well

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color("g3"))
        painter.drawRoundedRect(self.rect(), 3, 3)
        if not self._pixmap.isNull():
            draw_fitted(painter, self._pixmap, QRectF(self.rect()), 0.06)


class Side(QWidget):
    """372 px at the right, or under the drop zone in a narrow window."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._computer: Computer | None = None
        self._recent: list[Recent] = []
        self.setProperty("surface", "well")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._projects, self._facts = _section(), _section()
        self._recent_title = label("Recent projects", size=13, weight=600)
        self.column = QVBoxLayout(self)
        self.column.setSpacing(0)
        self._build()
        language_signals.changed.connect(self._refill)

    def _build(self) -> None:
        column = self.column
        column.addWidget(self._recent_title)
        column.addSpacing(14)
        column.addLayout(self._projects)
        column.addSpacing(44)
        column.addWidget(label("This computer", size=13, weight=600))
        column.addSpacing(14)
        column.addLayout(self._facts)
        column.addSpacing(32)
        languages, themes = LanguageSwitch(self._session), ThemeSwitch(self._session)
        for text, control in (("Language", languages), ("Theme", themes)):
            row = QHBoxLayout()
            row.addWidget(label(text, tone="label"))
            row.addStretch(1)
            row.addWidget(control)
            column.addLayout(row)
            column.addSpacing(10)
        column.addStretch(1)

    def show_recent(self, recent: list[Recent]) -> None:
        """Show these projects, the newest five."""
        self._recent = recent[:5]
        self._refill()

    def show_computer(self, facts: Computer) -> None:
        """Show what this computer has."""
        self._computer = facts
        self._refill()

    def _refill(self) -> None:
        clear_layout(self._projects)
        for recent in self._recent:
            row = RecentRow(recent)
            row.opened.connect(lambda root: self._session.open_folder(root))
            self._projects.addWidget(hairline("panel"))
            self._projects.addWidget(row)
        if self._recent:
            self._projects.addWidget(hairline("panel"))
        else:
            none = label("What you open is listed here.", tone="quiet", wrap=True)
            self._projects.addWidget(none)
        clear_layout(self._facts)
        if self._computer is not None:
            for icon, tint, text, value in _lines(self._computer):
                self._facts.addWidget(hairline("panel"))
                self._facts.addWidget(_fact(icon, tint, text, value))
            self._facts.addWidget(hairline("panel"))


def _lines(facts: Computer) -> list[tuple[str, str, str, str]]:
    graphics = facts.graphics or tr("No graphics card for training")
    found = ("circle-check", "ok") if facts.graphics else ("circle-minus", "t3")
    memory = tr(
        "{memory} memory, {free} free on disk", memory=size(facts.memory), free=size(facts.free)
    )
    cores = tr("1 core", "{n} cores", n=facts.cores)
    return [
        ("circle-check", "ok", facts.processor, cores),
        (*found, graphics, "" if facts.graphics else tr("processor is used")),
        ("circle-check", "ok", memory, ""),
        (
            "circle-check",
            "ok",
            tr("Starter model, {size}", size=size(facts.starter)),
            tr("built in"),
        ),
    ]


def _fact(icon: str, tint: str, text: str, value: str) -> QWidget:
    box = QWidget()
    box.setFixedHeight(34)
    row = QHBoxLayout(box)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(10)
    row.addWidget(IconLabel(icon, 15, tint))
    row.addWidget(ElidedLabel(text, tone="" if tint == "ok" else "label"), 1)
    quiet = label(tone="quiet")
    quiet.setText(value)
    row.addWidget(quiet)
    return box


def _section() -> QVBoxLayout:
    made = QVBoxLayout()
    made.setSpacing(0)
    return made
