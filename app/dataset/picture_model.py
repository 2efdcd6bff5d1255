"""The grid's model: the shown pictures as items, and their pictures as trained on demand."""

from __future__ import annotations

from collections import OrderedDict
from operator import attrgetter
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QAbstractListModel,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    QUrl,
)
from PySide6.QtGui import QPixmap

from app.dataset.badges import Badges
from app.dataset.outlook_settings import pictures_of, spec_of
from app.dataset.pixels import trained
from app.i18n import signals as language_signals
from app.widgets import roles
from app.widgets.images import pixmap_of
from engine.runtime.errors import StylekilnError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from app.dataset.model import DatasetState
    from engine.dataset.library import Picture

Index = QModelIndex | QPersistentModelIndex
nowhere = QModelIndex()
_DRAGGABLE = (
    Qt.ItemFlag.ItemIsEnabled
    | Qt.ItemFlag.ItemIsSelectable
    | Qt.ItemFlag.ItemIsDragEnabled
    | Qt.ItemFlag.ItemNeverHasChildren
)
_id = attrgetter("id")
baked_kept = 600
baked_side = 320


class PictureModel(QAbstractListModel):
    """Rows are the pictures of ``state.shown``; a reload that keeps them keeps the selection."""

    def __init__(self, state: DatasetState) -> None:
        super().__init__()
        self.state = state
        self.baked = BakedPictures(state, self._baked_ready)
        self._rows: list[Picture] = []
        self._places: dict[int, int] = {}
        self._badges = Badges(state)
        state.shown_changed.connect(self.refresh)
        state.reloaded.connect(self._count)
        state.baked_changed.connect(lambda _: self._redraw())
        state.session.run_settings.changed.connect(lambda _: self._redraw())
        language_signals.changed.connect(self._count)
        self.refresh()

    def refresh(self) -> None:
        """Take over what the state shows."""
        rows, before = self.state.shown, self._rows
        if len(rows) == len(before) and list(map(_id, rows)) == list(map(_id, before)):
            self._rows = rows
            self._redraw()
            return
        self.beginResetModel()
        self._rows = rows
        self._places = {}
        self.endResetModel()

    def picture(self, index: Index) -> Picture:
        """The picture of a row."""
        return self._rows[index.row()]

    def row_of(self, picture_id: int) -> int:
        """The row of a picture, -1 when it is not shown."""
        if not self._places:
            self._places = dict(zip(map(_id, self._rows), range(len(self._rows)), strict=True))
        return self._places.get(picture_id, -1)

    def ids_at(self, rows: Iterable[int]) -> list[int]:
        """The pictures of ``rows``."""
        return [self._rows[row].id for row in rows]

    def rowCount(self, parent: Index = nowhere) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        return _DRAGGABLE if index.isValid() else Qt.ItemFlag.NoItemFlags

    def mimeTypes(self) -> list[str]:
        return ["text/uri-list"]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """Pictures drag out as their files."""
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(self._rows[index.row()].path)) for index in indexes])
        return data

    def supportedDragActions(self) -> Qt.DropAction:
        return Qt.DropAction.CopyAction

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        picture = self._rows[index.row()]
        if role == roles.ImageRole:
            return self.baked.get(picture) if self.state.baked else None
        if role == roles.BadgesRole:
            return self._badges.of(picture)
        return _value(picture, role)

    def card_at(self, row: int) -> roles.Card:
        """What the card of ``row`` shows."""
        picture = self._rows[row]
        return roles.Card(
            picture.name,
            str(picture.path),
            f"{picture.modified} {picture.bytes}",
            picture.flag,
            picture.stars,
            picture.flag == "rejected",
            str(picture.problem),
            tuple(self._badges.of(picture)),
            self.baked.get(picture) if self.state.baked else None,
        )

    def _count(self) -> None:
        """The suggestions have changed: badges are made anew when their cards are drawn."""
        self._badges.forget()
        self._redraw()

    def _redraw(self) -> None:
        if self._rows:
            self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1))

    def _baked_ready(self, picture_id: int) -> None:
        row = self.row_of(picture_id)
        if row >= 0:
            self.dataChanged.emit(self.index(row), self.index(row), [roles.ImageRole])


def _value(picture: Picture, role: int) -> object:
    read = _READ.get(role)
    return None if read is None else read(picture)


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


class BakedPictures:
    """Pictures as training sees them, made off the UI thread one by one and kept while recent."""

    def __init__(self, state: DatasetState, ready: Callable[[int], None]) -> None:
        self._state = state
        self._ready = ready
        self._kept: OrderedDict[object, QPixmap] = OrderedDict()
        self._wanted: list[tuple[object, Picture]] = []
        self._working = False

    def get(self, picture: Picture) -> QPixmap | None:
        """The baked picture, or None while it is being made."""
        key = self._key(picture)
        if key in self._kept:
            self._kept.move_to_end(key)
            found = self._kept[key]
            return None if found.isNull() else found
        if all(wanted != key for wanted, _ in self._wanted):
            self._wanted.append((key, picture))
        if not self._working:
            self._working = True
            self._state.session.start(self._work())
        return None

    def _key(self, picture: Picture) -> object:
        project = self._state.session.project
        spec = spec_of(self._state.session)
        rules = pictures_of(self._state.session)
        how = (spec, rules.resize_interpolation, rules.alpha_mask)
        settings = (project.file.fill_of(picture.category), *how) if project else None
        return (picture.id, picture.modified, picture.recipe, settings)

    async def _work(self) -> None:
        try:
            while self._wanted:
                key, picture = self._wanted.pop()  # the newest wish is what is on the screen
                self._kept[key] = await self._make(picture)
                if len(self._kept) > baked_kept:
                    self._kept.popitem(last=False)
                self._ready(picture.id)
        finally:
            self._working = False

    async def _make(self, picture: Picture) -> QPixmap:
        project = self._state.session.project
        if project is None:
            return QPixmap()
        spec = spec_of(self._state.session)
        try:
            array = await self._state.session.bridge.io(
                trained, picture, project, spec, baked_side, pictures_of(self._state.session)
            )
        except StylekilnError:
            # The card says already that the file cannot be read.
            return QPixmap()
        return QPixmap() if array is None else pixmap_of(array)
