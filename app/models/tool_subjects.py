"""What a tool is used on, as the first rows of its form: files with strengths, models to choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import signals as language_signals
from app.i18n import tr, tr_error
from app.models.tools import MERGE, Tool, refusal
from app.models.words import base_name, problem_of, title_of
from app.theme import metrics
from app.widgets.buttons import tool_button
from app.widgets.fields import Choice, FieldRow, NumberField
from app.widgets.panel import padded
from app.widgets.text import ElidedLabel, label
from engine.models.inspect import ModelInfo

Options = list[tuple[object, str]]


class Subject(QWidget):
    """The first rows of a tool's form. ``changed`` says that they hold something else."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, FieldRow] = {}
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(0)

    def values(self) -> dict[str, Any]:
        """The settings of the request that these rows give."""
        raise NotImplementedError

    def missing(self) -> dict[str, str]:
        """What is not chosen yet: sentences, in the language of the moment, by setting."""
        return {}

    def stem(self) -> str:
        """How the new file would be called, without what the tool adds."""
        raise NotImplementedError

    def add_row(self, name: str, row: FieldRow) -> None:
        """Show a row under those that are there, for the setting ``name``."""
        self.rows[name] = row
        self.column.addWidget(row)


class FileSubject(Subject):
    """One file, which is named."""

    def __init__(self, info: ModelInfo) -> None:
        super().__init__()
        self._info = info
        name = ElidedLabel(info.path.name, Qt.TextElideMode.ElideMiddle)
        self.add_row("file", FieldRow("LoRA file", name))

    def values(self) -> dict[str, Any]:
        return {"file": str(self._info.path)}

    def stem(self) -> str:
        return self._info.path.stem


class LoraRow(QWidget):
    """One LoRA of several: its name, its strength, and a cross that takes it out."""

    changed = Signal()
    removed = Signal()

    def __init__(self, info: ModelInfo, strength: float) -> None:
        super().__init__()
        self.info = info
        self.setFixedHeight(metrics.ROW_FIELD)
        self.strength = NumberField(-10, 10, 0.05, 2)
        self.strength.setFixedWidth(52)
        self.strength.set_value(strength)
        self.strength.changed.connect(lambda _: self.changed.emit())
        name = ElidedLabel(title_of(info), Qt.TextElideMode.ElideMiddle)
        name.setToolTip(str(info.path))
        self.strength.setAccessibleName(tr("Strength of {name}", name=title_of(info)))
        line = QHBoxLayout(self)
        line.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        line.setSpacing(metrics.GAP)
        line.addWidget(name, 1)
        line.addWidget(self.strength)
        line.addWidget(tool_button("x", "Take it out", self.removed.emit, dense=True))


class LorasSubject(Subject):
    """LoRAs with strengths, to which others of the library are added."""

    def __init__(
        self, tool: Tool, chosen: Sequence[ModelInfo], library: Sequence[ModelInfo]
    ) -> None:
        super().__init__()
        self._tool = tool
        self._library = [info for info in library if info.kind == "lora"]
        self.loras: list[LoraRow] = []
        self._list = QVBoxLayout()
        self._list.setSpacing(metrics.GAP_FIELDS)
        self._list.setContentsMargins(0, 0, 0, metrics.GAP_FIELDS)
        self.column.addWidget(padded(label("LoRA files and strengths", tone="label"), bottom=4))
        self.column.addLayout(self._list)
        self.more = Choice(plain=True)
        self.more.changed.connect(self._take)
        self.add_row("files", FieldRow("", self.more))
        for info in chosen:
            if info.kind == "lora":
                self._add(info)
        self._offer()
        language_signals.changed.connect(self._offer)

    @property
    def infos(self) -> list[ModelInfo]:
        """The LoRAs in their order."""
        return [row.info for row in self.loras]

    def values(self) -> dict[str, Any]:
        return {
            "files": tuple(str(row.info.path) for row in self.loras),
            "ratios": tuple(float(row.strength.value) for row in self.loras),
        }

    def missing(self) -> dict[str, str]:
        least = 2 if self._tool is MERGE else 1
        if len(self.loras) >= least:
            error = refusal(self._tool, self.infos)
            return {"files": tr_error(error)} if error is not None else {}
        words = tr("Choose two LoRAs or more.") if least == 2 else tr("Choose a LoRA.")
        return {"files": words}

    def stem(self) -> str:
        stems = [info.path.stem for info in self.infos]
        return _together(stems if len(stems) > 1 else [*stems, "merged"])  # not the source's name

    def _take(self, path: object) -> None:
        info = next((one for one in self._library if str(one.path) == path), None)
        if info is not None:
            self._add(info)
            self._offer()
            self.changed.emit()

    def _add(self, info: ModelInfo) -> None:
        row = LoraRow(info, 1.0)
        row.changed.connect(self.changed)
        row.removed.connect(lambda: self._drop(row))
        self.loras.append(row)
        self._list.addWidget(row)

    def _drop(self, row: LoraRow) -> None:
        self.loras.remove(row)
        row.hide()
        row.deleteLater()
        self._offer()
        self.changed.emit()

    def _offer(self) -> None:
        """What may be added; of what may not, why."""
        left = [info for info in self._library if info not in self.infos]
        reasons = {str(info.path): refusal(self._tool, [*self.infos, info]) for info in left}
        refused: dict[object, str] = {
            path: tr_error(error) for path, error in reasons.items() if error is not None
        }
        options: Options = [("", tr("Add a LoRA…"))]
        options += [(str(info.path), title_of(info)) for info in left]
        self.more.set_options(options, refused)
        self.more.set_value("")


def _together(stems: Sequence[str]) -> str:
    """The first two names and how many more there are: all would be too long for a file."""
    more = [str(len(stems) - 2)] if len(stems) > 2 else []
    return "+".join([*stems[:2], *more])


class ModelChoice(Choice):
    """A base model of the library; those that ``loras`` do not fit cannot be chosen."""

    def __init__(self, library: Sequence[ModelInfo]) -> None:
        super().__init__(plain=True)
        self._bases = [info for info in library if info.kind == "base"]
        self._loras: Sequence[ModelInfo] = ()
        self._without = ""
        language_signals.changed.connect(self._show)

    def offer(self, loras: Sequence[ModelInfo] = (), without: str = "") -> None:
        """Offer all but the model ``without``."""
        self._loras, self._without = loras, without
        self._show()

    def _show(self) -> None:
        options: Options = [("", tr("Choose a model…"))]
        shown = [info for info in self._bases if info.ref != self._without]
        options += [(info.ref, title_of(info)) for info in shown]
        self.set_options(options, _misfits(self._loras, shown))

    def propose(self) -> None:
        """Choose the model that the LoRAs name, or the only one that they fit; nothing changes
        where one is chosen already.
        """
        if self.value:
            return
        fitting = [base for base in self._bases if base.ref not in _misfits(self._loras, [base])]
        said = {base_name(info.metadata.get("ss_sd_model_name", "")) for info in self._loras}
        named = [base for base in fitting if said & {base.ref, base.path.name}]
        if len(found := named or fitting) == 1:
            self.set_value(found[0].ref)

    def info(self) -> ModelInfo | None:
        """The chosen model."""
        return next((info for info in self._bases if info.ref == self.value), None)


def _misfits(loras: Sequence[ModelInfo], bases: Sequence[ModelInfo]) -> Mapping[object, str]:
    refused: dict[object, str] = {}
    for base in bases:
        errors = (lora.misfit(base) for lora in loras)
        error = next((error for error in errors if error is not None), None)
        if base.problem or error is not None:
            refused[base.ref] = problem_of(base) if error is None else tr_error(error)
    return refused


class BakeSubject(LorasSubject):
    """LoRAs with strengths, and the base model they are baked into."""

    def __init__(
        self, tool: Tool, chosen: Sequence[ModelInfo], library: Sequence[ModelInfo]
    ) -> None:
        super().__init__(tool, chosen, library)
        self.base = ModelChoice(library)
        self.add_row("model", FieldRow("Base model", self.base))
        bases = [info for info in chosen if info.kind == "base"]
        self.base.offer(self.infos)
        self.base.set_value(bases[0].ref if bases else "")
        if self.loras:
            self.base.propose()
        self.base.changed.connect(lambda _: self.changed.emit())
        self.changed.connect(lambda: self.base.offer(self.infos))

    def values(self) -> dict[str, Any]:
        return super().values() | {"model": str(self.base.value or "")}

    def missing(self) -> dict[str, str]:
        lacking = super().missing()
        if self.base.info() is None:
            lacking["model"] = tr("Choose a base model.")
        return lacking

    def stem(self) -> str:
        base = self.base.info()
        loras = _together([info.path.stem for info in self.infos])
        parts = [part for part in (base.name if base is not None else "", loras) if part]
        return "-".join(parts if len(parts) == 2 else [*parts, "baked"])


class PairSubject(Subject):
    """A base model, and the same model after it was tuned."""

    def __init__(self, chosen: Sequence[ModelInfo], library: Sequence[ModelInfo]) -> None:
        super().__init__()
        self.base, self.tuned = ModelChoice(library), ModelChoice(library)
        self.add_row("base", FieldRow("Base model", self.base, "What was tuned."))
        hint = "The same model after it was tuned."
        self.add_row("tuned", FieldRow("Tuned model", self.tuned, hint))
        self.base.offer()
        self.tuned.offer()
        for info in chosen:
            self.tuned.set_value(info.ref)
        for choice in (self.base, self.tuned):
            choice.changed.connect(lambda _: self._chosen())
        self._chosen()

    def values(self) -> dict[str, Any]:
        return {"base": str(self.base.value or ""), "tuned": str(self.tuned.value or "")}

    def missing(self) -> dict[str, str]:
        lacking = {}
        if self.base.info() is None:
            lacking["base"] = tr("Choose a base model.")
        if self.tuned.info() is None:
            lacking["tuned"] = tr("Choose a tuned model.")
        return lacking

    def stem(self) -> str:
        tuned = self.tuned.info()
        return tuned.name if tuned is not None else "extracted"

    def _chosen(self) -> None:
        """What is chosen in one is not offered in the other."""
        self.base.offer(without=str(self.tuned.value or ""))
        self.tuned.offer(without=str(self.base.value or ""))
        self.changed.emit()
