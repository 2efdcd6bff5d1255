"""Sample pictures while training: through the one sampler, without disturbing the run."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from engine.imaging.decode import encode_png
from engine.models.loading import LoadedModel
from engine.runtime.errors import StylekilnError
from engine.runtime.files import write_bytes
from engine.runtime.job import Job
from engine.runtime.schema import validated
from engine.sampling.pipeline import sample
from engine.sampling.pixels import picture_size
from engine.sampling.request import ImageRequest, Shot
from engine.training.config import TrainRequest
from engine.training.patience import patiently
from engine.training.prompts import SamplePrompt, parse_prompt, prompt_lines
from engine.training.recorder import Recorder
from engine.training.settings.samples import NEAREST_SAMPLER

ZERO_SNR = "rescale_betas_zero_snr"
TRIED = 3
"""Steps by which it is told how long all would take."""
FILES = (".txt", ".toml", ".json")


class QuietJob(Job):
    """The training job as the sampler sees it: it breathes, but keeps the training's progress."""

    def __init__(self, outer: Job) -> None:
        super().__init__(outer.handle)
        self._outer = outer

    def progress(self, step: int, total: int, text: str = "", **facts: object) -> None:
        """Say nothing; the progress bar counts training steps."""

    def emit(self, kind: str, **data: Any) -> None:
        """Say nothing; the training reports its own samples."""

    def tell(self, kind: str, **data: Any) -> None:
        """An event of the training itself."""
        self._outer.emit(kind, **data)

    def breathe(self) -> None:
        """As the training breathes, but a pause holds when the samples are there to look at."""
        self._outer.go_on()


class _Words:
    """Names the sample that is being drawn, and moves on whenever one is done: ``count`` more of
    one size after ``done`` of ``total``.
    """

    def __init__(self, job: Job, size: tuple[int, int], done: int, count: int, total: int) -> None:
        self._job, self._size = job, size
        self._done, self._end, self._total = done, done + count, total
        self._say()

    def __call__(self, number: int, shot: Shot, picture: np.ndarray) -> None:
        self._done += 1
        self._say()

    def _say(self) -> None:
        if self._done < self._end:
            n, all_ = f"{self._done + 1:,}", f"{self._total:,}"
            facts = {"n": n, "all": all_, "width": self._size[0], "height": self._size[1]}
            self._job.say("Drawing sample {n} of {all}, {width} × {height}", **facts)


class Previews:
    """Draws the sample prompts of a run into its ``samples`` folder.

    A prompt that names a file stands for the prompts in it. It is read at every drawing, so that
    it can be changed while the run goes on.
    """

    def __init__(
        self, request: TrainRequest, model: LoadedModel, recorder: Recorder, job: Job
    ) -> None:
        self._request = request
        self._model = _as_trained(model, request)
        self._recorder = recorder
        self._job = QuietJob(job)
        for line in request.sample_prompts:
            if not _is_file(line):
                # A wrong option is told before the training, not in its middle.
                self._recipe(parse_prompt(line))

    def draw(self, epoch: int, step: int, *, by_epoch: bool = True) -> None:
        """Draw every prompt with the adapters that are active now, equal recipes together.

        ``by_epoch`` names the pictures by their epoch, else by their step.
        """
        prompts = self._prompts()
        groups = self._groups(prompts)
        pictures: dict[int, np.ndarray] = {}
        for recipe, indices in groups.items():
            shots = [self._shot(prompts[index]) for index in indices]
            show = partial(self._show, epoch, step, indices, shots)
            size = picture_size(self._model, recipe)
            say = _Words(self._job, size, len(pictures), len(indices), len(prompts))
            drawn = sample(
                self._model, recipe, job=self._job, shots=shots, on_preview=show, on_picture=say
            )
            pictures |= dict(zip(indices, drawn, strict=True))
        when = f"e{epoch:06d}" if by_epoch else f"{step:06d}"
        for index, prompt in enumerate(prompts):
            self._tell(index, prompt, epoch, step, when, pictures[index])

    def seconds(self) -> float:
        """How long a prompt takes, told by its first steps: drawing all would take too long."""
        prompts = self._prompts()
        total = 0.0
        for recipe, indices in self._groups(prompts).items():
            shots = [self._shot(prompts[index]) for index in indices]
            one, more = (self._time(recipe, shots, steps) for steps in (1, TRIED))
            total += one + max(0.0, more - one) * (recipe.steps - 1) / (TRIED - 1)
        return total / max(1, len(prompts))

    def _time(self, recipe: ImageRequest, shots: Sequence[Shot], steps: int) -> float:
        began = time.monotonic()
        short = recipe.model_copy(update={"steps": steps})
        sample(self._model, short, job=self._job, shots=shots)
        return time.monotonic() - began

    def _groups(self, prompts: Sequence[SamplePrompt]) -> dict[ImageRequest, list[int]]:
        """The numbers of the prompts that are drawn together."""
        groups: dict[ImageRequest, list[int]] = {}
        for index, prompt in enumerate(prompts):
            groups.setdefault(self._recipe(prompt), []).append(index)
        return groups

    def _prompts(self) -> list[SamplePrompt]:
        """The prompts as they are now. What cannot be read is told, and the run goes on."""
        found: list[SamplePrompt] = []
        for line in self._request.sample_prompts:
            try:
                lines = prompt_lines(Path(line)) if _is_file(line) else [line]
                more = [parse_prompt(text) for text in lines]
                for prompt in more:
                    self._recipe(prompt)
                found += more
            except StylekilnError as error:
                self._recorder.warn(error)
        return found

    def _show(
        self,
        epoch: int,
        step: int,
        indices: Sequence[int],
        shots: Sequence[Shot],
        number: int,
        done: int,
        steps: int,
        array: np.ndarray,
    ) -> None:
        """Tell how far a picture is. It is not kept: the finished one is."""
        self._job.tell(
            "train.preview",
            run=str(self._recorder.run.folder),
            epoch=epoch,
            step=step,
            index=indices[number],
            prompt=shots[number].prompt,
            done=done,
            steps=steps,
            array=array,
        )

    def _tell(
        self,
        index: int,
        prompt: SamplePrompt,
        epoch: int,
        step: int,
        when: str,
        picture: np.ndarray,
    ) -> None:
        shot = self._shot(prompt)
        # Kohya's name; the seed stands in it only where the prompt gave one.
        seed = "" if prompt.seed is None else f"_{shot.seed}"
        name = f"{self._request.output_name}_{when}_{index:02d}_{datetime.now():%Y%m%d%H%M%S}{seed}"
        path = self._recorder.run.folder / "samples" / f"{name}.png"
        patiently(self._job, lambda: write_bytes(path, encode_png(picture)))
        self._recorder.event(
            "train.sample",
            epoch=epoch,
            step=step,
            index=index,
            prompt=shot.prompt,
            seed=shot.seed,
            path=str(path),
        )

    def _recipe(self, prompt: SamplePrompt) -> ImageRequest:
        """What a prompt may share with others: all but its words and its seed."""
        sampler = prompt.sampler or self._request.sample_sampler
        sampler = NEAREST_SAMPLER.get(sampler.lower(), sampler.lower())
        given = {
            "width": prompt.width,
            "height": prompt.height,
            "steps": prompt.steps,
            "guidance_scale": prompt.guidance_scale,
            # The steps of Karras et al. suit the solver that is the default; kohya draws others in
            # even steps.
            "schedule": None if sampler == "dpmpp_2m" else "normal",
        }
        return validated(
            ImageRequest,
            {
                "model": self._request.base_model,
                "clip_skip": self._request.clip_skip,
                "sampler": sampler,
            }
            | {key: value for key, value in given.items() if value is not None},
            where="sample prompt",
        )

    def _shot(self, prompt: SamplePrompt) -> Shot:
        # Without its own seed the run's, so that the same prompt can be compared over epochs.
        seed = self._request.seed if prompt.seed is None else prompt.seed
        return Shot(prompt.prompt, prompt.negative_prompt, seed % 2**32)


def _as_trained(model: LoadedModel, request: TrainRequest) -> LoadedModel:
    """``model``, from the pure noise that the run teaches it where its schedule ends in that."""
    if not request.zero_terminal_snr:
        return model
    return replace(model, scheduler_config={**model.scheduler_config, ZERO_SNR: True})


def _is_file(line: str) -> bool:
    """Whether a sample prompt is the name of a file of prompts."""
    return Path(line).suffix.lower() in FILES and "\n" not in line and " --" not in line
