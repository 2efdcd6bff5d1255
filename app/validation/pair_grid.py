"""Pairs of a generated picture and the training picture it is nearest to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.i18n import bind, signals, tr
from app.theme import color, fonts
from app.validation import verdict_help
from app.validation.labels import listed
from app.widgets.images import draw_fitted
from engine.validation.sentences import decimal

if TYPE_CHECKING:
    from app.validation.evidence import Pair
    from app.validation.model import GridState
    from app.validation.training_pictures import TrainingPictures
    from app.widgets.thumbnails import ThumbnailCache

STRIP = 172  # width of a pair in a strip
_FOOT = 24
_LINE = 18  # of two, where a card is too narrow for all in one
_GAP = 8


class PairGrid(QWidget):
    """Generated and training picture side by side, in the order they are given. A click or Enter
    shows both large. A ``strip`` shows one line of them and how many more there are, until all are
    asked for.
    """

    opened = Signal(object, int)  # all pairs as list[Pair], and which of them

    def __init__(
        self,
        state: GridState,
        thumbnails: ThumbnailCache,
        training: TrainingPictures,
        *,
        strip: bool = False,
    ) -> None:
        super().__init__()
        self._state, self._thumbnails, self._training = state, thumbnails, training
        self._pairs: list[Pair] = []
        self._columns = 2
        self._strip, self._all = strip, False
        self._current = 0
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("ring", "inset")
        bind(self.setAccessibleName, "Nearest training picture")
        thumbnails.ready.connect(self._arrived)
        training.ready.connect(self.update)
        state.choice_changed.connect(self.update)
        signals.changed.connect(self.update)

    def _arrived(self, _: object) -> None:
        self.update()

    def set_pairs(self, pairs: list[Pair]) -> None:
        """Show these pairs."""
        self._pairs = pairs
        self._current = 0
        self.updateGeometry()
        self.update()

    def set_columns(self, columns: int) -> None:
        """How many pairs stand side by side."""
        self._columns = columns
        self.updateGeometry()
        self.update()

    def show_all(self) -> None:
        """Show those as well that had no room."""
        self._all = True
        self.updateGeometry()
        self.update()

    # Layout

    def _across(self, width: int) -> int:
        return max(1, (width + _GAP) // (STRIP + _GAP)) if self._strip else self._columns

    @property
    def shown(self) -> int:
        """How many pairs are shown; the others are told as a number."""
        across = self._across(self.width())
        if not self._strip or self._all or len(self._pairs) <= across:
            return len(self._pairs)
        return across - 1

    def heightForWidth(self, width: int) -> int:
        """As high as its rows."""
        rows = -(-len(self._pairs) // self._across(width))
        if self._strip and not self._all:
            rows = min(1, rows)
        return max(1, rows * (self._card(width).height() + _GAP) - _GAP)

    def sizeHint(self) -> QSize:
        """For the width it has."""
        return QSize(280, self.heightForWidth(max(self.width(), 200)))

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.heightForWidth(max(self.width(), 200)))

    def _card(self, width: int) -> QSize:
        if self._strip:
            return QSize(STRIP, (STRIP - 2) // 2 + _FOOT)
        card = (width - _GAP * (self._columns - 1)) // self._columns
        return QSize(card, (card - 2) // 2 + 2 * _LINE)

    def card_rect(self, index: int) -> QRect:
        """Where pair ``index`` is."""
        size = self._card(self.width())
        row, column = divmod(index, self._across(self.width()))
        left, top = column * (size.width() + _GAP), row * (size.height() + _GAP)
        return QRect(left, top, size.width(), size.height())

    def resizeEvent(self, event: object) -> None:
        """Other widths have room for other pairs."""
        self.updateGeometry()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the pairs."""
        painter = QPainter(self)
        shown = self.shown
        for index, pair in enumerate(self._pairs[:shown]):
            self._paint(painter, self.card_rect(index), pair)
        if shown < len(self._pairs):
            self._paint_more(painter, self.card_rect(shown), len(self._pairs) - shown)
        if self.hasFocus() and self._pairs:
            painter.setPen(QPen(color("acc"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.card_rect(self._current).adjusted(1, 1, -1, -1))

    def _paint(self, painter: QPainter, rect: QRect, pair: Pair) -> None:
        painter.fillRect(rect, color("row_hover"))
        side = (rect.width() - 2) // 2
        generated: QPixmap | None = self._thumbnails.get(pair.generated, side)
        trained = self._training.get(pair.training)
        for number, pixmap in enumerate((generated, trained)):
            box = QRect(rect.left() + number * (side + 2), rect.top(), side, side)
            painter.fillRect(box, color("tile"))
            if pixmap is not None and not pixmap.isNull():
                draw_fitted(painter, pixmap, box.toRectF())
        line = _FOOT if self._strip else _LINE
        foot = QRect(rect.left() + 7, rect.top() + side, rect.width() - 14, line)
        flag = self._state.flag_of(pair.similarity)
        painter.setFont(fonts.font(12, 600))
        painter.setPen(color({"flag_err": "err", "flag_warn": "warn"}.get(flag, "t2")))
        painter.drawText(foot, _RIGHT, decimal(pair.similarity))
        painter.setFont(fonts.font(11))
        painter.setPen(color("t2"))
        room = foot.width() - 36
        for words in self.lines(pair, room):
            painter.drawText(foot, _LEFT, words)
            foot.translate(0, line)
        if pair.key == self._state.first:
            painter.setPen(QPen(color("acc"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(rect.adjusted(1, 1, -1, -1))

    def lines(self, pair: Pair, room: float) -> tuple[str, ...]:
        """What stands under a pair: the checkpoint has a line of its own, the rest another one."""
        if self._strip:
            return (self.caption(pair, room),)
        told = tr("{weight}, seed {seed}", weight=f"{pair.key.weight:g}", seed=pair.key.seed)
        more = tr("+{n} alike", n=pair.others) if pair.others else ""
        return self._state.title_of(pair.key.checkpoint), listed([told, more] if more else [told])

    def caption(self, pair: Pair, room: float) -> str:
        """What a pair is of, in ``room`` pixels: the title gives way, not the weight and seed."""
        title = self._state.title_of(pair.key.checkpoint)
        if self._strip:
            title = str(pair.key.prompt) or title
        weight, seed = f"{pair.key.weight:g}", pair.key.seed
        tail = tr("{weight}, seed {seed}", weight=weight, seed=seed)
        whole = tr("{title}, {weight}", title=title, weight=tail)
        taken = fonts.width_of(whole, 11) - fonts.width_of(title, 11)
        shown = fonts.metrics(11).elidedText(
            title, Qt.TextElideMode.ElideRight, max(0, int(room - taken))
        )
        return tr("{title}, {weight}", title=shown, weight=tail)

    def _paint_more(self, painter: QPainter, rect: QRect, count: int) -> None:
        painter.setPen(QPen(color("line_stage"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(rect.adjusted(0, 0, -1, -1), 3, 3)
        painter.setPen(color("t2"))
        painter.setFont(fonts.font(12))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, tr("{n} more", n=count))

    # Choosing

    def _at(self, position: QPointF) -> int | None:
        count = min(len(self._pairs), self.shown + 1)
        places = range(count)
        return next((i for i in places if self.card_rect(i).contains(position.toPoint())), None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Show the pair under the pointer large, or all pairs."""
        index = self._at(event.position())
        if index is not None:
            self._choose(index)

    def _choose(self, index: int) -> None:
        if index >= self.shown:
            self.show_all()
            return
        self._current = index
        self.opened.emit(self._pairs, index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        last = min(len(self._pairs) - 1, self.shown)
        if event.key() in moves and last >= 0:
            step = moves[Qt.Key(event.key())]
            self._current = min(last, max(0, self._current + step))
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Space) and last >= 0:
            self._choose(self._current)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Tell what a pair shows, and what its number means."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            index = self._at(QPointF(event.pos()))
            if index is not None and index < self.shown:
                pair = self._pairs[index]
                names = tr("Nearest: {name}", name=pair.training.replace("\\", "/").split("/")[-1])
                lines = (self._state.name_of(pair.key), names, tr(verdict_help.COPYING))
                QToolTip.showText(event.globalPos(), "\n".join(lines), self)
            return True
        return super().event(event)


_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
