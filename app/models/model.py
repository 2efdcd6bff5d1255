"""The list of models as Qt items: in groups, filtered by words, kind, family and folder, sorted."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from PySide6.QtCore import (
    QAbstractListModel,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QUrl,
)

from app.i18n import signals as language_signals
from app.i18n import tr
from app.models.origin import origin_of
from app.models.uses import Told, key_of
from app.models.words import family_of, family_word, kind_of, note_of, problem_of, title_of
from engine.models.family import STARTER
from engine.models.inspect import ModelInfo

InfoRole = int(Qt.ItemDataRole.UserRole) + 1
Index = QModelIndex | QPersistentModelIndex
GROUPS = (("lora", "LoRA"), ("base", "Base models"), ("unknown", "Cannot be used"))
_NOTHING = QModelIndex()
_UNTOLD = Told()


@dataclass(frozen=True)
class Group:
    """A row that names the models below it."""

    key: str
    count: int


@dataclass(frozen=True)
class Filter:
    """Which models are shown: words in name, trigger, base or note, one kind or all, families that
    are ticked, and one folder or all.
    """

    text: str = ""
    kind: str = ""
    hidden_families: frozenset[str] = frozenset()
    folder: str = ""

    def shows(self, info: ModelInfo) -> bool:
        """Whether ``info`` passes but for words and folder, which a list knows quicker."""
        return self.kind in ("", info.kind) and family_of(info)[0] not in self.hidden_families


def words_of(info: ModelInfo) -> str:
    """What a search looks at."""
    base = info.metadata.get("ss_sd_model_name", "")
    named = (title_of(info), info.path.name, info.trigger_word)
    return "\n".join(
        (*named, family_word(info), kind_of(info), base, origin_of(info), note_of(info))
    ).casefold()


@dataclass(frozen=True)
class Order:
    """The title of the column that models are sorted by inside their group, "" as they are found;
    ``down`` turns it round.
    """

    column: str = ""
    down: bool = False


class ModelList(QAbstractListModel):
    """Group rows and model rows; ``InfoRole`` gives a Group or a ModelInfo."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.models: list[ModelInfo] = []
        self.filter = Filter()
        self.order = Order()
        self._told: Mapping[str, Told] = MappingProxyType({})
        self._unsaved: frozenset[Path] = frozenset()
        self._rows: list[Group | ModelInfo] = []
        self._places: list[str] = []  # of the models, as folders are told from
        self._words: list[str] = []  # what is searched; made with the first search
        language_signals.changed.connect(self._forget_words)

    @property
    def shown(self) -> list[ModelInfo]:
        """The models that pass the filter, in the order shown."""
        return [row for row in self._rows if isinstance(row, ModelInfo)]

    def set_models(self, models: list[ModelInfo]) -> None:
        """Show these models."""
        self.models = models
        self._places = [os.path.abspath(info.path) for info in models]
        self._forget_words()
        self._refill()

    def set_filter(self, wanted: Filter) -> None:
        """Show only what passes ``wanted``."""
        self.filter = wanted
        self._refill()

    def set_order(self, order: Order) -> None:
        """Sort by another column."""
        self.order = order
        self._refill()

    def set_told(self, told: Mapping[str, Told]) -> None:
        """Know pictures and uses from now on."""
        self._told = told
        if self.order.column == "Used":
            self._refill()
        else:
            self._tell_change()

    def set_unsaved(self, paths: frozenset[Path]) -> None:
        """Know from now on which files have words that are not saved."""
        self._unsaved = paths
        self._tell_change()

    def is_unsaved(self, info: ModelInfo) -> bool:
        """Whether words were typed for ``info`` that are not saved."""
        return info.path in self._unsaved

    def _tell_change(self) -> None:
        if self._rows:
            self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1))

    def told(self, info: ModelInfo) -> Told:
        """What is told about ``info`` beside its file."""
        return self._told.get(key_of(info.ref), _UNTOLD)

    def families(self) -> list[tuple[str, str, int]]:
        """Family, the key of its name, and how many models are of it."""
        found: dict[str, tuple[str, int]] = {}
        for info in self.models:
            family, label = family_of(info)
            found[family] = (label, found.get(family, (label, 0))[1] + 1)
        return [(family, label, count) for family, (label, count) in sorted(found.items())[::-1]]

    def count(self, kind: str) -> int:
        """How many models are of ``kind``; an empty kind counts all."""
        return sum(kind in ("", info.kind) for info in self.models)

    def count_in(self, folder: str) -> int:
        """How many models are somewhere below ``folder``."""
        start = os.path.join(os.path.abspath(folder), "")
        return sum(place.startswith(start) for place in self._places)

    def row_of(self, path: str) -> int:
        """The row of the model at ``path``; -1 when it is not shown."""
        rows = enumerate(self._rows)
        found = (n for n, row in rows if isinstance(row, ModelInfo) and str(row.path) == path)
        return next(found, -1)

    def _forget_words(self) -> None:
        self._words = []

    def _passing(self) -> list[ModelInfo]:
        """The models that the filter shows."""
        wanted, text = self.filter, self.filter.text.casefold()
        start = os.path.join(os.path.abspath(wanted.folder), "") if wanted.folder else ""
        if text and not self._words:
            self._words = [words_of(info) for info in self.models]
        return [
            info
            for number, info in enumerate(self.models)
            if wanted.shows(info)
            and self._places[number].startswith(start)
            and (not text or text in self._words[number])
        ]

    def _refill(self) -> None:
        self.beginResetModel()
        self._rows = []
        passing = self._passing()
        for kind, title in GROUPS:
            members = [one for one in passing if one.kind == kind]
            if members:
                self._rows += [Group(title, len(members)), *self._sorted(members)]
        self.endResetModel()

    def _sorted(self, members: list[ModelInfo]) -> list[ModelInfo]:
        keys: dict[str, Callable[[ModelInfo], tuple[object, ...]]] = {
            "Name": lambda info: (title_of(info).casefold(),),
            "Family": lambda info: (family_word(info),),
            "Kind": lambda info: (kind_of(info),),
            "Trigger": lambda info: (not info.trigger_word, info.trigger_word.casefold()),
            "Size": lambda info: (info.bytes,),
            "Used": lambda info: (self.told(info).last,),
        }
        if self.order.column not in keys:
            return members
        return sorted(members, key=keys[self.order.column], reverse=self.order.down)

    def rowCount(self, parent: Index = _NOTHING) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = 0) -> object:
        row = self._rows[index.row()]
        if role == InfoRole:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return tr(row.key) if isinstance(row, Group) else title_of(row)
        if role == Qt.ItemDataRole.ToolTipRole and isinstance(row, ModelInfo):
            waits = tr("What was typed for it is not saved yet.") if self.is_unsaved(row) else ""
            return problem_of(row) or "\n".join(filter(None, (waits, str(row.path))))
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid() or isinstance(self._rows[index.row()], Group):
            return Qt.ItemFlag.NoItemFlags
        usual = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return usual | Qt.ItemFlag.ItemIsDragEnabled

    # Out of the window, as files

    def mimeTypes(self) -> list[str]:
        return ["text/uri-list"]

    def supportedDragActions(self) -> Qt.DropAction:
        return Qt.DropAction.CopyAction

    def mimeData(self, indexes: Iterable[QModelIndex]) -> QMimeData:
        """The files of the rows; the starter belongs to the application and stays."""
        rows = [index.data(InfoRole) for index in indexes]
        infos = [row for row in rows if isinstance(row, ModelInfo) and row.layout != STARTER]
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(info.path)) for info in infos])
        return data
