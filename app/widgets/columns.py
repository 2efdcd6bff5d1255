"""The side columns of a workspace: dragged at their borders, remembered, hidden by Tab."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.i18n import bind
from app.theme import color, motion

if TYPE_CHECKING:
    from app.session import Session

LEAST = 280  # a column is not made narrower than this, or than its own width if that is less
STAGE = 400  # what the stage keeps
SHUT = 80  # dragged this far below the least width, a column shuts
GRIP = 7

Side = Literal["left", "right"]


@dataclass(eq=False)
class _Part:
    column: QWidget
    side: Side
    natural: int
    apply: Callable[[int], object]
    grip: Grip | None = None
    wanted: bool = True
    shut: bool = field(default=False)


class SideColumns(QObject):
    """Left and right columns beside ``stage`` in ``host``, whose box layout holds them.

    A width that was dragged is kept under ``workspace`` and goes before the one of the layout.
    """

    def __init__(self, host: QWidget, stage: QWidget, session: Session, workspace: str) -> None:
        super().__init__(host)
        self._host, self._stage = host, stage
        self._session, self._workspace = session, workspace
        self._parts: list[_Part] = []
        self.hidden = False
        # Else a wide column would hold the window open, and never be told to give way.
        host.setMinimumWidth(STAGE)
        host.installEventFilter(self)

    def add(
        self,
        column: QWidget,
        side: Side,
        natural: int = 0,
        apply: Callable[[int], object] | None = None,
    ) -> None:
        """Take ``column`` in; without a ``natural`` width it is only hidden with the others.

        ``apply`` sets a width; without it the column's own is fixed.
        """
        part = _Part(column, side, natural, apply or column.setFixedWidth)
        self._parts.append(part)
        if natural:
            part.grip = Grip(self._host, side)
            part.grip.dragged.connect(lambda width: self._drag(part, width))
            part.grip.dropped.connect(lambda: self._keep(part))
            part.grip.reset.connect(lambda: self._reset(part))
            part.grip.began = lambda: 0 if part.column.isHidden() else part.column.width()
            column.installEventFilter(self)
            self._fit(part)

    def keys_on(self, *stages: QWidget) -> None:
        """Let Tab hide and show the columns while one of ``stages`` has the keyboard."""
        for stage in stages:
            action = QAction(stage)
            action.setShortcut(QKeySequence("Tab"))
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.triggered.connect(lambda *_: self.toggle())
            stage.addAction(action)

    def set_natural(self, column: QWidget, width: int) -> None:
        """Give ``column`` the width that the layout has for this size of the window.

        0 while something else sets it; it cannot be dragged then.
        """
        part = self._of(column)
        part.natural = width
        self._fit(part)
        self._place(part)

    def refit(self) -> None:
        """Set every width anew."""
        for part in self._parts:
            self._fit(part)

    def show(self, column: QWidget, wanted: bool, *, slide: bool = False) -> None:
        """Show or hide ``column`` as the layout wants; hidden by Tab or shut it stays away."""
        part = self._of(column)
        part.wanted = wanted
        if wanted and slide:
            part.shut = self.hidden = False
        self._settle(part, slide=slide)

    def toggle(self) -> None:
        """Hide all columns, or show them, also those that were dragged shut."""
        wanted = [part for part in self._parts if part.wanted]
        self.hidden = any(not part.column.isHidden() for part in wanted)
        for part in self._parts:
            if not self.hidden:
                part.shut = False
            self._settle(part, slide=True)

    def regions(self) -> list[QWidget]:
        """The columns and the stage from left to right."""
        left = [part.column for part in self._parts if part.side == "left"]
        right = [part.column for part in self._parts if part.side == "right"]
        return [*left, self._stage, *right]

    def _of(self, column: QWidget) -> _Part:
        return next(part for part in self._parts if part.column is column)

    def _settle(self, part: _Part, *, slide: bool = False) -> None:
        shown = part.wanted and not part.shut and not self.hidden
        if slide:
            motion.fold(part.column, shown, across=True, to_left=part.side == "left")
        elif part.column.isHidden() == shown:
            part.column.setVisible(shown)
        self._place(part)

    # Widths

    def _key(self, part: _Part) -> str:
        return f"{self._workspace}.{part.side}"

    def _fit(self, part: _Part) -> None:
        if not part.natural:
            return
        wanted = self._session.settings.columns.get(self._key(part), part.natural)
        width = max(self._least(part), min(wanted, self._most(part)))
        if part.column.minimumWidth() != width or part.column.maximumWidth() != width:
            part.apply(width)
        self._place(part)

    def _least(self, part: _Part) -> int:
        return min(LEAST, part.natural)

    def _most(self, part: _Part) -> int:
        others = sum(
            one.column.width()
            for one in self._parts
            if one is not part
            and not one.column.isHidden()
            and one.column.parentWidget() is self._host
        )
        return max(part.natural, self._host.width() - others - STAGE)

    def _drag(self, part: _Part, width: int) -> None:
        shut = width < self._least(part) - SHUT
        if shut != part.shut:
            part.shut = shut
            self.hidden = False
            self._settle(part)
        if not shut:
            part.apply(max(self._least(part), min(width, self._most(part))))
        self._place(part)

    def _keep(self, part: _Part) -> None:
        if not part.shut:
            self._store(part, part.column.width())

    def _reset(self, part: _Part) -> None:
        part.shut = False
        self._store(part, None)
        self._fit(part)
        self._settle(part)

    def _store(self, part: _Part, width: int | None) -> None:
        kept = {k: v for k, v in self._session.settings.columns.items() if k != self._key(part)}
        if width is not None:
            kept[self._key(part)] = width
        if kept != self._session.settings.columns:
            self._session.change_settings(columns=kept)

    # The grips

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and watched is self._host:
            self.refit()
        elif event.type() in _MOVED:
            for part in self._parts:
                if part.column is watched:
                    self._place(part)
        return False

    def _place(self, part: _Part) -> None:
        if part.grip is None:
            return
        column, grip = part.column, part.grip
        here = not column.isHidden()
        used = part.natural > 0 and part.wanted and not self.hidden
        grip.setVisible(used and (here or part.shut))
        if part.side == "left":
            edge = column.x() + (column.width() if here else 0)
        else:
            edge = column.x() if here else self._host.width()
        left = max(0, min(edge - GRIP // 2 - 1, self._host.width() - GRIP))
        grip.setGeometry(left, 0, GRIP, self._host.height())
        grip.raise_()


_MOVED = (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.Hide)


class Grip(QWidget):
    """Lies over the border of a column; ``dragged`` carries the width that the pointer asks for."""

    dragged = Signal(int)
    dropped = Signal()
    reset = Signal()

    def __init__(self, host: QWidget, side: Side) -> None:
        super().__init__(host)
        self._side = side
        self._from: tuple[float, int] | None = None
        self.began: Callable[[], int] = lambda: 0
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        bind(self.setToolTip, "Drag to change the width. Double-click resets it.")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._from = (event.globalPosition().x(), self.began())
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._from is not None:
            x, width = self._from
            way = event.globalPosition().x() - x
            self.dragged.emit(round(width + (way if self._side == "left" else -way)))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._from is not None:
            moved = event.globalPosition().x() != self._from[0]
            self._from = None
            self.update()
            if moved:
                self.dropped.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._from = None
        self.reset.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._from is not None or self.underMouse():
            QPainter(self).fillRect(GRIP // 2, 0, 1, self.height(), color("acc"))
