"""What a repaint needs of the document: handed over by the window, and cut to what the model sees.

The window writes only the pixels in the frame; the job reads them and makes masks and fill.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from PIL import Image

from engine.canvas import fills, mask_text, region, selection
from engine.canvas.raster import bounds, flattened
from engine.canvas.rect import Rect
from engine.canvas.repaint import RepaintRequest
from engine.imaging.decode import load_rgba
from engine.runtime.errors import BadInputError
from engine.runtime.files import atomic_file

if TYPE_CHECKING:
    from engine.canvas.document import Document


def hand_over(document: Document, place: RepaintRequest, picture: Path) -> RepaintRequest:
    """``place`` with its pixels and its selection: only what its frame shows is written.

    ``place`` says frame and rectangle of the selection; a selection of another shape is put in as
    its mask. Raises StorageError, and BadInputError for a frame beside the document.
    """
    part = _shown(place, document.size)
    values: dict[str, Any] = {"origin": (part.x, part.y), "document": document.size}
    if document.selection is not None and not part.empty:
        selected = document.selection.read(part)
        around = document.selection_bounds.intersected(part).moved(-part.x, -part.y)
        if not around.empty and selected[around.slices].min() < 255:
            values["mask"] = mask_text.to_text(selected)
    values["picture"] = _write(document, part, picture)
    return place.model_copy(update=values)


def hand_over_again(
    document: Document, place: RepaintRequest, picture: Path, way: tuple[int, int] = (0, 0)
) -> RepaintRequest:
    """The same place with its own mask and the pixels of now.

    What was there lies ``way`` from there, when the document has grown since. Raises as
    :func:`hand_over`.
    """
    size = place.document or document.size
    given = _given(place, size)
    values: dict[str, Any] = {"origin": (given.x, given.y), "document": size}
    values["picture"] = _write(document, given.moved(*way), picture)
    return place.model_copy(update=values)


def _write(document: Document, part: Rect, picture: Path) -> str:
    if part.empty:
        raise _beside()
    with atomic_file(picture) as stream:
        # Read once and removed: packing it would take longer than anything else here.
        Image.fromarray(document.composite(part)).save(stream, "PNG", compress_level=0)
    return str(picture)


def _shown(place: RepaintRequest, size: tuple[int, int]) -> Rect:
    """What the frame shows of a document of this ``size``."""
    whole = Rect(0, 0, *size)
    return whole if place.frame is None else whole.intersected(Rect(*place.frame))


def _given(place: RepaintRequest, size: tuple[int, int]) -> Rect:
    """What picture and mask of a request show of the document; a mask as a file shows all."""
    if place.mask is not None and mask_text.is_text(place.mask):
        height, width = mask_text.from_text(place.mask).shape
        return Rect(*place.origin, width, height)
    return _shown(place, size) if place.mask is None else Rect(0, 0, *size)


@dataclass(frozen=True)
class Cutout:
    """What is cut from the picture, at the size at which the model paints: ``original`` is the
    picture, ``start`` what the model starts from (both RGB uint8), or noise alone where
    ``from_noise`` is true; ``denoise`` a mask uint8. ``composite`` (float32 0..1) has the frame's
    size.
    """

    frame: Rect
    work_size: tuple[int, int]
    original: np.ndarray
    start: np.ndarray
    denoise: np.ndarray
    composite: np.ndarray
    from_noise: bool = False


class Area(NamedTuple):
    """What of a document is painted: ``mask`` uint8 [h, w] is selected in ``frame``.

    ``cut`` are the frame's sides with more of the document behind them.
    """

    frame: Rect
    mask: np.ndarray
    distances: region.Sizes
    cut: tuple[bool, bool, bool, bool]
    extends: bool


def area_of(request: RepaintRequest, native_size: int, given: Rect | None = None) -> Area:
    """What a request paints; ``given`` is what its picture shows. Raises BadInputError."""
    size = request.document or ((given.right, given.bottom) if given else (0, 0))
    given, whole = given or _given(request, size), Rect(0, 0, *size)
    extends = request.frame is not None and region.extension(size, Rect(*request.frame)) > 0
    selected = _selection(request, given, extends=extends)
    if not selected.any() and not extends:
        raise BadInputError(
            "The selection is empty.", remedy="Select the region to paint, then try again."
        )
    chosen = bounds(selected).moved(given.x, given.y)
    if request.rect is not None:
        chosen = Rect(*request.rect).intersected(whole)
    frame = _frame(request, size, chosen, native_size)
    if frame.intersected(whole).intersected(given) != frame.intersected(whole):
        raise BadInputError("The picture does not show all of the frame.")
    strength = request.image.strength
    measured = region.around(chosen, size, frame)
    distances = region.sizes(measured, strength, native_size, request.grow, request.feather)
    mask = _in_frame(selected, given, frame, whole)
    return Area(frame, mask, distances, region.cut_sides(frame, size), extends)


def cut_out(request: RepaintRequest, native_size: int) -> Cutout:
    """The stages before the model. ``native_size`` is the model's."""
    picture = flattened(load_rgba(Path(request.picture)))
    given = Rect(*request.origin, picture.shape[1], picture.shape[0])
    area = area_of(request, native_size, given)
    frame = area.frame
    denoise, composite = region.masks(area.mask, area.distances, area.cut)
    original = _placed(picture, given, frame)
    if area.extends:
        new = np.ones(denoise.shape, bool)
        new[_inside(given, frame)] = False
        original = fills.drawn_inward(original, new)
    mode = fills.chosen(request.fill, request.image.strength, denoise, extends=area.extends)
    work_size = region.work_size((frame.width, frame.height), native_size)
    # Only what the model sees is filled, and compared with what it has painted.
    small, mask = region.prepare(original, work_size), region.prepare_mask(denoise, work_size)
    start = fills.filled(small, mask / np.float32(255.0), mode, native_size)
    return Cutout(frame, work_size, small, start, mask, composite, mode == "noise")


def _selection(request: RepaintRequest, given: Rect, *, extends: bool) -> np.ndarray:
    """The selection as a uint8 mask of the picture, which shows ``given`` of the document."""
    if request.mask is not None:
        mask = _read_mask(request.mask)
        if mask.shape != (given.height, given.width):
            raise BadInputError("The selection has another size than the document.")
        return mask
    chosen = given if request.rect is None else Rect(*request.rect)
    if request.rect is None and extends:
        chosen = Rect(0, 0, 0, 0)
    return selection.rectangle((given.right, given.bottom), chosen).read(given)


def _read_mask(mask: str) -> np.ndarray:
    if mask_text.is_text(mask):
        return mask_text.from_text(mask)
    return flattened(load_rgba(Path(mask)), (0, 0, 0))[..., 0]


def _frame(
    request: RepaintRequest, size: tuple[int, int], selected: Rect, native_size: int
) -> Rect:
    """The chosen frame, or the automatic one."""
    if request.frame is None:
        return region.context_frame(
            size, selected, request.image.strength, native_size, request.grow, request.feather
        )
    chosen = Rect(*request.frame)
    if chosen.intersected(Rect(0, 0, *size)).empty:
        raise _beside()
    if region.extension(size, chosen) == 0 and chosen.intersected(selected).empty:
        raise BadInputError(
            "The frame does not show the selection.",
            remedy="Move the frame over the selection, or let it be chosen.",
        )
    return chosen


def _beside() -> BadInputError:
    return BadInputError("The frame does not touch the canvas.", remedy="Move it onto the canvas.")


def _in_frame(selected: np.ndarray, given: Rect, frame: Rect, whole: Rect) -> np.ndarray:
    """The selection in the frame; what lies beyond the document is selected."""
    mask = np.full((frame.height, frame.width), 255, np.uint8)
    mask[_inside(whole, frame)] = 0
    seen = given.intersected(frame)
    mask[_inside(given, frame)] = selected[seen.moved(-given.x, -given.y).slices]
    return mask


def _placed(picture: np.ndarray, given: Rect, frame: Rect) -> np.ndarray:
    """The picture in the frame; 0 where it shows nothing."""
    result = np.zeros((frame.height, frame.width, 3), np.uint8)
    seen = given.intersected(frame)
    result[_inside(given, frame)] = picture[seen.moved(-given.x, -given.y).slices]
    return result


def _inside(rect: Rect, frame: Rect) -> tuple[slice, slice]:
    """The part of a frame's array that shows ``rect``."""
    return rect.intersected(frame).moved(-frame.x, -frame.y).slices
