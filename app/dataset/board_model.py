"""The pictures of one category as items, and what a drag between categories carries."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QAbstractListModel,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    QUrl,
)

from app.widgets import roles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from app.dataset.badges import Badges
    from engine.dataset.library import Picture
    from engine.project.project import ProjectFile

Index = QModelIndex | QPersistentModelIndex
nowhere = QModelIndex()
PICTURES = "application/x-stylekiln-pictures"
COLUMN = "application/x-stylekiln-category"

_READ: dict[int, Callable[[Picture], object]] = {
    roles.NameRole: lambda p: p.name,
    int(Qt.ItemDataRole.DisplayRole): lambda p: p.name,
    int(Qt.ItemDataRole.ToolTipRole): lambda p: p.caption or p.path.name,
    roles.PathRole: lambda p: str(p.path),
    roles.StampRole: lambda p: f"{p.modified} {p.bytes}",
    roles.FlagRole: lambda p: p.flag,
    roles.StarsRole: lambda p: p.stars,
    roles.RejectedRole: lambda p: p.flag == "rejected",
    roles.ProblemRole: lambda p: str(p.problem),
    roles.IdRole: lambda p: p.id,
}


class ColumnModel(QAbstractListModel):
    """Rows are the pictures of one column, in the order of the library."""

    def __init__(self, badges: Badges) -> None:
        super().__init__()
        self.pictures: list[Picture] = []
        self._badges = badges

    def set_pictures(self, pictures: list[Picture]) -> None:
        """Show ``pictures``; the same ones again keep the selection and the place."""
        if [p.id for p in pictures] == [p.id for p in self.pictures]:
            self.pictures = pictures
            if pictures:
                self.dataChanged.emit(self.index(0), self.index(len(pictures) - 1))
            return
        self.beginResetModel()
        self.pictures = pictures
        self.endResetModel()

    def rowCount(self, parent: Index = nowhere) -> int:
        return 0 if parent.isValid() else len(self.pictures)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        picture = self.pictures[index.row()]
        if role == roles.BadgesRole:
            return self._badges.of(picture)
        read = _READ.get(int(role))
        return None if read is None else read(picture)

    def flags(self, index: Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsDragEnabled

    def mimeTypes(self) -> list[str]:
        return [PICTURES, "text/uri-list"]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """Ids for another column, files for every other program."""
        found = [self.pictures[index.row()] for index in indexes]
        data = QMimeData()
        data.setData(PICTURES, json.dumps([picture.id for picture in found]).encode())
        data.setUrls([QUrl.fromLocalFile(str(picture.path)) for picture in found])
        return data

    def supportedDragActions(self) -> Qt.DropAction:
        return Qt.DropAction.CopyAction | Qt.DropAction.MoveAction


def dragged(data: QMimeData) -> list[int]:
    """The ids of pictures that are dragged within the window, empty for anything else."""
    if not data.hasFormat(PICTURES):
        return []
    ids: list[int] = json.loads(bytes(data.data(PICTURES).data()))
    return ids


def columns(file: ProjectFile, pictures: Iterable[Picture]) -> dict[str, list[Picture]]:
    """The columns of the board: no category first, then those of the project in its order, then
    what folders bring, by name.
    """
    found: dict[str, list[Picture]] = {"": [], **{name: [] for name in file.categories}}
    rest: dict[str, list[Picture]] = {}
    for picture in pictures:
        place = found if picture.category in found else rest
        place.setdefault(picture.category, []).append(picture)
    return {**found, **{name: rest[name] for name in sorted(rest, key=str.casefold)}}
