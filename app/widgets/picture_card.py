"""One card of the picture grid: tile, picture, badges, flag, name and rating."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QPointF, QRect, QRectF, QSizeF, Qt
from PySide6.QtGui import QPainter, QPen, QPixmap

from app.i18n import tr
from app.theme import color, current, fonts, icons
from app.widgets.images import draw_fitted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.widgets.card_cells import Cells
    from app.widgets.roles import Badge, Card

FOOT = 24
GAP = 8
AIR = 0.08


class Look(NamedTuple):
    """How a card is drawn apart from what it shows."""

    selected: bool
    hovered: bool
    current: bool
    unreadable: bool


def room_in(cells: Cells, scale: float) -> tuple[int, int]:
    """Width and height, in device pixels, that a picture has on a card of ``cells``."""
    share = (1 - 2 * AIR) * scale
    return round((cells.width - GAP) * share), round((cells.height - GAP - FOOT) * share)


def draw_card(
    painter: QPainter,
    cell: QRect,
    card: Card,
    look: Look,
    picture: QPixmap | None,
    scale: float,
) -> None:
    """Draw ``card`` in ``cell``, which has the gap after the card in it, on a device of ``scale``
    pixels per point; without ``picture`` its tile is bare. A view that scrolls paints many cards
    in a frame: pictures that have the size of :func:`room_in` already are only laid down.
    """
    tile = QRectF(cell.x(), cell.y(), cell.width() - GAP, cell.height() - GAP - FOOT)
    bare = look._replace(unreadable=False)
    painter.drawPixmap(tile.topLeft(), _tile(current().name, bare, tile.size().toTuple(), scale))
    if look.unreadable:
        _unreadable(painter, tile)
    elif picture is not None:
        if card.rejected:
            painter.setOpacity(0.3)
        _picture(painter, tile, picture, scale)
        if card.rejected:
            painter.setOpacity(1.0)
    if card.badges:
        _badges(painter, tile, card.badges, scale)
    mark = {"picked": "flag", "rejected": "x"}.get(card.flag)
    if mark:
        icons.paint(painter, mark, tile.right() - 18, tile.top() + 5, 13, "t1")
    _foot(painter, tile, card, look.selected)


def _picture(painter: QPainter, tile: QRectF, picture: QPixmap, scale: float) -> None:
    share = (1 - 2 * AIR) * scale
    wide, high = round(tile.width() * share), round(tile.height() * share)
    width, height = picture.width(), picture.height()
    if not (width <= wide and height <= high and (width == wide or height == high)):
        draw_fitted(painter, picture, tile, AIR)
        return
    if picture.devicePixelRatio() != scale:
        picture.setDevicePixelRatio(scale)
    left = round((tile.width() * scale - width) / 2) / scale
    top = round((tile.height() * scale - height) / 2) / scale
    painter.drawPixmap(QPointF(tile.x() + left, tile.y() + top), picture)


def _clear(size: QSizeF, scale: float) -> QPixmap:
    made = QPixmap((size * scale).toSize())
    made.setDevicePixelRatio(scale)
    made.fill(Qt.GlobalColor.transparent)
    return made


@lru_cache(maxsize=64)
def _tile(_theme: str, look: Look, size: tuple[float, float], scale: float) -> QPixmap:
    """The same tile lies under thousands of cards."""
    made = _clear(QSizeF(*size), scale)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    tile = QRectF(QPointF(), QSizeF(*size))
    fill = "tile_selected" if look.selected else "tile_hover" if look.hovered else "tile"
    painter.setPen(QPen(color("acc"), 2) if look.selected else Qt.PenStyle.NoPen)
    painter.setBrush(color(fill))
    box = tile.adjusted(1, 1, -1, -1) if look.selected else tile
    painter.drawRoundedRect(box, 3, 3)
    if look.current:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(color("focus_alt"), 1))
        painter.drawRoundedRect(tile.adjusted(3.5, 3.5, -3.5, -3.5), 2, 2)
    painter.end()
    return made


def _unreadable(painter: QPainter, tile: QRectF) -> None:
    center = tile.center()
    icons.paint(painter, "image-off", center.x() - 10, center.y() - 18, 20, "t2")
    painter.setFont(fonts.font(11))
    painter.setPen(color("t2"))
    words = QRectF(tile.left(), center.y() + 6, tile.width(), 16)
    painter.drawText(words, Qt.AlignmentFlag.AlignCenter, tr("unreadable"))


def _badges(painter: QPainter, tile: QRectF, badges: Sequence[Badge], scale: float) -> None:
    """At most two badges at the bottom left, and only what fits; the rest as a count."""
    left, top = tile.left() + 4, tile.bottom() - 21
    shown = 0
    for badge in badges[:2]:
        made = _badge(current().name, badge, scale)
        width = made.deviceIndependentSize().width()
        if left + width > tile.right() - (4 if len(badges) == shown + 1 else 24) and shown:
            break
        painter.drawPixmap(QPointF(left, top), made)
        left += width + 3
        shown += 1
    if len(badges) > shown:
        more = _badge(current().name, ("", f"+{len(badges) - shown}", "fact"), scale)
        if left + more.deviceIndependentSize().width() > tile.right() - 4:
            left, top = tile.left() + 4, top - 20  # above the one that leaves it no room
        painter.drawPixmap(QPointF(left, top), more)


@lru_cache(maxsize=512)
def _badge(_theme: str, badge: Badge, scale: float) -> QPixmap:
    """The same few badges stand on thousands of cards."""
    icon, text, tone = badge
    words = fonts.metrics(11).horizontalAdvance(text) if text else 0.0
    width = round(8 + (11 if icon else 0) + (4 if icon and text else 0) + words)
    made = _clear(QSizeF(width, 17), scale)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(fonts.font(11))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color("badge"))
    painter.drawRoundedRect(QRectF(0, 0, width, 17), 2, 2)
    tint = "badge_warn" if tone == "warn" else "badge_text"
    if icon:
        icons.paint(painter, icon, 4, 3, 11, tint)
    painter.setPen(color(tint))
    place = QRectF(4 + (15 if icon else 0), 0, width, 17)
    painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, text)
    painter.end()
    return made


def _foot(painter: QPainter, tile: QRectF, card: Card, selected: bool) -> None:
    stars = card.stars
    room = tile.width() - (stars * 6 + 6 if stars else 0)
    painter.setFont(fonts.font(11))
    painter.setPen(color("t1" if selected else "t3" if card.rejected else "t2"))
    place = QRectF(tile.left(), tile.bottom(), room, FOOT)
    painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, _elided(card.name, int(room)))
    if not stars:
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color("t1" if selected else "t2"))
    for dot in range(stars):
        left = tile.right() - 4 - (stars - 1 - dot) * 6
        painter.drawEllipse(QRectF(left, tile.bottom() + FOOT / 2 - 2, 4, 4))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


@lru_cache(maxsize=4096)
def _elided(name: str, room: int) -> str:
    return fonts.metrics(11).elidedText(name, Qt.TextElideMode.ElideMiddle, room)
