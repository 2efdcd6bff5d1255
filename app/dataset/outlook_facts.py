"""The words beside the picture as trained: bucket, scale, fill, mask, captions and warnings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from app.dataset.outlook import Outlook, is_hard, kinds
from app.dataset.outlook_captions import most_draws, text_of
from app.i18n import bind, tr
from app.i18n.format import dimensions, number, percent
from app.theme import metrics
from app.widgets.row_list import Row
from app.widgets.text import ElidedLabel, label, set_tone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.dataset.buckets import Assignment
    from engine.dataset.library import Picture


class Facts(QWidget):
    """Bucket, scale, cut, fill and mask of one picture."""

    def __init__(self) -> None:
        super().__init__()
        self._names = [label(tone="label") for _ in range(4)]
        self.values = [ElidedLabel() for _ in range(4)]
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(metrics.GAP)
        grid.setVerticalSpacing(2)
        for row, (name, value) in enumerate(zip(self._names, self.values, strict=True)):
            grid.addWidget(name, row, 0)
            grid.addWidget(value, row, 1)
        grid.setColumnStretch(1, 1)
        grid.setRowStretch(4, 1)
        bind(self._names[3].setToolTip, "Hatched is what training learns.")
        self.tell_mask(None)

    def tell(self, picture: Picture, found: Assignment | None, fill: str) -> None:
        """Show the numbers of ``picture``."""
        words = (tr("Bucket"), tr("Scaled"), tr("Fill"), tr("Mask"))
        for name, text in zip(self._names, words, strict=True):
            name.setText(text)
        for widget in (self._names[2], self.values[2]):
            widget.setVisible(picture.has_alpha)
        self.values[2].setText(fill)
        set_tone(self.values[0], "warn" if found is None else "")
        set_tone(self.values[1], "warn" if found is not None and is_hard(found) else "")
        if found is None:
            self.values[0].setText(tr("too small for a bucket"))
            self.values[1].setText("")
            return
        self.values[0].setText(dimensions(*found.bucket))
        cut = tr("cut {share}", share=percent(found.cut))
        self.values[1].setText(f"{found.scale:.2f}×  {cut}")

    def tell_mask(self, learned: float | None) -> None:
        """Say how much of the picture the training mask lets through; None for no mask."""
        for widget in (self._names[3], self.values[3]):
            widget.setVisible(learned is not None)
        if learned is not None:
            self.values[3].setText(tr("learns {share}", share=percent(learned)))


class CaptionDraws(QWidget):
    """What the text encoder reads with the picture in one epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.title = label(size=11, tone="label")
        self.lines = [ElidedLabel(size=11, tone="quiet") for _ in range(most_draws)]
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, metrics.GAP)
        column.setSpacing(2)
        column.addWidget(self.title)
        for line in self.lines:
            column.addWidget(line)

        self.note = label(
            "It has no caption: the name of its category is used.",
            size=11,
            tone="quiet",
            wrap=True,
        )
        self.note.hide()
        column.addWidget(self.note)

    def wait(self) -> None:
        """Say nothing of the picture before; the lines keep their room."""
        for line in self.lines:
            line.setText("")

    def tell(self, epoch: int, texts: Sequence[str], picture: Picture) -> None:
        """Show the first draws of ``epoch``; an empty text was dropped, unless there is none to
        drop. Says so where the category stands in for the caption.
        """
        bare = not text_of(picture).strip()
        self.note.setVisible(not bare and not picture.caption.strip())
        more = len(texts) - len(self.lines)
        title = tr("Captions of epoch {n}", n=number(epoch))
        self.title.setText(f"{title}  +{number(more)}" if more > 0 else title)
        for line, text in zip(self.lines, [*texts, *[None] * len(self.lines)], strict=False):
            line.setVisible(text is not None)
            line.setText(text or (tr("No caption") if bare else tr("no caption this time")))
            set_tone(line, "" if text else "quiet")


def warning_rows(outlook: Outlook) -> list[Row]:
    """One row for each kind of warning that has pictures."""
    words = {
        "enlarged": tr("Enlarged more than 1.5×"),
        "cut": tr("Cut by more than 20 %"),
        "bare": tr("No caption"),
        "long": tr("Caption longer than {limit} tokens", limit=outlook.limit),
        "stems": tr("Same name, one caption file"),
        "hidden": tr("Hidden color under transparency"),
        "unreadable": tr("Cannot be read"),
    }
    counts = {kind: len(outlook.warnings[kind]) for kind in kinds}
    return [
        Row(kind, words[kind], number(n), icon="triangle-alert", icon_tone="warn", tone="t2")
        for kind, n in counts.items()
        if n
    ]
