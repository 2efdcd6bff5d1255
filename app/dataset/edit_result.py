"""What training will see of the picture under edit, made again as it changes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from app.dataset.edit_bake import Baking
from app.dataset.outlook import much_cut, much_enlarged
from app.dataset.outlook_settings import pictures_of
from app.dataset.preview import PictureBox
from app.i18n import bind, tr
from app.i18n.format import dimensions, percent
from app.theme import metrics
from app.widgets.panel import Panel
from app.widgets.text import ElidedLabel, label, set_tone
from engine.dataset.buckets import assign
from engine.dataset.edits import baked_size
from engine.runtime.errors import BadInputError

if TYPE_CHECKING:
    from app.dataset.edit_work import EditWork
    from app.dataset.pixels import Seen
    from engine.dataset.edits import Recipe
    from engine.dataset.library import Picture

side = 96


class ResultPanel(Panel):
    """The picture in its bucket, and the numbers of it."""

    def __init__(self, work: EditWork) -> None:
        super().__init__("What training will see")
        self.work = work
        self.picture = PictureBox(side, checker=False)
        self.facts = [label(tone="label", wrap=True) for _ in range(3)]
        self.learned = label(tone="label", wrap=True)
        bind(self.learned.setToolTip, "Hatched is what training learns.")
        self.learned.hide()
        self.caption = ElidedLabel(size=11, tone="quiet")
        self._baker = work.baker()
        row = QHBoxLayout()
        row.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        row.setSpacing(metrics.PAD)
        row.addWidget(self.picture)
        words = QVBoxLayout()
        words.setSpacing(2)
        for line in (*self.facts, self.learned, self.caption):
            words.addWidget(line)
        words.addStretch(1)
        row.addLayout(words, 1)
        self.body.addLayout(row)
        work.opened.connect(self.refresh)
        work.changed.connect(self.refresh)

    def refresh(self) -> None:
        """Show the recipe as it is now."""
        work = self.work
        if work.picture is None or work.proxy is None:
            return
        self.caption.setText(_caption(work.picture))
        try:
            found = assign(work.spec, baked_size(work.size, work.recipe))
        except BadInputError:
            self._tell(tr("too small for a bucket"), "", "")
            self._warn(True, False, False)
            self.picture.set_picture(None)
            self._tell_mask(None)
            return
        self._tell(
            dimensions(*found.bucket),
            tr("Scaled {scale}×", scale=f"{found.scale:.2f}"),
            tr(_cut(work.recipe), share=percent(found.cut)),
        )
        self._warn(False, found.scale > much_enlarged, found.cut > much_cut)
        factor = work.proxy.shape[1] / work.size[0]
        baking = Baking(work.proxy, factor, work.recipe, work.default_fill, work.masks)
        number = work.picture.id
        resizing = pictures_of(work.state.session).resize_interpolation
        take = partial(self._take, number)
        self._baker.ask(take, baking.trained, found, 2 * side, resizing)

    def _take(self, number: int, seen: Seen) -> None:
        if self.work.picture is not None and self.work.picture.id == number:
            self.picture.set_picture(seen.rgb)
            self._tell_mask(seen.learned)

    def _tell_mask(self, learned: float | None) -> None:
        self.learned.setVisible(learned is not None)
        if learned is not None:
            self.learned.setText(tr("Mask: learns {share}", share=percent(learned)))

    def _warn(self, *lines: bool) -> None:
        for line, warns in zip(self.facts, lines, strict=True):
            set_tone(line, "warn" if warns else "label")

    def _tell(self, *texts: str) -> None:
        for line, text in zip(self.facts, texts, strict=True):
            line.setText(text)


def _caption(picture: Picture) -> str:
    if picture.caption.strip():
        return picture.caption
    category = picture.category
    return tr("No caption: {category} is used", category=category) if category else tr("No caption")


def _cut(recipe: Recipe) -> str:
    return "Cuts {share} of the crop" if recipe.crop else "Cuts {share} of the picture"
