"""The sheet that approves a checkpoint for the team: which, with what weight, and a note."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import bind, joined, sentence, tr, tr_error
from app.theme import metrics
from app.validation.verdict_words import said, word_at
from app.widgets.buttons import button
from app.widgets.fields import Check, Choice, FieldRow, ValueSlider, row
from app.widgets.panel import IconLabel, padded
from app.widgets.prompt_edit import PromptEdit
from app.widgets.text import ElidedLabel, label
from engine.models.approvals import Said
from engine.validation.approve import ApproveRequest
from engine.validation.judging import GOOD, RowVerdict, Verdict
from engine.validation.overfit_rules import copies
from engine.validation.sentences import Sentence
from engine.validation.telling import telling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.validation.rest_of_run import RunFiles
    from engine.validation.overfit_rules import FlagKind

_NOTHING = Sentence("Nothing speaks against it.")
_UNMEASURED = Sentence("The grid does not show this weight; nothing was measured.")


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
            [(path, f"{verdict.names[path]}  ·  {word_at(verdict, path)}")
             for path in verdict.words]
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
        self._choose_weight()
        self.checkpoint.changed.connect(lambda _: self._follow())
        self.weight.changed.connect(lambda _: self._judge())
        self._follow()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter takes the number that is typed and does not approve with it."""
        focus = self.focusWidget()
        typing = focus is not None and self.weight.isAncestorOf(focus)
        if typing and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            return
        super().keyPressEvent(event)

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(4, metrics.PAD, 4, metrics.PAD)
        column.setSpacing(0)
        column.addWidget(
            padded(label("Approve for the team", size=15, weight=600), bottom=metrics.PAD)
        )
        column.addWidget(FieldRow("Checkpoint", self.checkpoint))
        column.addWidget(FieldRow("Weight", self.weight))
        self.best = label(size=11, tone="quiet", wrap=True)
        beside = QHBoxLayout()
        beside.setContentsMargins(metrics.PAD + metrics.LABEL + metrics.GAP, 0, metrics.PAD, 0)
        beside.addWidget(self.best)
        column.addLayout(beside)
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

    @property
    def untold(self) -> tuple[str, ...]:
        """The checkpoints of the run that the grid does not show: nobody has seen them."""
        files = self._files
        return () if files is None else files.without(tuple(self._verdict.words))

    def offer_tidying(self, files: RunFiles | None) -> None:
        """Offer to move the rest of the run's ``files`` to the trash, or say why not."""
        self._files = files
        self._follow_files()
        self._make_room()

    def _make_room(self) -> None:
        """As high as what it says: nothing of that is cut off, nor taken from the note."""
        column = self.layout()
        if column is not None and self.isVisible():
            column.activate()
            self.resize(self.width(), column.totalHeightForWidth(self.width()))

    def _follow_files(self) -> None:
        files, kept = self._files, (*self.kept, *self.untold)
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
            if self.untold:
                stay = tr(
                    "1 that was never drawn stays.",
                    "{n} that were never drawn stay.",
                    n=len(self.untold),
                )
                hint = joined([hint, stay])
            self.tidy_hint.setText(hint)

    @property
    def _path(self) -> str:
        return str(self.checkpoint.value)

    def _rows(self) -> list[RowVerdict]:
        return [one for one in self._verdict.rows if one.row.checkpoint == self._path]

    def _follow(self) -> None:
        """Another checkpoint, at the weight that was set: what is said is about that weight."""
        self.weight.set_default(self._best_weight())
        self._follow_files()
        self._judge()

    def _choose_weight(self) -> None:
        self.weight.set_value(self._best_weight())

    def _best_weight(self) -> float:
        """The weight at which the checkpoint is judged best."""
        picked = self._verdict.pick
        if picked is not None and picked.checkpoint == self._path:
            return picked.weight
        best = max(self._rows(), key=lambda one: (one.word in GOOD, one.row.style_fit or 0.0))
        return best.row.weight

    def _better_weight(self) -> str:
        """At which other weight nothing speaks against it, or what is recommended is judged."""
        best, picked = self._best_weight(), self._verdict.pick
        row = next(one for one in self._rows() if one.row.weight == best)
        recommended = picked is not None and picked.checkpoint == self._path
        if abs(best - self.weight.value) < 1e-6 or not (row.word in GOOD or recommended):
            return ""
        return tr("Judged best at weight {weight}.", weight=f"{best:g}")

    def _measured(self) -> RowVerdict | None:
        """The row at this weight; None when the grid does not show it."""
        weight = self.weight.value
        return next((one for one in self._rows() if abs(one.row.weight - weight) < 1e-6), None)

    def _sentences(self) -> list[list[Sentence]]:
        """What speaks for or against the checkpoint at this weight, and against it at others; what
        belongs together is a line.
        """
        picked, found = self._verdict.pick, self._measured()
        if found is None:
            return [[_UNMEASURED], *self._at_others(())]
        others = self._at_others([flag.kind for flag in found.flags])
        if picked is not None and (picked.checkpoint, picked.weight) == _at(found):
            return [[picked.headline, *picked.reasons], *others]
        here = [
            [flag.headline, flag.detail, *(sign.sentence for sign in flag.signs)]
            for flag in found.flags
        ]
        signs = [] if found.flags else [[sign.sentence] for sign in found.signs]
        return [*here, *signs, *others] or [[_NOTHING]]

    def _at_others(self, told: Sequence[FlagKind]) -> list[list[Sentence]]:
        """What speaks against the checkpoint at other weights, but for the kinds that are ``told``.
        That a style is too weak at another weight speaks against nothing.
        """
        skipped = (*told, "unlearned")
        rows = [flag for one in self._rows() for flag in one.flags if flag.kind not in skipped]
        flags = telling(rows, 0, self._verdict.evidence.cells)
        return [[flag.headline, *flag.details] for flag in flags]

    def _is_good(self) -> bool:
        """Whether nothing speaks against it at this weight, nor at others that are used."""
        picked, found = self._verdict.pick, self._measured()
        if found is None or found.word not in GOOD or found.elsewhere:
            return False
        is_pick = picked is not None and (picked.checkpoint, picked.weight) == _at(found)
        return (picked is not None and picked.sound and picked.sure) or not is_pick

    def _judge(self) -> None:
        good = self._is_good()
        self.mark.set("circle-check" if good else "triangle-alert", "ok" if good else "warn")
        lines = [joined(sentence(said(one)) for one in line) for line in self._sentences()]
        self.verdict.setText("\n".join(lines))
        self.best.setText(self._better_weight())
        self.best.setVisible(bool(self.best.text()))
        words = "Approve {name}" if good else "Approve {name} all the same"
        self._go_text.say(words, name=self._verdict.names[self._path])
        self._make_room()

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
                Said(template=one.template, facts=dict(one.facts))
                for line in self._sentences()
                for one in line
            ),
            measures=_measures(found, self._verdict) if found is not None else {},
            limits=self._verdict.limits.model_dump(),
        )
        self.chosen.emit(request, self.tidy.value and not self._tidying.isHidden())
        self.accept()


def _at(found: RowVerdict) -> tuple[str, float]:
    return found.row.checkpoint, found.row.weight


def _measures(found: RowVerdict, verdict: Verdict) -> dict[str, float | None]:
    row = found.row
    return {
        "style_fit": row.style_fit,
        "diversity": row.diversity,
        "copying": row.copying,
        "copies": float(copies(row, verdict.evidence, verdict.limits)),
        "pictures": float(row.count),
        "layout_kept": row.kept,
        "held_out_loss": row.held_out_loss,
    }
