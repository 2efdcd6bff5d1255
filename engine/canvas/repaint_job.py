"""The handler of a repaint request: cut out, paint with the model, stitch back. Heavy: torch."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from engine.canvas import mask_text, region, selection
from engine.canvas.raster import bounds, flattened
from engine.canvas.rect import Rect
from engine.canvas.repaint import Candidate, RepaintRequest, RepaintResult
from engine.imaging.decode import load_rgba
from engine.models import adapters
from engine.models.host import host
from engine.models.loading import LoadedModel
from engine.runtime.errors import BadInputError
from engine.runtime.job import Job
from engine.sampling.describe import describe
from engine.sampling.generate import attach_all, encoding_cache, resolve_tags
from engine.sampling.picture_text import save_picture
from engine.sampling.pipeline import sample
from engine.sampling.request import ImageRequest, LoraUse, Shot


def run(request: RepaintRequest, job: Job) -> RepaintResult:
    """Paint the candidates of ``request``. Outside their alpha nothing of the picture changes.

    Raises BadInputError for an empty selection or one of another size, PictureError and
    MissingFileError for files, ModelFileError, or JobCancelled.
    """
    model = host().get(request.image.model)
    cut = cut_out(request, model.native_size)
    tagged, problems = resolve_tags(request.image)
    for problem in problems:
        job.emit("image.warning", sentence=problem.sentence, facts=problem.facts)
    loras = [*request.image.loras, *tagged]
    with tempfile.TemporaryDirectory() as folder:
        image = _image_request(request.image, cut, Path(folder))
        easel = _Easel(request, image, cut, model, loras, job)
        with adapters.active(model, attach_all(model, loras)):
            sample(
                model,
                image,
                job=job,
                on_preview=easel.preview,
                on_picture=easel.done,
                cache=encoding_cache(model, loras),
            )
    return RepaintResult(easel.in_order(), cut.frame, cut.work_size)


@dataclass(frozen=True)
class Cutout:
    """What is cut from the picture. Arrays have the frame's size; masks are float32 0..1.

    ``original`` is the picture, ``start`` what the model starts from (both RGB uint8).
    """

    frame: Rect
    work_size: tuple[int, int]
    original: np.ndarray
    start: np.ndarray
    denoise: np.ndarray
    composite: np.ndarray


def cut_out(request: RepaintRequest, native_size: int) -> Cutout:
    """The stages before the model. ``native_size`` is the model's."""
    picture = flattened(load_rgba(Path(request.picture)))
    given = Rect(*request.origin, picture.shape[1], picture.shape[0])
    size = request.document or (given.right, given.bottom)
    mask = _selection(request, given)
    around = bounds(mask).moved(given.x, given.y)
    if around.empty:
        raise BadInputError(
            "The selection is empty.", remedy="Select the region to paint, then try again."
        )
    if mask.min() == 255:
        around = given
    strength = request.image.strength
    distances = region.sizes(around, strength, native_size, request.grow, request.feather)
    frame = _frame(request, size, around, native_size)
    if frame.intersected(given) != frame:
        raise BadInputError("The picture does not show all of the frame.")
    inside = frame.moved(-given.x, -given.y).slices
    denoise, composite = region.masks(mask[inside], distances)
    original = picture[inside]
    start = region.filled(original, denoise, request.fill, strength, native_size)
    work_size = region.work_size((frame.width, frame.height), native_size)
    return Cutout(frame, work_size, original, start, denoise, composite)


def _selection(request: RepaintRequest, given: Rect) -> np.ndarray:
    """The selection as a uint8 mask of the picture, which shows ``given`` of the document."""
    if request.mask is not None:
        mask = _read_mask(request.mask)
        if mask.shape != (given.height, given.width):
            raise BadInputError("The selection has another size than the document.")
        return mask
    chosen = Rect(*(request.rect or given))
    return selection.rectangle((given.right, given.bottom), chosen).read(given)


def _read_mask(mask: str) -> np.ndarray:
    if mask_text.is_text(mask):
        return mask_text.from_text(mask)
    return flattened(load_rgba(Path(mask)), (0, 0, 0))[..., 0]


def _frame(request: RepaintRequest, size: tuple[int, int], around: Rect, native_size: int) -> Rect:
    """The chosen frame inside the document, or the automatic one."""
    if request.frame is None:
        return region.context_frame(
            size, around, request.image.strength, native_size, request.grow, request.feather
        )
    chosen = Rect(*request.frame).intersected(Rect(0, 0, *size))
    if chosen.intersected(around).empty:
        raise BadInputError(
            "The frame does not show the selection.",
            remedy="Move the frame over the selection, or let it be chosen.",
        )
    return chosen


def _image_request(image: ImageRequest, cut: Cutout, folder: Path) -> ImageRequest:
    """The request for the model: start picture and mask as files, at the working size."""
    start, mask = folder / "start.png", folder / "mask.png"
    Image.fromarray(region.prepare(cut.start, cut.work_size)).save(start)
    Image.fromarray(region.prepare_mask(cut.denoise, cut.work_size)).save(mask)
    return image.model_copy(
        update={
            "init_image": str(start),
            "mask": str(mask),
            "width": cut.work_size[0],
            "height": cut.work_size[1],
        }
    )


class _Easel:
    """Where finished pictures become candidates."""

    def __init__(
        self,
        request: RepaintRequest,
        image: ImageRequest,
        cut: Cutout,
        model: LoadedModel,
        loras: list[LoraUse],
        job: Job,
    ) -> None:
        self._request = request
        self._image = image
        self._cut = cut
        self._model = model
        self._loras = loras
        self._job = job
        self._candidates: dict[int, Candidate] = {}

    def preview(self, number: int, step: int, total: int, array: np.ndarray) -> None:
        """Announce how a candidate looks so far."""
        self._job.emit("candidate.preview", index=number, step=step, total=total, array=array)

    def done(self, number: int, shot: Shot, picture: np.ndarray) -> None:
        """Stitch, keep and announce a candidate."""
        pixels, x, y = self._stitched(picture)
        infotext = describe(self._model, self._image, shot, self._loras).to_text()
        path = ""
        if self._request.folder is not None:
            path = str(Path(self._request.folder) / f"{self._job.id}-{number + 1:02}.png")
            save_picture(Path(path), pixels, infotext)
        recipe = self._recipe(shot, infotext)
        self._candidates[number] = Candidate(pixels, x, y, shot.seed, recipe, infotext, path)
        self._job.emit(
            "candidate.done",
            index=number,
            seed=shot.seed,
            array=pixels,
            x=x,
            y=y,
            recipe=recipe,
            infotext=infotext,
            path=path,
        )

    def in_order(self) -> list[Candidate]:
        """The candidates by number."""
        return [self._candidates[number] for number in sorted(self._candidates)]

    def _stitched(self, picture: np.ndarray) -> tuple[np.ndarray, int, int]:
        cut, request = self._cut, self._request
        back = region.prepare(picture, (cut.frame.width, cut.frame.height))
        if request.image.strength < 1.0:
            back = region.matched_color(
                back, cut.original, cut.denoise, request.match_color, self._model.native_size
            )
        return region.stitch(back, cut.composite, cut.frame)

    def _recipe(self, shot: Shot, infotext: str) -> dict[str, Any]:
        """What is stored with an accepted layer: the request with this candidate's seed.

        Paths can change; ``infotext`` names model and LoRAs by their hashes.
        """
        image = self._request.image.model_copy(update={"seed": shot.seed, "count": 1})
        values = self._request.model_copy(update={"image": image}).model_dump(mode="json")
        facts = {"model_hash": self._model.hash, "infotext": infotext}
        return {**values, "frame": list(self._cut.frame), **facts}
