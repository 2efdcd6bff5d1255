"""The sheet that approves a checkpoint for the team: which, with what weight, and a note."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import bind, joined, sentence, tr, tr_error
from app.theme import metrics
from app.validation.flags import said
from app.widgets.buttons import button
from app.widgets.fields import Check, Choice, FieldRow, ValueSlider, row
from app.widgets.panel import IconLabel, padded
from app.widgets.prompt_edit import PromptEdit
from app.widgets.text import ElidedLabel, label
from engine.models.approvals import Said
from engine.validation.approve import ApproveRequest
from engine.validation.judging import WORD_LABELS, RowVerdict, Verdict

if TYPE_CHECKING:
    from app.validation.rest_of_run import RunFiles
    from engine.validation.sentences import Sentence

GOOD = ("use", "second", "sound")


class ApproveSheet(QDialog):
    """``chosen`` carries the request and whether the rest of the run goes to the trash,
    ``library_chosen`` another folder for approved models.
    """

    chosen = Signal(object, bool)
    library_chosen = Signal(str)

    def __init__(self, verdict: Verdict, grid: Path, library: Path, parent: QWidget) -> None:
        super().__init__(parent)
        self._verdict, self._grid, self._library = verdict, grid, library
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(True)
        bind(self.setWindowTitle, "Approve for the team")
        self.checkpoint = Choice(plain=True)
        self.checkpoint.set_options(
            [(path, f"{verdict.names[path]}  ·  {tr(WORD_LABELS[word])}")
             for path, word in verdict.words.items()]
        )  # fmt: skip
        self.weight = ValueSlider(0.0, 2.0, 0.05, 2)
        self.note = PromptEdit("What it is good for, and what it needs.", lines=3)
        self.tidy = Check("")
        self._tidy_text = bind(self.tidy.setText, "Keep {first}, delete the rest", first="")
        self.tidy_hint = label(size=11, tone="quiet", wrap=True)
        self._files: RunFiles | None = None
        self.place = ElidedLabel(str(library), Qt.TextElideMode.ElideMiddle)
        self.mark = IconLabel("circle-check", 16, "ok")
        self.verdict = label(tone="label", wrap=True)
        self.go = button("", "badge-check", "primary", on=self._go)
        self._go_text = bind(self.go.setText, "Approve {name}", name="")
        self._build()
        if verdict.pick is not None:
            self.checkpoint.set_value(verdict.pick.checkpoint)
        self.checkpoint.changed.connect(lambda _: self._follow())
        self.weight.changed.connect(lambda _: self._judge())
        self._follow()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(4, metrics.PAD, 4, metrics.PAD)
        column.setSpacing(0)
        column.addWidget(
            padded(label("Approve for the team", size=15, weight=600), bottom=metrics.PAD)
        )
        column.addWidget(FieldRow("Checkpoint", self.checkpoint))
        column.addWidget(FieldRow("Weight", self.weight))
        bind(self.weight.setAccessibleName, "Weight")
        judged = QHBoxLayout()
        judged.setContentsMargins(metrics.PAD, 4, metrics.PAD, metrics.GAP)
        judged.setSpacing(metrics.GAP)
        judged.addWidget(self.mark, 0, Qt.AlignmentFlag.AlignTop)
        judged.addWidget(self.verdict, 1)
        column.addLayout(judged)
        column.addWidget(FieldRow("Note", self.note))
        bind(self.note.setAccessibleName, "Note")
        change = button("Change…", kind="link", on=self._choose_library)
        hint = "Its file is copied here with the verdict; nothing is written over."
        column.addWidget(FieldRow("Team library", row(self.place, change), hint))
        self._tidying = QWidget()
        stacked = QVBoxLayout(self._tidying)
        stacked.setContentsMargins(0, metrics.GAP, 0, 0)
        stacked.setSpacing(0)
        stacked.addWidget(padded(self.tidy))
        indented = QHBoxLayout()
        indented.setContentsMargins(metrics.PAD + 22, 0, metrics.PAD, 0)
        indented.addWidget(self.tidy_hint)
        stacked.addLayout(indented)
        self._tidying.hide()
        column.addWidget(self._tidying)
        column.addStretch(1)
        foot = QHBoxLayout()
        foot.setContentsMargins(metrics.PAD, metrics.PAD, metrics.PAD, 0)
        foot.setSpacing(metrics.GAP)
        foot.addStretch(1)
        foot.addWidget(button("Cancel", on=self.reject))
        self.go.setDefault(True)
        foot.addWidget(self.go)
        column.addLayout(foot)
        self.setMinimumWidth(500)

    @property
    def kept(self) -> tuple[str, ...]:
        """What stays of the run: the chosen checkpoint, and the one to use instead."""
        picked = self._verdict.pick
        instead = [one.checkpoint for one in picked.instead] if picked is not None else []
        second = [path for path in instead if path != self._path][:1]
        best = [picked.checkpoint] if picked is not None and picked.checkpoint != self._path else []
        return (self._path, *(best or second))

    def offer_tidying(self, files: RunFiles | None) -> None:
        """Offer to move the rest of the run's ``files`` to the trash, or say why not."""
        self._files = files
        self._follow_files()
        self._make_room()

    def _make_room(self) -> None:
        """As high as what it says: what comes later takes nothing from the note."""
        column = self.layout()
        if column is not None and self.isVisible():
            column.activate()
            least = column.totalHeightForWidth(self.width())
            self.resize(self.width(), max(self.height(), least))

    def _follow_files(self) -> None:
        files, kept = self._files, self.kept
        rest = files.without(kept) if files is not None else ()
        self._tidying.setVisible(
            bool(rest) and files is not None and self._path in files.checkpoints
        )
        if files is None:
            return
        names = [self._verdict.names[path] for path in self._verdict.words if path in kept]
        if len(names) > 1:
            self._tidy_text.say(
                "Keep {first} and {second}, delete the rest", first=names[0], second=names[1]
            )
        else:
            self._tidy_text.say("Keep {first}, delete the rest", first=names[0])
        self.tidy.setEnabled(files.problem is None)
        if files.problem is not None:
            self.tidy.set_value(False)
            self.tidy_hint.setText(tr_error(files.problem))
        else:
            hint = tr(
                "1 checkpoint of {name} goes to the trash once the copy is there.",
                "{n} checkpoints of {name} go to the trash once the copy is there.",
                n=len(rest),
                name=files.name,
            )
            self.tidy_hint.setText(hint)

    @property
    def _path(self) -> str:
        return str(self.checkpoint.value)

    def _rows(self) -> list[RowVerdict]:
        return [one for one in self._verdict.rows if one.row.checkpoint == self._path]

    def _follow(self) -> None:
        """Another checkpoint: the weight at which it is best."""
        picked = self._verdict.pick
        rows = self._rows()
        if picked is not None and picked.checkpoint == self._path:
            weight = picked.weight
        else:
            best = max(rows, key=lambda one: (one.word in GOOD, one.row.style_fit or 0.0))
            weight = best.row.weight
        self.weight.set_default(weight)
        self.weight.set_value(weight)
        self._go_text.update(name=self._verdict.names[self._path])
        self._follow_files()
        self._judge()

    def _measured(self) -> RowVerdict | None:
        """The row at this weight; None when the grid does not show it."""
        weight = self.weight.value
        return next((one for one in self._rows() if abs(one.row.weight - weight) < 1e-6), None)

    def _sentences(self) -> list[Sentence]:
        """What speaks for or against the checkpoint at this weight."""
        picked, found = self._verdict.pick, self._measured()
        if found is None:
            return []
        if picked is not None and (picked.checkpoint, picked.weight) == _at(found):
            return [picked.headline, *picked.reasons]
        return [
            part
            for flag in found.flags
            for part in (flag.headline, flag.detail, *(sign.sentence for sign in flag.signs))
        ]

    def _judge(self) -> None:
        found = self._measured()
        good = found is not None and found.word in GOOD
        self.mark.set("circle-check" if good else "triangle-alert", "ok" if good else "warn")
        if found is None:
            self.verdict.setText(tr("The grid does not show this weight; nothing was measured."))
            return
        picked = self._verdict.pick
        sentences = self._sentences()
        if picked is not None and (picked.checkpoint, picked.weight) == _at(found):
            self.verdict.setText(joined(said(one) for one in sentences))
        elif sentences:
            self.verdict.setText(joined(sentence(said(one)) for one in sentences))
        else:
            self.verdict.setText(tr("Nothing speaks against it."))

    def _choose_library(self) -> None:
        dialog = QFileDialog(self, tr("Choose the team's library"), str(self._library))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.take_library)
        dialog.open()

    def take_library(self, folder: str) -> None:
        """Copy to ``folder``, now and from now on."""
        self._library = Path(folder)
        self.place.setText(folder)
        self.library_chosen.emit(folder)

    def _go(self) -> None:
        found = self._measured()
        request = ApproveRequest(
            grid=str(self._grid),
            checkpoint=self._path,
            library=str(self._library),
            name=self._verdict.names[self._path],
            weight=self.weight.value,
            note=self.note.value,
            said=tuple(
                Said(template=one.template, facts=dict(one.facts)) for one in self._sentences()
            ),
            measures=_measures(found) if found is not None else {},
            limits=self._verdict.limits.model_dump(),
        )
        self.chosen.emit(request, self.tidy.value and not self._tidying.isHidden())
        self.accept()


def _at(found: RowVerdict) -> tuple[str, float]:
    return found.row.checkpoint, found.row.weight


def _measures(found: RowVerdict) -> dict[str, float | None]:
    row = found.row
    return {
        "style_fit": row.style_fit,
        "diversity": row.diversity,
        "copying": row.copying,
        "copies": float(row.copies),
        "pictures": float(row.count),
        "layout_kept": row.kept,
        "held_out_loss": row.held_out_loss,
    }
