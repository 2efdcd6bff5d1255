"""Draws a verdict's chart: bands, lines and markers told apart by shape, limits, losses, words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from app.i18n import tr
from app.theme import color, fonts, icons
from app.validation.verdict_data import COLORS, DASHES, LOSS_COLOR
from app.validation.verdict_words import WORD_MARKS
from app.widgets.axis import tick_texts
from engine.validation.judging import WORD_LABELS

if TYPE_CHECKING:
    from app.validation.verdict_data import Curve, Key
    from app.validation.verdict_frame import Frame
    from engine.validation.overfit_stats import Figure

Shape = Literal["circle", "square", "triangle", "diamond"]
MARKERS: dict[Key, Shape] = {"fit": "circle", "diversity": "square", "copying": "triangle"}
WIDTH = 1.75
_BAND_ALPHA = 44
_OTHERS_ALPHA = 96


def paint_chart(painter: QPainter, frame: Frame, weight: float | None, all_weights: bool) -> None:
    """Everything but what follows the pointer. Lines are those of ``weight``; with ``all_weights``
    the others are drawn thin behind them.
    """
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(fonts.font(11))
    _axes(painter, frame)
    _chosen(painter, frame)
    _between(painter, frame)
    for limit in frame.data.limits if not frame.compact else ():
        y = _crisp(frame.y(limit.value))
        painter.setPen(_pen(color(COLORS[limit.key]), 1.0, (2, 4)))
        painter.drawLine(QLineF(frame.main.left(), y, frame.main.right(), y))
    for curve in frame.data.curves:
        if all_weights:
            for one, figures in curve.weights.items():
                if one != weight:
                    _line(painter, frame, curve.key, figures, thin=True)
        if not frame.compact and weight in curve.weights:
            _band(painter, frame, curve.key, curve.weights[weight])
    for curve in frame.data.curves:
        if weight in curve.weights:
            _line(painter, frame, curve.key, curve.weights[weight])
        _base(painter, frame, curve)
    _side(painter, frame, weight)
    _losses(painter, frame)
    _ticks(painter, frame, None if all_weights else weight)


def marker(painter: QPainter, shape: Shape, at: QPointF, tint: QColor, size: float = 3.5) -> None:
    """A filled mark of a line."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(tint)
    x, y = at.x(), at.y()
    if shape == "circle":
        painter.drawEllipse(at, size, size)
    elif shape == "square":
        painter.drawRect(QRectF(x - size + 0.5, y - size + 0.5, 2 * size - 1, 2 * size - 1))
    elif shape == "triangle":
        far = size + 1.0  # a triangle has less to it than a circle of its height
        corners = [(0, -far), (far, size), (-far, size)]
        painter.drawPolygon(QPolygonF([QPointF(x + dx, y + dy) for dx, dy in corners]))
    else:
        far = size + 1
        corners = [(0, -far), (far, 0), (0, far), (-far, 0)]
        painter.drawPolygon(QPolygonF([QPointF(x + dx, y + dy) for dx, dy in corners]))


def pen_of(key: Key, width: float = WIDTH) -> QPen:
    """The pen of a measure's line."""
    return _pen(color(COLORS[key]), width, DASHES[key])


def _pen(tint: QColor, width: float, dashes: tuple[float, ...] = ()) -> QPen:
    pen = QPen(tint, width)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    if dashes:
        pen.setDashPattern([length / width for length in dashes])
    return pen


def _crisp(y: float) -> float:
    """The middle of a pixel, where a line of one pixel is sharp."""
    return round(y) + 0.5


def _axes(painter: QPainter, frame: Frame) -> None:
    values = (0.0, 0.5, 1.0) if frame.compact else (0.0, 0.25, 0.5, 0.75, 1.0)
    for value in values:
        _rule(painter, frame, frame.y(value), f"{value:g}")
    if frame.has_losses:
        texts = tick_texts(frame.loss_ticks)
        for value, text in zip(frame.loss_ticks, texts, strict=True):
            _rule(painter, frame, frame.loss_y(value), text)


def _rule(painter: QPainter, frame: Frame, y: float, text: str) -> None:
    painter.setPen(QPen(color("chart_grid"), 1))
    painter.drawLine(QLineF(frame.main.left(), _crisp(y), frame.main.right(), _crisp(y)))
    painter.setPen(color("t3"))
    place = QRectF(0, y - 8, frame.left - 6, 16)
    painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)


def _chosen(painter: QPainter, frame: Frame) -> None:
    for index, slot in enumerate(frame.data.slots):
        if slot.checkpoint == frame.data.chosen:
            painter.fillRect(frame.band(index), color("chart_band"))


def _between(painter: QPainter, frame: Frame) -> None:
    if frame.data.between is None:
        return
    y = _crisp(frame.y(frame.data.between))
    painter.setPen(_pen(color("chart3"), 1.0, (1, 3)))
    painter.drawLine(QLineF(frame.main.left(), y, frame.main.right(), y))


def _points(frame: Frame, figures: tuple[Figure | None, ...]) -> list[tuple[float, Figure]]:
    places = zip(frame.xs, figures, strict=True)
    return [(x, figure) for x, figure in places if figure is not None]


def _band(painter: QPainter, frame: Frame, key: Key, figures: tuple[Figure | None, ...]) -> None:
    points = _points(frame, figures)
    above = [QPointF(x, frame.y(figure.high)) for x, figure in points]
    below = [QPointF(x, frame.y(figure.low)) for x, figure in reversed(points)]
    tint = QColor(color(COLORS[key]))
    tint.setAlpha(_BAND_ALPHA)
    if len(points) == 1:
        _whisker(painter, frame, key, *points[0])
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(tint)
    painter.drawPolygon(QPolygonF(above + below))


def _line(
    painter: QPainter,
    frame: Frame,
    key: Key,
    figures: tuple[Figure | None, ...],
    *,
    thin: bool = False,
) -> None:
    points = [QPointF(x, frame.y(figure.value)) for x, figure in _points(frame, figures)]
    pen = pen_of(key, 1.0 if thin else WIDTH)
    tint = QColor(color(COLORS[key]))
    if thin:
        tint.setAlpha(_OTHERS_ALPHA)
        pen.setColor(tint)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(QPolygonF(points))
    if not thin:
        for point in points:
            marker(painter, MARKERS[key], point, tint)


def _base(painter: QPainter, frame: Frame, curve: Curve) -> None:
    """The base model's value, with its interval as a whisker."""
    if curve.base is None:
        return
    _whisker(painter, frame, curve.key, frame.base_x, curve.base)
    at = QPointF(frame.base_x, frame.y(curve.base.value))
    marker(painter, MARKERS[curve.key], at, color(COLORS[curve.key]), 3.0)


def _whisker(painter: QPainter, frame: Frame, key: Key, x: float, figure: Figure) -> None:
    painter.setPen(QPen(color(COLORS[key]), 1))
    painter.drawLine(QLineF(x, frame.y(figure.low), x, frame.y(figure.high)))


def _side(painter: QPainter, frame: Frame, weight: float | None) -> None:
    left = frame.main.right() + 16
    for word in frame.side_words():
        if word.limit is not None:
            _handle(painter, frame.handle(word.limit), color(COLORS[word.limit.key]))
        if abs(word.middle - word.y) > 3:  # a short line shows what the moved words belong to
            painter.setPen(QPen(color("t4"), 1))
            painter.drawLine(QLineF(left - 6, word.y, left - 1, word.middle))
        painter.setPen(color("t2" if word.limit is not None else "t3"))
        place = QRectF(left + 2, word.middle - 8, 400, 16)
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, word.text)
    if frame.compact and frame.data.between is not None:
        painter.setPen(color("t3"))
        place = frame.between_place(weight)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, tr("between training"))


def _handle(painter: QPainter, place: QRectF, tint: QColor) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(tint)
    middle = place.center().y()
    painter.drawPolygon(
        QPolygonF([QPointF(place.left(), middle), place.topRight(), place.bottomRight()])
    )


def _losses(painter: QPainter, frame: Frame) -> None:
    if not frame.has_losses:
        return
    tint = color(LOSS_COLOR)
    slots = zip(frame.xs, frame.data.slots, strict=True)
    known = [(x, one.loss) for x, one in slots if one.loss is not None]
    _loss_band(painter, frame, known)
    points = [QPointF(x, frame.loss_y(loss.value)) for x, loss in known]
    painter.setPen(_pen(tint, WIDTH, (2, 3)))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(QPolygonF(points))
    for point in points:
        marker(painter, "diamond", point, tint, 3.0)
    painter.setPen(color("t3"))
    place = QRectF(frame.main.right() + 18, frame.losses.bottom() - 16, 200, 16)
    painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, tr("held-out loss"))


def _loss_band(painter: QPainter, frame: Frame, known: list[tuple[float, Figure]]) -> None:
    above = [QPointF(x, frame.loss_y(loss.high)) for x, loss in known]
    below = [QPointF(x, frame.loss_y(loss.low)) for x, loss in reversed(known)]
    tint = QColor(color(LOSS_COLOR))
    tint.setAlpha(_BAND_ALPHA)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(tint)
    painter.drawPolygon(QPolygonF(above + below))


def _ticks(painter: QPainter, frame: Frame, weight: float | None) -> None:
    """Names of slots, and under them their words where there is room, else the marks of those: the
    words of ``weight``, or of whichever is best.
    """
    names = [(x, slot.title, slot) for x, slot in zip(frame.xs, frame.data.slots, strict=True)]
    ends = -1e9
    top = frame.bottom + 5
    for x, title, slot in names:
        chosen = slot.checkpoint == frame.data.chosen
        painter.setFont(fonts.font(11, 600 if chosen else 400))
        width = min(frame.step * 0.95, fonts.width_of(title, 11, 600) + 4)
        shown = fonts.metrics(11).elidedText(title, Qt.TextElideMode.ElideMiddle, width)
        if x - width / 2 > ends:
            painter.setPen(color("acc" if chosen else "t3"))
            place = QRectF(x - width / 2 - 2, top, width + 4, 15)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, shown)
            ends = x + width / 2
    painter.setFont(fonts.font(11))
    if frame.has_base:
        painter.setPen(color("t3"))
        words = QRectF(frame.base_x - 40, top, 80, 15)
        painter.drawText(words, Qt.AlignmentFlag.AlignCenter, tr("Base"))
    if not frame.compact:
        _words(painter, frame, top + 17)
        painter.setPen(color("t3"))
        place = QRectF(frame.main.right() + 18, top + 17, 200, 15)
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, frame.words_of(weight))
        if frame.data.numeric:
            painter.setPen(color("t3"))
            place = QRectF(frame.main.right() + 18, top, 120, 15)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, tr("Epoch"))


def _words(painter: QPainter, frame: Frame, top: float) -> None:
    texts = [tr(WORD_LABELS[slot.word]) for slot in frame.data.slots]
    widths = [fonts.width_of(text, 11) + 18 for text in texts]
    roomy = all(width < frame.step - 6 for width in widths)
    for x, slot, text, width in zip(frame.xs, frame.data.slots, texts, widths, strict=True):
        icon, tint = WORD_MARKS[slot.word]
        left = x - (width / 2 if roomy else 6)
        icons.paint(painter, icon, left, top + 1, 12, tint)
        if roomy:
            painter.setPen(color("t2"))
            place = QRectF(left + 16, top, width, 14)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, text)
