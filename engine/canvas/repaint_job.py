"""The handler of a repaint request: cut out, paint with the model, stitch back. Heavy: torch."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from PIL import Image

from engine.canvas import region
from engine.canvas.cutting import Cutout, cut_out
from engine.canvas.repaint import Candidate, RepaintRequest, RepaintResult
from engine.models.host import host
from engine.models.loading import LoadedModel
from engine.runtime.job import Job, JobHandle
from engine.sampling.describe import describe
from engine.sampling.generate import draw_stacks, lora_stacks
from engine.sampling.picture_text import save_picture
from engine.sampling.request import ImageRequest, LoraUse, Shot

# What jobs have painted before memory ran out, so that a smaller attempt goes on from there.
_painted: WeakKeyDictionary[JobHandle, dict[int, Candidate]] = WeakKeyDictionary()


def run(request: RepaintRequest, job: Job) -> RepaintResult:
    """Paint the candidates of ``request``. Outside their alpha nothing of the picture changes.

    Raises BadInputError for an empty selection or one of another size, PictureError and
    MissingFileError for files, ModelFileError, or JobCancelled.
    """
    model = host().get(request.image.model)
    cut = cut_out(request, model.native_size)
    painted = _painted.setdefault(job.handle, {})
    with tempfile.TemporaryDirectory() as folder:
        image = _image_request(request.image, cut, Path(folder))
        easel = _Easel(request, image, cut, model, job, painted)
        draw_stacks(
            model,
            image,
            easel.left,
            lora_stacks(image, easel.left, job),
            job=job,
            on_preview=easel.preview,
            on_picture=easel.done,
            blended=False,
            from_noise=cut.from_noise,
        )
    return RepaintResult(easel.in_order(), cut.frame, cut.work_size)


def _image_request(image: ImageRequest, cut: Cutout, folder: Path) -> ImageRequest:
    """The request for the model: start picture and mask as files, at the working size."""
    start, mask = folder / "start.png", folder / "mask.png"
    Image.fromarray(cut.start).save(start, compress_level=0)
    Image.fromarray(cut.denoise).save(mask, compress_level=0)
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
        job: Job,
        painted: dict[int, Candidate],
    ) -> None:
        self._request = request
        self._image = image
        self._cut = cut
        self._model = model
        self._job = job
        self._candidates = painted
        shots = request.image.shots()
        self._numbers = [number for number in range(len(shots)) if number not in painted]
        self.left = [shots[number] for number in self._numbers]

    def preview(self, number: int, step: int, total: int, array: np.ndarray) -> None:
        """Announce how a candidate looks so far."""
        self._job.emit(
            "candidate.preview", index=self._numbers[number], step=step, total=total, array=array
        )

    def done(self, number: int, shot: Shot, picture: np.ndarray, loras: Sequence[LoraUse]) -> None:
        """Stitch, keep and announce a candidate."""
        number = self._numbers[number]
        pixels, x, y = self._stitched(picture)
        infotext = describe(self._model, self._image, shot, loras).to_text()
        path = ""
        if self._request.folder is not None:
            path = str(Path(self._request.folder) / f"{self._job.id}-{number + 1:02}.png")
            save_picture(Path(path), pixels, infotext)
        recipe = self._recipe(shot, infotext) | {"place": [x, y]}
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
        if request.image.strength < 1.0:
            mask = cut.denoise / np.float32(255.0)
            picture = region.matched_color(
                picture, cut.original, mask, request.match_color, self._model.native_size
            )
        back = region.prepare(picture, (cut.frame.width, cut.frame.height))
        return region.stitch(back, cut.composite, cut.frame)

    def _recipe(self, shot: Shot, infotext: str) -> dict[str, Any]:
        """What is stored with an accepted layer: the request with this candidate's seed and words.

        Paths can change; ``infotext`` names model and LoRAs by their hashes. ``place`` is where the
        top left of the candidate lay, for a layer that was moved since.
        """
        image = self._request.image.drawing(shot)
        values = self._request.model_copy(update={"image": image}).model_dump(mode="json")
        facts = {"model_hash": self._model.hash, "infotext": infotext}
        return {**values, "frame": list(self._cut.frame), **facts}
