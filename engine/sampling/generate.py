"""The handler of an image request: model, LoRAs, pictures, files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np

from engine.models import adapters
from engine.models.catalogue import find_lora, model_folders
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
from engine.sampling.preview import OnPreview
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
    shots = request.shots()
    desk = _Desk(model, request, job)
    stacks = lora_stacks(request, shots, job)
    images = draw_stacks(
        model, request, shots, stacks, job=job, on_preview=desk.preview, on_picture=desk.done
    )
    seeds = [shot.seed for shot in shots]
    return ImageResult(
        images, seeds, desk.in_order(desk.infotexts), desk.saved(), tuple(stacks.problems)
    )


@dataclass(frozen=True)
class LoraStack:
    """LoRAs that act together, and the numbers of the pictures they act on."""

    loras: tuple[LoraUse, ...]
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class LoraStacks:
    """All stacks of a request in the order of their pictures; ``problems`` are sentences."""

    stacks: tuple[LoraStack, ...]
    problems: tuple[str, ...] = ()


def lora_stacks(request: ImageRequest, shots: Sequence[Shot], job: Job) -> LoraStacks:
    """The LoRAs that act on each of ``shots``: those of the request, then those of its tags, which
    words drawn by chance may change. What is wrong with a tag is told once, as ``image.warning``.
    """
    found: dict[tuple[LoraTag, ...], list[int]] = {}
    for number, shot in enumerate(shots):
        found.setdefault(tuple(take_loras(shot.prompt)[1]), []).append(number)
    problems: dict[str, StylekilnError] = {}
    stacks = []
    for tags, numbers in found.items():
        uses, wrong = resolve_tags(request, tags)
        problems |= {str(problem): problem for problem in wrong}
        stacks.append(LoraStack((*request.loras, *uses), tuple(numbers)))
    if any(take_loras(shot.negative_prompt)[1] for shot in shots):
        ignored = BadInputError(
            "LoRA tags in the negative prompt have no effect and were left out."
        )
        problems[str(ignored)] = ignored
    for problem in problems.values():
        job.emit("image.warning", sentence=problem.sentence, facts=problem.facts)
    return LoraStacks(tuple(stacks), tuple(problems))


OnShot = Callable[[int, Shot, np.ndarray, Sequence[LoraUse]], None]


def draw_stacks(
    model: LoadedModel,
    request: ImageRequest,
    shots: Sequence[Shot],
    stacks: LoraStacks,
    *,
    job: Job,
    on_preview: OnPreview,
    on_picture: OnShot,
    blended: bool = True,
    from_noise: bool = False,
) -> list[np.ndarray]:
    """Draw ``shots`` stack by stack; the model stays loaded, only adapters and weights change.

    ``on_picture`` gets number, shot, picture and the LoRAs that acted. ``blended`` and
    ``from_noise`` are those of :func:`engine.sampling.pipeline.sample`.
    """
    images: dict[int, np.ndarray] = {}
    for at, stack in enumerate(stacks.stacks):
        numbers, loras = stack.numbers, stack.loras

        def shown(
            number: int,
            step: int,
            total: int,
            array: np.ndarray,
            numbers: tuple[int, ...] = numbers,
        ) -> None:
            on_preview(numbers[number], step, total, array)

        def done(
            number: int,
            shot: Shot,
            array: np.ndarray,
            numbers: tuple[int, ...] = numbers,
            loras: Sequence[LoraUse] = loras,
        ) -> None:
            on_picture(numbers[number], shot, array, loras)

        with adapters.active(model, attach_all(model, loras)):
            drawn = sample(
                model,
                request,
                job=job,
                shots=[shots[number] for number in numbers],
                on_preview=shown,
                on_picture=done,
                cache=encoding_cache(model, loras),
                blended=blended,
                from_noise=from_noise,
                portion=(at, len(stacks.stacks)),
            )
        images |= dict(zip(numbers, drawn, strict=True))
    return [images[number] for number in sorted(images)]


def resolve_tags(
    request: ImageRequest, tags: Sequence[LoraTag]
) -> tuple[list[LoraUse], list[StylekilnError]]:
    """The LoRAs that ``tags`` ask for, and what was wrong with the others."""
    uses: list[LoraUse] = []
    problems: list[StylekilnError] = []
    for tag in tags:
        try:
            uses.append(_use_of(tag, request))
        except (BadInputError, MissingFileError) as problem:
            problems.append(problem)
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


def _use_of(tag: LoraTag, request: ImageRequest) -> LoraUse:
    if not tag.valid:
        raise BadInputError(
            "The tag of the LoRA {name} has no name or a weight that is not a number; "
            "it was left out.",
            name=tag.name or "?",
            remedy="Write it as <lora:name:0.8>.",
        )
    folders = [*model_folders(), *map(Path, request.lora_folders)]
    path = find_lora(tag.name, folders)
    return LoraUse(path=str(path), weight=tag.unet_weight, text_weight=tag.text_weight)


class _Desk:
    """Where finished pictures arrive: described, saved, and announced."""

    def __init__(self, model: LoadedModel, request: ImageRequest, job: Job) -> None:
        self._model = model
        self._request = request
        self._job = job
        self._paths: dict[int, str] = {}
        self.infotexts: dict[int, str] = {}

    def preview(self, number: int, step: int, total: int, array: np.ndarray) -> None:
        """Announce how picture ``number`` looks so far."""
        self._job.emit("image.preview", index=number, step=step, total=total, array=array)

    def done(self, number: int, shot: Shot, array: np.ndarray, loras: Sequence[LoraUse]) -> None:
        """Save picture ``number`` and announce it."""
        infotext = describe(self._model, self._request, shot, loras).to_text()
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
