"""The list of models as Qt items, in groups, with filters by kind and family."""

from __future__ import annotations

import re
from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.i18n import tr, tr_error
from app.i18n.format import number
from engine.models.family import STARTER
from engine.models.inspect import ModelInfo

InfoRole = int(Qt.ItemDataRole.UserRole) + 1
Index = QModelIndex | QPersistentModelIndex
GROUPS = (("lora", "LoRA"), ("base", "Base models"), ("unknown", "Cannot be used"))
# How training names what it saves before the end.
_CHECKPOINT = re.compile(r"(?P<run>.+)-(?P<epoch>\d{6})")
_NOTHING = QModelIndex()


@dataclass(frozen=True)
class Group:
    """A row that names the models below it."""

    key: str
    count: int


@dataclass(frozen=True)
class Filter:
    """Which models are shown: words in the name, one kind or all, families that are ticked."""

    text: str = ""
    kind: str = ""
    hidden_families: frozenset[str] = frozenset()

    def shows(self, info: ModelInfo) -> bool:
        """Whether ``info`` passes."""
        words = f"{title_of(info)} {info.name} {info.trigger_word} {info.label}".casefold()
        return (
            self.text.casefold() in words
            and self.kind in ("", info.kind)
            and info.family not in self.hidden_families
        )


class ModelList(QAbstractListModel):
    """Group rows and model rows; ``InfoRole`` gives a Group or a ModelInfo."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.models: list[ModelInfo] = []
        self.filter = Filter()
        self._rows: list[Group | ModelInfo] = []

    @property
    def shown(self) -> list[ModelInfo]:
        """The models that pass the filter, in the order shown."""
        return [row for row in self._rows if isinstance(row, ModelInfo)]

    def set_models(self, models: list[ModelInfo]) -> None:
        """Show these models."""
        self.models = models
        self._refill()

    def set_filter(self, wanted: Filter) -> None:
        """Show only what passes ``wanted``."""
        self.filter = wanted
        self._refill()

    def families(self) -> list[tuple[str, str, int]]:
        """Family, its label, and how many models are of it."""
        found: dict[str, tuple[str, int]] = {}
        for info in self.models:
            label = info.label or "Other"
            found[info.family] = (label, found.get(info.family, (label, 0))[1] + 1)
        return [(family, label, count) for family, (label, count) in found.items()]

    def count(self, kind: str) -> int:
        """How many models are of ``kind``; an empty kind counts all."""
        return sum(kind in ("", info.kind) for info in self.models)

    def _refill(self) -> None:
        self.beginResetModel()
        self._rows = []
        for kind, title in GROUPS:
            members = [one for one in self.models if one.kind == kind and self.filter.shows(one)]
            if members:
                self._rows += [Group(title, len(members)), *members]
        self.endResetModel()

    def rowCount(self, parent: Index = _NOTHING) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = 0) -> object:
        row = self._rows[index.row()]
        if role == InfoRole:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return tr(row.key) if isinstance(row, Group) else title_of(row)
        if role == Qt.ItemDataRole.ToolTipRole and isinstance(row, ModelInfo):
            return problem_of(row) or str(row.path)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if isinstance(self._rows[index.row()], Group):
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable


def title_of(info: ModelInfo) -> str:
    """What a model is called: the starter by its label, a run's checkpoint by run and epoch."""
    if info.layout == STARTER:
        return tr("Starter model")
    run, epoch = _saved_at(info)
    return tr("{name}, epoch {n}", name=run, n=epoch) if epoch else info.name


def _saved_at(info: ModelInfo) -> tuple[str, int]:
    """Run and epoch of a LoRA file that has the name that training gave it; else epoch 0."""
    if info.kind != "lora":
        return "", 0
    numbered = _CHECKPOINT.fullmatch(info.name)
    if numbered is not None:
        return numbered["run"], int(numbered["epoch"])
    epoch = info.metadata.get("ss_epoch", "")
    last = info.name == info.metadata.get("ss_output_name")
    return info.name, int(epoch) if last and epoch.isdecimal() else 0


def problem_of(info: ModelInfo) -> str:
    """Why a file cannot be used, in the language of the moment; empty when it can."""
    return tr_error(info.error) if info.error is not None else info.problem


def second_line(info: ModelInfo) -> str:
    """The quiet line under the name."""
    if info.problem:
        return problem_of(info)
    if info.kind == "lora":
        rank = "" if info.rank is None else tr("rank {rank}", rank=info.rank)
        epoch = info.metadata.get("ss_epoch", "")
        named = info.path.name if title_of(info) != info.name else ""
        told = named or (tr("Epoch {n}", n=epoch) if epoch else "")
        return ", ".join(part for part in (told, rank) if part)
    layouts = {
        "starter": "Built in",
        "diffusers": "diffusers folder",
        "single-file": "Single file",
    }
    return tr(layouts.get(info.layout, info.layout))


def facts(info: ModelInfo) -> list[tuple[str, str]]:
    """What the inspector lists about a model: label keys and ready texts."""
    meta = info.metadata
    steps = meta.get("ss_steps", "")
    pictures = meta.get("ss_num_train_images", "")
    trained = ""
    if steps and pictures:
        trained = tr(
            "{pictures} pictures, {steps} steps",
            pictures=number(float(pictures)),
            steps=number(float(steps)),
        )
    alpha = f"{info.rank}, {info.alpha:g}" if info.rank and info.alpha is not None else ""
    lines = [
        ("Family", info.label),
        ("Prediction", info.prediction_type.replace("_", " ")),
        ("Base model", meta.get("ss_sd_model_name", "")),
        ("Trigger word", info.trigger_word),
        ("Rank, alpha", alpha or (str(info.rank) if info.rank else "")),
        ("Trained on", trained),
        ("File", info.path.name if info.kind == "lora" else ""),
        ("Hash", meta.get("sshs_model_hash", "")[:10]),
    ]
    return [(key, text) for key, text in lines if text]
