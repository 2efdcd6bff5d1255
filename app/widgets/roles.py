"""What a model of pictures tells the grid, by item role. Everything but the path may be absent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from PySide6.QtCore import Qt

if TYPE_CHECKING:
    from PySide6.QtCore import QAbstractItemModel, QModelIndex

    Badge = tuple[str, str, str]

_FIRST = int(Qt.ItemDataRole.UserRole)
PathRole = _FIRST + 10  # str: the file the thumbnail is made of
NameRole = _FIRST + 11  # str: under the tile
# list[tuple[icon, text, tone]] with tone "fact" or "warn"; icon and text may be empty
BadgesRole = _FIRST + 12
FlagRole = _FIRST + 13  # str: "", "picked" or "rejected"
StarsRole = _FIRST + 14  # int 0 to 5
RejectedRole = _FIRST + 15  # bool
ArrayRole = _FIRST + 16  # uint8 array [H, W, 3 or 4], shown instead of the file
ImageRole = _FIRST + 17  # QImage or QPixmap, shown instead of the file
ProblemRole = _FIRST + 18  # str: why the picture cannot be read
IdRole = _FIRST + 19  # whatever tells items apart
StampRole = _FIRST + 20  # str: changes with the content of the file


class Card(NamedTuple):
    """What the card of one picture shows; see the roles."""

    name: str = ""
    path: str = ""
    stamp: str = ""
    flag: str = ""
    stars: int = 0
    rejected: bool = False
    problem: str = ""
    badges: tuple[Badge, ...] = ()
    image: Any = None
    array: Any = None


def card_at(model: QAbstractItemModel, row: int) -> Card:
    """The card of ``row``. A model with many rows answers by a method ``card_at`` of its own: a
    question by role goes through Qt each time.
    """
    known = getattr(model, "card_at", None)
    return known(row) if known is not None else _asked(model.index(row, 0))


def _asked(index: QModelIndex) -> Card:
    flag = index.data(FlagRole) or ""
    return Card(
        str(index.data(NameRole) or ""),
        index.data(PathRole) or "",
        index.data(StampRole) or "",
        flag,
        int(index.data(StarsRole) or 0),
        bool(index.data(RejectedRole)) or flag == "rejected",
        index.data(ProblemRole) or "",
        tuple(tuple(badge) for badge in index.data(BadgesRole) or ()),
        index.data(ImageRole),
        index.data(ArrayRole),
    )
