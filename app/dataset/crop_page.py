"""The crop editor: one picture large, its rectangle, the buckets it could fill, and the result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.dataset.crop_box import CropBox, fitted, whole
from app.dataset.crop_view import CropView
from app.dataset.outlook import look_ahead, spec_for
from app.dataset.pixels import shrunk, whole_picture
from app.dataset.preview import PictureBox
from app.i18n import bind, tr
from app.i18n.format import dimensions, number, percent
from app.theme import metrics
from app.widgets.buttons import button, tool_button
from app.widgets.panel import Column, Panel
from app.widgets.row_list import Row, RowList
from app.widgets.segments import Segments
from app.widgets.text import hairline, label
from engine.dataset.buckets import Assignment, BucketSpec, assign, make_buckets
from engine.dataset.edits import Fill, Recipe, bake, to_bucket
from engine.runtime.errors import BadInputError

if TYPE_CHECKING:
    import numpy as np

    from app.dataset.model import DatasetState
    from app.dataset.operations import Operations
    from engine.dataset.library import Picture

most_buckets = 7
longest_name = 320


class CropPage(QWidget):
    """Stage and right column of the editor. ``closed`` asks for the grid; nothing is written
    to the picture. Every way out remembers the rectangle, and Undo takes it back.
    """

    closed = Signal()

    def __init__(self, state: DatasetState, operations: Operations) -> None:
        super().__init__()
        self.state = state
        self.operations = operations
        self.picture: Picture | None = None
        self._pixels: np.ndarray | None = None
        self.view = CropView()
        self.view.changed.connect(self._box_changed)
        self.name = label(weight=600)
        self.position = label(tone="quiet")
        self.zoom = label(tone="label")
        self.back = button("Back to grid", "arrow-left", "quiet", on=self.done)
        self.column = CropColumn(self)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(60)
        self._timer.timeout.connect(self._bake)
        self._build()

    def _build(self) -> None:
        bar = QWidget()
        bar.setProperty("surface", "panel")
        bar.setFixedHeight(metrics.TOOLBAR)
        row = QHBoxLayout(bar)
        row.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        row.setSpacing(metrics.GAP)
        row.addWidget(self.back)
        row.addWidget(hairline("panel", vertical=True))
        row.addWidget(self.name)
        row.addWidget(self.position)
        row.addStretch(1)
        zoom_out = tool_button("zoom-out", "Zoom out", lambda: self._zoom(0.8))
        zoom_in = tool_button("zoom-in", "Zoom in", lambda: self._zoom(1.25))
        for widget in (zoom_out, self.zoom, zoom_in):
            row.addWidget(widget)
        row.addWidget(tool_button("maximize", "Fit the picture", self.view.fit))
        self.view.zoomed.connect(lambda scale: self.zoom.setText(percent(scale)))
        stage = QVBoxLayout()
        stage.setSpacing(0)
        stage.addWidget(bar)
        stage.addWidget(hairline("column"))
        stage.addWidget(self.view, 1)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addLayout(stage, 1)
        outer.addWidget(self.column)
        bind(self.view.setAccessibleName, "Picture with its crop")

    @property
    def spec(self) -> BucketSpec:
        """The buckets of the project."""
        project = self.state.session.project
        return spec_for(project.file.resolution if project is not None else 512)

    async def open(self, picture: Picture) -> None:
        """Show ``picture``. Raises PictureError when it cannot be read."""
        pixels = await self.state.session.bridge.io(whole_picture, picture.path)
        self.picture, self._pixels = picture, pixels
        middle = Qt.TextElideMode.ElideMiddle
        name = self.name.fontMetrics().elidedText(picture.path.name, middle, longest_name)
        self.name.setText(name)
        shown = [item.id for item in self.state.shown]
        place = shown.index(picture.id) + 1 if picture.id in shown else 1
        self.position.setText(tr("{n} of {total}", n=number(place), total=number(len(shown))))
        self.column.modes.set_value("free")
        self.view.ratio = None
        crop = picture.recipe.crop
        self.view.open_picture(pixels, CropBox(*crop) if crop else None)
        self._box_changed(self.view.box)
        self._bake()
        self.view.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.done()
        else:
            super().keyPressEvent(event)

    def done(self) -> None:
        """Remember the rectangle and go back."""
        if self.picture is not None:
            box = self.view.box
            crop = None if box == whole(self.view.size_of_picture) else box.as_tuple()
            if crop != self.picture.recipe.crop:
                self.operations.crop(self.picture, crop)
        self.closed.emit()

    def reset(self) -> None:
        """Cut nothing."""
        self.column.modes.set_value("free")
        self.view.ratio = None
        self.view.set_box(whole(self.view.size_of_picture))

    def set_mode(self, mode: str) -> None:
        """Free, or kept to the shape of the bucket the crop falls into."""
        if mode == "free":
            self.view.ratio = None
        else:
            found = self._found(self.view.box)
            if found is not None:
                self.fit_bucket(found.bucket)
        self._box_changed(self.view.box)

    def fit_bucket(self, bucket: tuple[int, int]) -> None:
        """Give the rectangle the shape of ``bucket`` and keep it."""
        self.column.modes.set_value("bucket")
        self.view.ratio = bucket[0] / bucket[1]
        size = self.view.size_of_picture
        self.view.set_box(fitted(self.view.box, self.view.ratio, size))
        self._box_changed(self.view.box)

    def _zoom(self, factor: float) -> None:
        self.view.zoom_to(self.view.scale * factor)

    def _found(self, box: CropBox) -> Assignment | None:
        try:
            return assign(self.spec, (box.width, box.height))
        except BadInputError:
            return None

    def _box_changed(self, box: CropBox) -> None:
        found = self._found(box)
        if found is None:
            self.view.read_out = tr("too small for a bucket")
        else:
            self.view.read_out = tr(
                "{bucket} bucket · scaled {scale}×",
                bucket=dimensions(*found.bucket),
                scale=f"{found.scale:.2f}",
            )
        self.column.tell(box, found)
        self.view.update()
        self._timer.start()

    def _bake(self) -> None:
        found = self._found(self.view.box)
        project = self.state.session.project
        if found is None or self.picture is None or self._pixels is None or project is None:
            return
        fill = self.picture.recipe.fill or project.file.fill_of(self.picture.category)
        self.state.session.start(self._show_baked(self._pixels, self.view.box, fill, found))

    async def _show_baked(
        self, pixels: np.ndarray, box: CropBox, fill: Fill, found: Assignment
    ) -> None:
        baked = await self.state.session.bridge.io(_baked, pixels, box, fill, found)
        if box == self.view.box:
            self.column.result.set_picture(baked)


class CropColumn(Column):
    """How to crop, which bucket that gives, and the result."""

    def __init__(self, page: CropPage) -> None:
        super().__init__(metrics.RIGHT, "right")
        self.page = page
        self.modes = Segments([("free", "Free"), ("bucket", "Fit a bucket")], fill=True)
        self.buckets = RowList()
        self.result = PictureBox(96, checker=False)
        self.facts = [label(tone="label", wrap=True) for _ in range(3)]
        self.reset = button("Reset", "rotate-ccw", on=page.reset)
        self.done = button("Done", "check", "primary", on=page.done)
        self.done.show_shortcut("Return")
        self._fill_column()
        self.modes.changed.connect(page.set_mode)
        self.buckets.chosen.connect(self._bucket_chosen)

    def _fill_column(self) -> None:
        crop = Panel("Crop", collapsible=False)
        box = QVBoxLayout()
        box.setContentsMargins(metrics.PAD, 0, metrics.PAD, metrics.GAP)
        box.addWidget(self.modes)
        crop.body.addLayout(box)
        crop.body.addWidget(self.buckets)
        bind(self.modes.setAccessibleName, "Crop")
        self.add(crop)
        seen = Panel("What training will see")
        row = QHBoxLayout()
        row.setContentsMargins(metrics.PAD, 0, metrics.PAD, 0)
        row.setSpacing(metrics.PAD)
        row.addWidget(self.result)
        words = QVBoxLayout()
        words.setSpacing(2)
        for line in self.facts:
            words.addWidget(line)
        words.addStretch(1)
        row.addLayout(words, 1)
        seen.body.addLayout(row)
        self.add(seen)
        self.add_foot(self.reset)
        self.add_foot(self.done, 1)

    def tell(self, box: CropBox, found: Assignment | None) -> None:
        """Show what ``box`` would become."""
        self.buckets.set_rows(self._rows(box))
        self.buckets.set_current("" if found is None else dimensions(*found.bucket))
        texts = ["", "", ""]
        if found is not None:
            texts = [
                dimensions(*found.bucket),
                tr("Scaled {scale}×", scale=f"{found.scale:.2f}"),
                tr("Cuts {share} of the crop", share=percent(found.cut)),
            ]
        for line, text in zip(self.facts, texts, strict=True):
            line.setText(text)

    def _rows(self, box: CropBox) -> list[Row]:
        """The buckets nearest in shape, with what each would cut of the box and who is in it."""
        spec, ratio = self.page.spec, box.width / box.height
        held = dict(look_ahead(self.page.state.pictures.values(), spec).buckets)
        near = sorted(make_buckets(spec), key=lambda size: abs(size[0] / size[1] - ratio))
        return [_bucket_row(size, ratio, held.get(size, 0)) for size in near[:most_buckets]]

    def _bucket_chosen(self, key: str) -> None:
        width, height = key.split("×")
        self.page.fit_bucket((int(width), int(height)))


def _bucket_row(size: tuple[int, int], ratio: float, count: int) -> Row:
    own = size[0] / size[1]
    cut = 1 - min(own, ratio) / max(own, ratio)
    note = tr("cuts {share}", share=percent(cut))
    return Row(dimensions(*size), dimensions(*size), number(count), note=note, icon="square")


def _baked(pixels: np.ndarray, box: CropBox, fill: Fill, found: Assignment) -> np.ndarray:
    recipe = Recipe().with_crop(box.as_tuple()).with_fill(fill)
    return shrunk(to_bucket(bake(pixels, recipe), found), 192)
