"""The layers and groups as a Qt tree, top layer first; a candidate on the picture lies above."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from PySide6.QtCore import (
    QAbstractItemModel,
    QByteArray,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

from app.canvas.layer_pictures import LayerPictures
from app.canvas.layer_words import origin
from app.i18n import signals, tr
from app.i18n.format import percent
from engine.canvas.layer import Group, Layer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtGui import QImage

    from app.canvas.model import CanvasState
    from engine.canvas.layer import Node

Index = QModelIndex | QPersistentModelIndex
NodeRole = Qt.ItemDataRole.UserRole + 1
ThumbnailRole = Qt.ItemDataRole.UserRole + 2
MaskRole = Qt.ItemDataRole.UserRole + 3
MIME = "application/x-stylekiln-layer"
CANDIDATE = "candidate"  # no identifier of a layer looks like this
NONE = QModelIndex()


class Place(NamedTuple):
    """Where a row is: its group (empty for none) and its place there, 0 on top."""

    group: str
    row: int


class LayerTree(QAbstractItemModel):
    """Rows follow the document. Only rows that look different are told to be painted again."""

    def __init__(self, state: CanvasState) -> None:
        super().__init__(state)
        self._state = state
        self._rows: dict[str, list[str]] = {"": []}  # by group, top first
        self._places: dict[str, Place] = {}
        self._nodes: dict[str, Node] = {}
        self._looks: dict[str, object] = {}
        self._numbers: dict[str, int] = {}
        self._named: dict[int, str] = {}
        self._pictures = LayerPictures(state)
        self.files_of: Callable[[Sequence[Node]], QMimeData] = lambda _: QMimeData()
        state.layers_changed.connect(self.refresh)
        state.preview_changed.connect(self.refresh)
        signals.changed.connect(self._repaint_all)
        self.refresh()

    # Following the document

    def refresh(self) -> None:
        """Follow the document; keeps rows when only their looks changed."""
        rows, nodes = self._read()
        if rows != self._rows or self._nodes.keys() != nodes.keys():
            self.beginResetModel()
            self._rows, self._nodes = rows, nodes
            self._places = {
                node_id: Place(group, row)
                for group, ids in rows.items()
                for row, node_id in enumerate(ids)
            }
            self._pictures.keep(set(nodes))
            self._looks = self._read_looks()
            self.endResetModel()
            return
        self._nodes = nodes
        before, self._looks = self._looks, self._read_looks()
        for node_id, looks in self._looks.items():
            if before.get(node_id) != looks:
                index = self.index_of(node_id)
                self.dataChanged.emit(index, index)

    def _read(self) -> tuple[dict[str, list[str]], dict[str, Node]]:
        rows: dict[str, list[str]] = {"": []}
        nodes: dict[str, Node] = {}
        document = self._state.document
        if document is not None:
            rows[""] = [node.id for node in reversed(document.root.children)]
            for node in document.nodes():
                nodes[node.id] = node
                if isinstance(node, Group):
                    rows[node.id] = [child.id for child in reversed(node.children)]
        if self._state.has_shown_candidate():
            rows[""].insert(0, CANDIDATE)
        return rows, nodes

    def _read_looks(self) -> dict[str, object]:
        """What each row shows, as a value that differs when it has to be painted again."""
        looks: dict[str, object] = {one: node.revision for one, node in self._nodes.items()}
        active = self._state.active
        if active in looks:
            looks[active] = (looks[active], self._state.paints_mask, self._state.shows_mask)
        shown = self._state.candidates.current
        if shown is not None and self._state.has_shown_candidate():
            looks[CANDIDATE] = (shown.number, id(shown.image))
        return looks

    def _repaint_all(self) -> None:
        for group, ids in self._rows.items():
            if ids:
                parent = self.index_of(group) if group else NONE
                self.dataChanged.emit(self.index(0, 0, parent), self.index(len(ids) - 1, 0, parent))

    # Rows

    def node(self, index: Index) -> Node | None:
        """The layer or group of a row, None for the candidate's."""
        return self._nodes.get(self.node_id(index)) if index.isValid() else None

    def node_id(self, index: Index) -> str:
        """The identifier of a row's node, :data:`CANDIDATE` for the candidate's."""
        return self._named[index.internalId()]

    def index_of(self, node_id: str) -> QModelIndex:
        """The row of a node; not valid when it is not there."""
        place = self._places.get(node_id)
        return NONE if place is None else self.createIndex(place.row, 0, self._number(node_id))

    def groups(self) -> list[str]:
        """The identifiers of all groups."""
        return [group for group in self._rows if group]

    def _number(self, node_id: str) -> int:
        """A number that stands for a node as long as this model lives."""
        number = self._numbers.get(node_id)
        if number is None:
            number = self._numbers[node_id] = len(self._numbers) + 1
            self._named[number] = node_id
        return number

    def index(self, row: int, column: int, parent: Index = NONE) -> QModelIndex:
        """The row at a place."""
        rows = self._rows.get(self.node_id(parent) if parent.isValid() else "", [])
        if column != 0 or not 0 <= row < len(rows):
            return NONE
        return self.createIndex(row, 0, self._number(rows[row]))

    def parent(self, index: Index | None = None) -> QModelIndex | QObject | None:  # type: ignore[override]
        """The group a row lies in."""
        if index is None:
            return super().parent()
        if not index.isValid():
            return NONE
        place = self._places.get(self.node_id(index))
        return NONE if place is None or not place.group else self.index_of(place.group)

    def rowCount(self, parent: Index = NONE) -> int:
        """How many rows a group has."""
        return len(self._rows.get(self.node_id(parent) if parent.isValid() else "", []))

    def columnCount(self, parent: Index = NONE) -> int:
        """One column."""
        return 1

    # What a row says

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Name, node, thumbnails."""
        if not index.isValid():
            return None
        node = self.node(index)
        if role == NodeRole:
            return node
        if node is None:
            return self._candidate_data(role)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return node.name
        if role == ThumbnailRole:
            return self._pictures.layer(node) if isinstance(node, Layer) else None
        if role == MaskRole:
            return self._pictures.mask(node)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{node.name}, {origin(node)}, {percent(node.opacity)}"
        return None

    def _candidate_data(self, role: int) -> str | QImage | None:
        shown = self._state.candidates.current
        if shown is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return tr("Candidate {n}", n=shown.number)
        return shown.image if role == ThumbnailRole else None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Rename."""
        node = self.node(index)
        if role != Qt.ItemDataRole.EditRole or node is None:
            return False
        if value != node.name:
            self._state.rename_layer(node.id, str(value))
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Rows can be chosen, renamed and dragged, and dropped between rows and into groups."""
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled
        node = self.node(index)
        if node is None:
            return Qt.ItemFlag.ItemIsEnabled
        flags = (
            Qt.ItemFlag.ItemIsEnabled
            | Qt.ItemFlag.ItemIsSelectable
            | Qt.ItemFlag.ItemIsEditable
            | Qt.ItemFlag.ItemIsDragEnabled
        )
        return flags | Qt.ItemFlag.ItemIsDropEnabled if isinstance(node, Group) else flags

    # Dragging

    def supportedDropActions(self) -> Qt.DropAction:
        """Layers move."""
        return Qt.DropAction.MoveAction

    def supportedDragActions(self) -> Qt.DropAction:
        """Other programs get copies."""
        return Qt.DropAction.MoveAction | Qt.DropAction.CopyAction

    def mimeTypes(self) -> list[str]:
        """Only our own rows."""
        return [MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """The layers that are dragged."""
        nodes = [self.node(index) for index in indexes]
        data = self.files_of([node for node in nodes if node is not None])
        ids = [self.node_id(index) for index in indexes if self.node(index) is not None]
        data.setData(MIME, QByteArray("\n".join(ids).encode()))
        return data

    def dropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index
    ) -> bool:
        """Put what is dragged above ``row`` of a group, or on top of the group it is dropped on.

        The document moves it, so that the view must not: always False.
        """
        dragged = [one for one in bytes(data.data(MIME).data()).decode().split("\n") if one]
        if not dragged:
            return False
        group = self.node_id(parent) if parent.isValid() else ""
        rows = self._rows.get(group, [])
        if row < 0:
            row = 0 if group else len(rows)
        # Rows count down from the top while places count up.
        self._state.place_nodes(dragged, len(rows) - row, group)
        return False
