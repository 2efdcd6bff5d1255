"""What a model of pictures tells the grid, by item role. Everything but the path may be absent."""

from __future__ import annotations

from PySide6.QtCore import Qt

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
