"""The handler of an image request: model, LoRAs, pictures, files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np

from engine.models import adapters
from engine.models.catalogue import find_lora
from engine.models.host import host
from engine.models.loading import LoadedModel
from engine.prompt.encode import EncodingCache
from engine.prompt.syntax import LoraTag, take_loras
from engine.runtime.errors import BadInputError, MissingFileError, StylekilnError
from engine.runtime.file_state import FileState, file_state
from engine.runtime.files import require_file
from engine.runtime.job import Job
from engine.sampling.describe import describe
from engine.sampling.picture_text import save_picture
from engine.sampling.pipeline import sample
from engine.sampling.request import ImageRequest, ImageResult, LoraUse, Shot

AdapterKey = tuple[tuple[str, FileState, float], ...]
# Encoded prompts of each model, good for one state of its text encoder.
_encodings: WeakKeyDictionary[LoadedModel, tuple[AdapterKey, EncodingCache]] = WeakKeyDictionary()


def run(request: ImageRequest, job: Job) -> ImageResult:
    """Draw and save the pictures of ``request``.

    Emits ``image.preview`` {index, step, total, array}, ``image.done`` {index, seed, path, array,
    infotext} for each picture as soon as it is on disk, and ``image.warning`` {sentence, facts}.
    """
    request.require_place()
    model = host().get(request.model)
    tagged, problems = resolve_tags(request)
    for problem in problems:
        job.emit("image.warning", sentence=problem.sentence, facts=problem.facts)
    loras = [*request.loras, *tagged]
    desk = _Desk(model, request, loras, job)
    with adapters.active(model, attach_all(model, loras)):
        images = sample(
            model,
            request,
            job=job,
            on_preview=desk.preview,
            on_picture=desk.done,
            cache=encoding_cache(model, loras),
        )
    seeds = [shot.seed for shot in request.shots()]
    warnings = tuple(str(problem) for problem in problems)
    return ImageResult(images, seeds, desk.in_order(desk.infotexts), desk.saved(), warnings)


def resolve_tags(request: ImageRequest) -> tuple[list[LoraUse], list[StylekilnError]]:
    """The LoRAs that tags in the prompt ask for, and what was wrong with the others."""
    uses: list[LoraUse] = []
    problems: list[StylekilnError] = []
    for tag in take_loras(request.prompt)[1]:
        try:
            uses.append(_use_of(tag))
        except (BadInputError, MissingFileError) as problem:
            problems.append(problem)
    if take_loras(request.negative_prompt)[1]:
        problems.append(
            BadInputError("LoRA tags in the negative prompt have no effect and were left out.")
        )
    return uses, problems


def attach_all(model: LoadedModel, loras: Sequence[LoraUse]) -> dict[str, tuple[float, float]]:
    """Attach every LoRA and give its (UNet, text) weights by adapter name; a file used twice adds.

    Raises MissingFileError or ModelFileError.
    """
    weights: dict[str, tuple[float, float]] = {}
    for use in loras:
        name = adapters.attach(model, use.path).name
        unet, text = weights.get(name, (0.0, 0.0))
        weights[name] = unet + use.weight, text + use.text
    return weights


def encoding_cache(model: LoadedModel, loras: Sequence[LoraUse]) -> EncodingCache:
    """The prompts that ``model`` has encoded under exactly these LoRA files and text weights; what
    does not act on the text encoders changes nothing.
    """
    key = tuple(
        (use.path, file_state(require_file(Path(use.path)).stat()), use.text)
        for use in loras
        if use.text and adapters.acts_on_text(model, Path(use.path))
    )
    held = _encodings.get(model)
    if held is None or held[0] != key:
        held = _encodings[model] = (key, EncodingCache())
    return held[1]


def _use_of(tag: LoraTag) -> LoraUse:
    if not tag.valid:
        raise BadInputError(
            "The tag of the LoRA {name} has no name or a weight that is not a number; "
            "it was left out.",
            name=tag.name or "?",
            remedy="Write it as <lora:name:0.8>.",
        )
    path = find_lora(tag.name)
    return LoraUse(path=str(path), weight=tag.unet_weight, text_weight=tag.text_weight)


class _Desk:
    """Where finished pictures arrive: described, saved, and announced."""

    def __init__(
        self, model: LoadedModel, request: ImageRequest, loras: Sequence[LoraUse], job: Job
    ) -> None:
        self._model = model
        self._request = request
        self._loras = loras
        self._job = job
        self._paths: dict[int, str] = {}
        self.infotexts: dict[int, str] = {}

    def preview(self, number: int, step: int, total: int, array: np.ndarray) -> None:
        """Announce how picture ``number`` looks so far."""
        self._job.emit("image.preview", index=number, step=step, total=total, array=array)

    def done(self, number: int, shot: Shot, array: np.ndarray) -> None:
        """Save picture ``number`` and announce it."""
        infotext = describe(self._model, self._request, shot, self._loras).to_text()
        self.infotexts[number] = infotext
        path = self._request.path_of(number, shot)
        if path is not None:
            save_picture(path, array, infotext)
            self._paths[number] = str(path)
        self._job.emit(
            "image.done",
            index=number,
            seed=shot.seed,
            path=self._paths.get(number, ""),
            array=array,
            infotext=infotext,
        )

    def saved(self) -> list[str]:
        """The paths of the saved pictures, in order."""
        return self.in_order(self._paths)

    @staticmethod
    def in_order(values: dict[int, str]) -> list[str]:
        """``values`` by picture number."""
        return [values[number] for number in sorted(values)]
