"""The crop tool: free, of a ratio or for a bucket, around the content; straighten, turn, mirror."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.dataset.crop_box import CropBox, fitted, whole
from app.dataset.edit_crop_rows import bucket_row, content_of, counts_of
from app.dataset.edit_shape import mirrored, straightened, turned
from app.dataset.edit_tool import ToolPanel, side_by_side, slider_for
from app.dataset.outlook import is_hard
from app.i18n import bind, tr
from app.i18n.format import dimensions
from app.widgets.buttons import button, tool_button
from app.widgets.fields import Check, Choice, FieldRow, NumberField
from app.widgets.row_list import Row, RowList
from app.widgets.segments import Segments
from engine.dataset.buckets import Assignment, assign
from engine.dataset.crops import fit_of, fits, snapped
from engine.dataset.steps import Straighten
from engine.imaging.crop import Box, clip_box
from engine.imaging.framing import RATIOS, around, with_margin
from engine.runtime.errors import BadInputError

if TYPE_CHECKING:
    from app.dataset.edit_view import EditView
    from app.dataset.edit_work import EditWork
    from engine.dataset.edits import Recipe

most_buckets = 7


class CropPanel(ToolPanel):
    """Boxes are in pixels of the picture as it stands before the crop."""

    hides = ("crop",)

    def __init__(self, work: EditWork, view: EditView) -> None:
        super().__init__("Crop", work, view)
        self.modes = Segments(
            [("free", "Free"), ("ratio", "Ratio"), ("bucket", "Fit a bucket")], fill=True
        )
        names = [(size, f"{size[0]}:{size[1]}") for size in RATIOS]
        self.ratios = Choice(names, plain=True)
        self.swap = tool_button("arrow-left-right", "Swap width and height", self._swap)
        self.ratio_row = FieldRow("Ratio", self.ratios, padded=False)
        self.buckets = RowList()
        self.angle_row, self.angle = slider_for(Straighten, "degrees")
        bind(self.angle_row.label.setText, "Straighten")
        self.corners = Check("Keep the corners")
        bind(
            self.corners.setToolTip,
            "The canvas grows around the turned picture, and what is new is transparent. "
            "Else the empty corners are cut off.",
        )
        self._keeps: bool | None = None  # what was ticked for a picture that is not turned yet
        self.to_content = button("Crop to content", "scan", on=self.crop_to_content)
        self.margin = NumberField(0, 50, 1, 0, unit="%")
        self.margin.set_value(4)
        self.flip = tool_button("flip-horizontal-2", "Mirror", self._flip)
        self.left = tool_button("rotate-ccw-square", "Turn left", lambda: self._turn(3))
        self.right = tool_button("rotate-cw-square", "Turn right", lambda: self._turn(1))
        self.reset = tool_button("maximize", "Cut nothing", self.cut_nothing, dense=True)
        self.content: Box | None = None
        self._shape: tuple[int, Recipe] | None = None
        self._held: dict[tuple[int, int], int] = {}
        self._angle_from: Recipe | None = None
        self._finder = work.baker()
        self._counter = work.baker()
        self._build()
        self._connect()

    def _build(self) -> None:
        self.add_action(self.reset)
        self.box.addWidget(self.modes)
        self.ratio_row.layout().addWidget(self.swap, 0, 2)  # type: ignore[union-attr, call-arg]
        self.box.addWidget(self.ratio_row)
        self.box.addSpacing(4)
        self.body.addWidget(self.buckets)
        below = self.body
        lower = type(self.box)()
        lower.setContentsMargins(self.box.contentsMargins())
        lower.setSpacing(self.box.spacing())
        lower.addSpacing(8)
        lower.addWidget(self.angle_row)
        lower.addWidget(self.corners)
        lower.addSpacing(4)
        lower.addLayout(side_by_side(self.to_content, self.flip, self.left, self.right))
        lower.addSpacing(4)
        lower.addWidget(FieldRow("Margin", self.margin, padded=False))
        below.addLayout(lower)
        bind(self.modes.setAccessibleName, "Crop")
        bind(self.buckets.setAccessibleName, "Buckets")

    def _connect(self) -> None:
        self.view.changed.connect(self._dragged)
        self.modes.changed.connect(self.set_mode)
        self.ratios.changed.connect(lambda _: self._keep_ratio())
        self.buckets.chosen.connect(self._bucket_chosen)
        self.angle.changed.connect(self._straighten)
        self.corners.changed.connect(self._keep_corners)

    def enter(self) -> None:
        self.view.cropping = True
        self.view.snap = self._snapped
        self.another()

    def leave(self) -> None:
        self.view.cropping = False
        self.view.snap = None
        self.view.update()  # the pixels may stay the same, the frame goes

    def another(self) -> None:
        self.modes.set_value("free")
        self.view.ratio = None
        self.content = self._keeps = None
        pictures = list(self.work.state.pictures.values())
        self._counter.ask(self._take_counts, counts_of, pictures, self.work.spec)

    def refresh(self) -> None:
        box = self.work.recipe.crop
        size = self.work.uncropped
        self.view.set_frame(size, CropBox(*clip_box(box, size)) if box else None)
        self.ratio_row.setVisible(self.modes.value == "ratio")
        step = self.work.recipe.step("straighten")
        on = isinstance(step, Straighten) and step.on
        self.angle.set_value(step.degrees if isinstance(step, Straighten) and on else 0)
        self.corners.set_value(self._whole)
        if not self.work.is_live:
            self._angle_from = None
        found = self.found(self.view.box)
        self._read_out(found)
        self._find_content()
        self.buckets.set_rows(self._rows())
        self.buckets.set_current("" if found is None else dimensions(*found.bucket))

    # What can be done

    def set_mode(self, mode: str) -> None:
        """From the next drag on: free, kept to a ratio, or to the shape of the crop's bucket."""
        self.modes.set_value(mode)
        self.ratio_row.setVisible(mode == "ratio")
        found = self.found(self.view.box) if mode == "bucket" else None
        shape = self._ratio() if mode == "ratio" else found.bucket if found else None
        self.view.ratio = shape[0] / shape[1] if shape else None

    def fit_bucket(self, bucket: tuple[int, int]) -> None:
        """The best crop for ``bucket``, and its shape from now on."""
        self.modes.set_value("bucket")
        self.ratio_row.hide()
        self.view.ratio = bucket[0] / bucket[1]
        fit = fit_of(self.work.spec, self.work.uncropped, bucket, self.content)
        self._crop(fit.box)

    def crop_to_content(self) -> None:
        """Cut to what is not transparent, or stands on a plain background."""
        tell = self.work.state.session.notify
        if self.content is None:
            tell(
                "Nothing is transparent here and the background is not plain: no content is found."
            )
            return
        size, before = self.work.uncropped, self.work.recipe
        box = with_margin(self.content, self.margin.value / 100, size)
        self._crop(box if self.view.ratio is None else around(box, self.view.ratio, size))
        if self.work.recipe == before:
            tell("Nothing is left to cut: the content with its margin fills the picture.")

    def cut_nothing(self) -> None:
        """The whole picture."""
        self.modes.set_value("free")
        self.ratio_row.hide()
        self.view.ratio = None
        self.work.change(self.work.recipe.without("crop"), "Crop")

    def found(self, box: CropBox) -> Assignment | None:
        """The bucket that ``box`` falls into; None when it is too small."""
        try:
            return assign(self.work.spec, (box.width, box.height))
        except BadInputError:
            return None

    def _keep_ratio(self) -> None:
        width, height = self._ratio()
        self.view.ratio = width / height
        box = fitted(self.view.box, self.view.ratio, self.work.uncropped)
        self._crop(box.as_tuple())

    def _ratio(self) -> tuple[int, int]:
        return next(ratio for ratio in RATIOS if ratio == self.ratios.value)

    def _swap(self) -> None:
        self.ratios.set_value(self._ratio()[::-1])
        self._keep_ratio()

    def _crop(self, box: Box, *, live: bool = False) -> None:
        all_of_it = box == whole(self.work.uncropped).as_tuple()
        recipe = self.work.recipe.with_crop(None if all_of_it else box)
        self.work.change(recipe, "Crop", live=live)

    def _dragged(self, box: CropBox) -> None:
        if self.active:
            self._crop(box.as_tuple(), live=True)

    def _snapped(self, box: CropBox, anchor: tuple[float, float]) -> CropBox:
        try:
            return CropBox(*snapped(self.work.spec, box.as_tuple(), anchor=anchor))
        except BadInputError:
            return box

    def _straighten(self, degrees: float) -> None:
        if self._angle_from is None:
            self._angle_from = self.work.recipe  # so that rounding does not add up on the way
        recipe = straightened(self._angle_from, self.work.size, degrees, whole=self._whole)
        self.work.change(recipe, "Straighten", live=True)

    @property
    def _whole(self) -> bool:
        """Whether turning keeps the corners: as was chosen, else where they may be transparent."""
        step = self.work.recipe.step("straighten")
        if isinstance(step, Straighten):
            return step.frame == "whole"
        if self._keeps is not None:
            return self._keeps
        picture = self.work.picture
        return picture is not None and picture.has_alpha

    def _keep_corners(self, keeps: bool) -> None:
        self._keeps = keeps
        step = self.work.recipe.step("straighten")
        if isinstance(step, Straighten):
            recipe = straightened(self.work.recipe, self.work.size, step.degrees, whole=keeps)
            self.work.change(recipe, "Straighten")
            self.view.fit()

    def _turn(self, quarters: int) -> None:
        self.work.change(turned(self.work.recipe, self.work.size, quarters), "Turn")
        self.view.fit()

    def _flip(self) -> None:
        self.work.change(mirrored(self.work.recipe, self.work.size), "Turn")

    # What is shown

    def _bucket_chosen(self, key: str) -> None:
        width, height = key.split("×")
        self.fit_bucket((int(width), int(height)))

    def _rows(self) -> list[Row]:
        found = fits(self.work.spec, self.work.uncropped, self.content)[:most_buckets]
        return [bucket_row(fit, self._held.get(fit.bucket, 0), self.content) for fit in found]

    def _read_out(self, found: Assignment | None) -> None:
        if found is None:
            self.view.read_out = tr("too small for a bucket")
            self.view.warns = True
        else:
            self.view.warns = is_hard(found)
            self.view.read_out = tr(
                "{bucket} bucket · scaled {scale}×",
                bucket=dimensions(*found.bucket),
                scale=f"{found.scale:.2f}",
            )
        self.view.update()

    def _find_content(self) -> None:
        work = self.work
        if work.picture is None or work.proxy is None:
            return
        shape = (work.picture.id, work.recipe.before("crop"))
        if shape == self._shape and self.content is not None:
            return
        self._shape = shape
        factor = work.proxy.shape[1] / work.size[0]
        self._finder.ask(
            lambda box: self._take_content(shape, box),
            content_of, work.proxy, shape[1], factor, work.masks,
        )  # fmt: skip

    def _take_content(self, shape: tuple[int, Recipe], box: Box | None) -> None:
        if shape != self._shape:
            return
        self.content = box and clip_box(box, self.work.uncropped)
        self.buckets.set_rows(self._rows())
        found = self.found(self.view.box)
        self.buckets.set_current("" if found is None else dimensions(*found.bucket))

    def _take_counts(self, held: dict[tuple[int, int], int]) -> None:
        self._held = held
        if self.active and self.work.picture is not None:
            self.refresh()
