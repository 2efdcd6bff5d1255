"""Paints A and B large: side by side, in turns, split, or their difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QRectF, QSizeF, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

from app.i18n import bind, signals, tr
from app.theme import color, motion
from app.theme import signals as theme_signals
from app.validation.cell_measures import MEASURES
from app.validation.compare_parts import (
    FOOT,
    paint_divider,
    paint_foot,
    paint_scale,
    write,
)
from app.widgets.images import fitted
from app.widgets.look import Look

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from app.validation.cell_pictures import CellPictures
    from app.validation.full_pictures import FullPictures
    from app.validation.model import GridState
    from engine.validation.resolve import Position

Mode = Literal["side", "blink", "slider", "difference"]
_HARD_FROM = 2.0  # screen pixels per picture pixel from which on pixels show as they are
_REDUCED_BELOW = 0.6  # below, a smaller copy of the picture is drawn: it is averaged, not skipped


class ComparedPictures(QWidget):
    """Two cells at one zoom and place. Whatever moves them is up to who listens to the user."""

    changed = Signal()

    def __init__(self, state: GridState, cells: CellPictures, full: FullPictures) -> None:
        super().__init__()
        self._state, self._cells, self._full = state, cells, full
        self.look = Look()
        self.mode: Mode = "side"
        self.rate, self.gain = 2, 1
        self.split = 0.5
        self.shows_second = False
        self._blink = QTimer(self)
        self._blink.timeout.connect(self.swap)
        self.setMinimumSize(200, 160)
        bind(self.setAccessibleName, "Compare A and B")
        state.choice_changed.connect(self._chosen)
        self.look.changed.connect(self._looked)
        full.ready.connect(self._came)
        for changed in (signals.changed, theme_signals.changed):
            changed.connect(self.update)

    # What is shown

    def set_mode(self, mode: Mode) -> None:
        """Compare in another way; place and zoom stay."""
        self.mode = mode
        self.shows_second = False
        self._fit_room()
        self.set_playing(mode == "blink" and not motion.reduced())

    def set_rate(self, rate: int) -> None:
        """How often A and B change places in a second."""
        self.rate = rate
        self.set_playing(self.playing)

    def set_gain(self, gain: int) -> None:
        """How many times stronger a difference is shown."""
        self.gain = gain
        self.update()
        self.changed.emit()

    @property
    def playing(self) -> bool:
        """Whether A and B change places by themselves."""
        return self._blink.isActive()

    def set_playing(self, on: bool) -> None:
        """Let A and B change places by themselves, or hold the one that is shown."""
        if on:
            self._blink.start(round(1000 / self.rate))
        else:
            self._blink.stop()
        self.update()
        self.changed.emit()

    def set_split(self, share: float) -> None:
        """Show A on this share of the width, B on the rest."""
        self.split = max(0.0, min(1.0, share))
        self.update()

    def swap(self) -> None:
        """Show the other one, within one frame."""
        if self.isVisible() and self._state.second is not None:
            self.shows_second = not self.shows_second
            self.update()

    def panes(self) -> list[tuple[str, Position, QRectF]]:
        """Letter, cell and area of each cell that is shown."""
        chosen = [("A", self._state.first), ("B", self._state.second)]
        there = [(letter, key) for letter, key in chosen if key is not None]
        if self.mode == "side":
            return [(letter, key, self._area(int(letter == "B"))) for letter, key in there]
        if self.mode == "blink":
            there = there[-1:] if self.shows_second else there[:1]
        return [(letter, key, self._area(0)) for letter, key in there]

    def _area(self, number: int) -> QRectF:
        whole = QRectF(0, 0, self.width(), max(1, self.height() - FOOT))
        if self.mode != "side":
            return whole
        width = (self.width() - 2) / 2
        return QRectF(number * (width + 2), 0, width, whole.height())

    def _chosen(self) -> None:
        if self._state.second is None:
            self.shows_second = False
        self._measure()
        self.update()

    def _came(self) -> None:
        self._measure()
        self.update()
        self.changed.emit()

    def _measure(self) -> None:
        """The frame is that of the larger picture; another pair of the same size keeps the look."""
        found = [self._full.kept(self._path(key)) for key in self._both()]
        sizes = [pixmap.size() for pixmap in found if pixmap is not None]
        if sizes:
            larger = max(sizes, key=lambda size: size.width() * size.height()).toSizeF()
            if larger != self.look.size:
                self.look.show(larger)

    def _both(self) -> list[Position]:
        return [key for key in (self._state.first, self._state.second) if key is not None]

    def _path(self, key: Position) -> str:
        cell = self._state.cell(key)
        return cell.path if cell is not None else ""

    @property
    def scale(self) -> float:
        """Screen pixels per picture pixel."""
        return self.look.scale * self.devicePixelRatioF()

    def actual_size(self) -> None:
        """One picture pixel on one screen pixel."""
        self.look.zoom_to(1 / self.devicePixelRatioF())

    def zoom_by(self, factor: float) -> None:
        """Zoom both, round the middle of what is seen."""
        self.look.zoom_to(self.look.scale * factor)

    def fit(self) -> None:
        """Show both whole."""
        self.look.fit()

    def _looked(self) -> None:
        self.update()
        self.changed.emit()

    def _fit_room(self) -> None:
        self.look.set_room(self._area(0).size())

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit_room()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what is compared, or say how to choose it."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), color("g2"))
        if self._state.first is None:
            words = tr("Click a cell of the grid, then Ctrl click another one.")
            write(painter, QRectF(self.rect()), words)
        elif self._state.second is None and self.mode == "side":
            self._paint_alone(painter)
        elif self._state.second is None:
            write(
                painter, self._area(0), tr("Ctrl-click a second cell of the grid to see it here.")
            )
        elif self.mode == "difference":
            self._paint_difference(painter)
        elif self.mode == "slider":
            self._paint_split(painter)
        else:
            for letter, key, area in self.panes():
                self._paint_pane(painter, letter, key, area)

    def _paint_alone(self, painter: QPainter) -> None:
        free = self._area(1)
        painter.fillRect(QRectF(free.left() - 2, 0, 2, free.height()), color("g1"))
        write(painter, free, tr("Ctrl-click a second cell of the grid to see it here."))
        for letter, key, area in self.panes():
            self._paint_pane(painter, letter, key, area)

    def _paint_pane(self, painter: QPainter, letter: str, key: Position, area: QRectF) -> None:
        self._paint_picture(painter, key, area, area)
        paint_foot(painter, area, letter, self._state.name_of(key), self.numbers_of(key))

    def numbers_of(self, key: Position) -> list[str]:
        """What was measured of a cell, then of the checkpoint and weight it was drawn with."""
        known = ((one, self._state.shown.cells.of(one.name, key)) for one in MEASURES)
        there = ((one, value) for one, value in known if value is not None)
        return [f"{tr(one.label)} {one.written(value)}" for one, value in there]

    def _paint_picture(self, painter: QPainter, key: Position, area: QRectF, clip: QRectF) -> None:
        """The picture of ``key`` where the look has it in ``area``, as far as it is in ``clip``."""
        path = self._path(key)
        pixmap = self._pixmap(path) if path else None
        if pixmap is None:
            unreadable = bool(path) and self._full.has_failed(path)
            cell = self._state.cell(key)
            problem = cell.problem if cell is not None else ""
            write(painter, clip, tr("unreadable") if unreadable else problem)
            return
        self._lay(painter, pixmap, area, clip)

    def _pixmap(self, path: str) -> QPixmap | None:
        full = self._full.get(path)
        if full is None or self.scale >= _REDUCED_BELOW:
            return full if full is not None else self._cells.kept(path)
        edge = round(self.scale * max(full.width(), full.height()))
        reduced = self._cells.level(path, edge)
        there = reduced is not None and max(reduced.width(), reduced.height()) >= edge
        return reduced if there else full

    def _lay(self, painter: QPainter, pixmap: QPixmap, area: QRectF, clip: QRectF) -> None:
        frame = self.look.place(area.center(), self.look.center, self.look.scale)
        place = fitted(QSizeF(pixmap.size()), frame)
        painter.save()
        painter.setClipRect(clip)
        smooth = self.scale < _HARD_FROM
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawPixmap(place, pixmap, QRectF(pixmap.rect()))
        painter.restore()

    def _paint_split(self, painter: QPainter) -> None:
        area = self._area(0)
        at = round(area.width() * self.split)
        left, right = area.adjusted(0, 0, at - area.width(), 0), area.adjusted(at, 0, 0, 0)
        for letter, key, side in (("A", self._state.first, left), ("B", self._state.second, right)):
            assert key is not None
            self._paint_picture(painter, key, area, side)
            paint_foot(painter, side, letter, self._state.name_of(key), self.numbers_of(key))
        paint_divider(painter, at, area)

    def _paint_difference(self, painter: QPainter) -> None:
        area = self._area(0)
        first, second = (self._path(key) for key in self._both())
        found = self._full.difference(first, second, self.gain) if first and second else None
        if found is not None:
            self._lay(painter, found.pixmap, area, area)
            names = [self._state.name_of(key) for key in self._both()]
            paint_scale(painter, area, found, self.gain, names)
        elif first and second and not self._full.failed_pair(first, second, self.gain):
            write(painter, area, tr("Measuring…"))
        else:
            write(painter, area, tr("One of the two pictures is not there."))
