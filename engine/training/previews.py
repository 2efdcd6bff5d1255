"""Sample pictures while training: through the one sampler, without disturbing the run."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.imaging.decode import encode_png
from engine.models.loading import LoadedModel
from engine.runtime.files import write_bytes
from engine.runtime.job import Job
from engine.runtime.schema import validated
from engine.sampling.pipeline import sample
from engine.sampling.request import ImageRequest, Shot
from engine.training.config import TrainRequest
from engine.training.prompts import SamplePrompt, parse_prompt
from engine.training.recorder import Recorder


class QuietJob(Job):
    """The training job as the sampler sees it: it breathes, but keeps the training's progress."""

    def __init__(self, outer: Job) -> None:
        super().__init__(outer.handle)
        self._outer = outer

    def progress(self, step: int, total: int, text: str = "", **facts: object) -> None:
        """Say nothing; the progress bar counts training steps."""

    def emit(self, kind: str, **data: Any) -> None:
        """Say nothing; the training reports its own samples."""

    def breathe(self) -> None:
        """As the training breathes."""
        self._outer.breathe()


class Previews:
    """Draws the sample prompts of a run into its ``samples`` folder."""

    def __init__(
        self, request: TrainRequest, model: LoadedModel, recorder: Recorder, job: Job
    ) -> None:
        self._prompts = [parse_prompt(line) for line in request.sample_prompts]
        self._request = request
        for prompt in self._prompts:
            self._recipe(prompt)  # a wrong option is told before the training, not in its middle
        self._model = model
        self._recorder = recorder
        self._job = QuietJob(job)

    def due(self, epoch: int) -> bool:
        """Whether to draw at the end of ``epoch``; epoch 0 is before the first step."""
        every = self._request.sample_every_n_epochs
        if not self._prompts or epoch == 0:
            return bool(self._prompts) and self._request.sample_at_first
        return every > 0 and epoch % every == 0

    def draw(self, epoch: int, step: int) -> None:
        """Draw every prompt with the adapters that are active now, equal recipes together."""
        groups: dict[ImageRequest, list[int]] = {}
        for index, prompt in enumerate(self._prompts):
            groups.setdefault(self._recipe(prompt), []).append(index)
        pictures: dict[int, np.ndarray] = {}
        for recipe, indices in groups.items():
            shots = [self._shot(self._prompts[index]) for index in indices]
            drawn = sample(self._model, recipe, job=self._job, shots=shots)
            pictures |= dict(zip(indices, drawn, strict=True))
        for index in range(len(self._prompts)):
            self._tell(index, epoch, step, pictures[index])

    def _tell(self, index: int, epoch: int, step: int, picture: np.ndarray) -> None:
        shot = self._shot(self._prompts[index])
        stem = f"epoch-{epoch:06d}-{index:02d}-{shot.seed}"
        path = self._recorder.run.folder / "samples" / f"{stem}.png"
        write_bytes(path, encode_png(picture))
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
        given = {
            "width": prompt.width,
            "height": prompt.height,
            "steps": prompt.steps,
            "guidance_scale": prompt.guidance_scale,
        }
        return validated(
            ImageRequest,
            {"model": self._request.base_model, "clip_skip": self._request.clip_skip}
            | {key: value for key, value in given.items() if value is not None},
            where="sample prompt",
        )

    def _shot(self, prompt: SamplePrompt) -> Shot:
        # Without its own seed the run's, so that the same prompt can be compared over epochs.
        seed = self._request.seed if prompt.seed is None else prompt.seed
        return Shot(prompt.prompt, prompt.negative_prompt, seed % 2**32)
