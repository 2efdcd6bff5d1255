"""The denoising loop, and what surrounds it: prompts in, noise drawn, latents decoded.

``sample`` works on a loaded model with whatever adapters are active, so training samples, grids,
the canvas and ``generate`` all draw through the same few lines.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, cast

import numpy as np
import torch

from engine.prompt.encode import EncodingCache
from engine.sampling.parts import Guidance, LatentMask, ModelCall, Part, Predict, Run
from engine.sampling.pixels import (
    between,
    decode_latents,
    draw_noise,
    encode_picture,
    latent_mask,
    load_source,
    picture_size,
)
from engine.sampling.preview import OnPreview, Previews
from engine.sampling.prompting import Prompting, windows_of
from engine.sampling.request import ImageRequest, Shot
from engine.sampling.samplers import Sampler

if TYPE_CHECKING:
    from engine.models.loading import LoadedModel
    from engine.runtime.job import Job

OnPicture = Callable[[int, Shot, np.ndarray], None]


def sample(
    model: LoadedModel,
    recipe: ImageRequest,
    *,
    job: Job,
    shots: Sequence[Shot] | None = None,
    parts: Sequence[Part] = (),
    on_preview: OnPreview | None = None,
    on_picture: OnPicture | None = None,
    cache: EncodingCache | None = None,
    blended: bool = True,
    from_noise: bool = False,
    portion: tuple[int, int] = (0, 1),
) -> list[np.ndarray]:
    """Draw the pictures of ``recipe`` on ``model``; uint8 RGB arrays [H, W, 3] in order.

    ``shots`` (default: the recipe's own) may differ in prompt and seed and still share batches.
    ``on_picture(number, shot, array)`` is called as soon as each is done. ``cache`` keeps encoded
    prompts between calls; pass one only while the active adapters stay as they are. What a mask
    leaves out is the start picture's, by degrees; without ``blended`` the pictures are given as the
    model has painted them, for who lays them over the picture. With ``from_noise`` nothing of the
    start picture shows through the noise at first, as if only the mask kept it. ``portion``
    (number, all) says which part of the job's work this is. Calls ``job.breathe()`` before every
    step. Raises PictureError, BadInputError or JobCancelled.
    """
    wanted = list(shots) if shots is not None else recipe.shots()
    plan = _Plan(model, recipe, cache, from_noise)
    extra = [*parts, *([Previews(on_preview)] if on_preview else [])]
    batches = plan.batches(wanted)
    drawn: dict[int, np.ndarray] = {}
    for at, numbers in enumerate(batches):
        run = plan.start([wanted[number] for number in numbers], numbers)
        number, portions = portion
        all_steps = len(batches) * run.sampler.steps
        done = number * all_steps + at * run.sampler.steps
        progress = _Progress(job, done, portions * all_steps)
        plan.denoise(run, extra, progress)
        for number, shot, latents in zip(numbers, run.shots, run.latents, strict=True):
            job.breathe()
            drawn[number] = plan.finish(latents, blended=blended)
            if on_picture is not None:
                on_picture(number, shot, drawn[number])
    return [drawn[number] for number in range(len(wanted))]


class _Progress:
    """Breathes before each step and reports after it, over all batches."""

    def __init__(self, job: Job, done: int, total: int) -> None:
        self._job = job
        self._done = done
        self._total = total

    def breathe(self) -> None:
        self._job.breathe()

    def step(self) -> None:
        self._done += 1
        self._job.progress(self._done, self._total)


class _Plan:
    """What all batches of one call share: the size, the start picture, the encoded prompts."""

    def __init__(
        self,
        model: LoadedModel,
        recipe: ImageRequest,
        cache: EncodingCache | None,
        from_noise: bool,
    ) -> None:
        self._model = model
        self._from_noise = from_noise
        self._recipe = recipe
        self._cache = cache if cache is not None else EncodingCache()
        self._device = model.device
        self._size = picture_size(model, recipe)
        self._source = load_source(recipe, self._size)
        self._original: torch.Tensor | None = None
        self._mask: torch.Tensor | None = None
        if self._source is not None:
            self._original = encode_picture(model, self._source.rgb).to(self._device)
            if self._source.mask is not None:
                self._mask = latent_mask(self._source.mask, model.vae_scale).to(self._device)

    def batches(self, shots: Sequence[Shot]) -> list[list[int]]:
        """Numbers of the shots that run together: equally many prompt windows, batch size at most.

        Filling a short prompt up to a longer neighbor's windows would change its picture.
        """
        groups: dict[int, list[int]] = {}
        texts = [(shot.prompt, shot.negative_prompt) for shot in shots]
        windows = {pair: windows_of(self._model, self._recipe, *pair) for pair in set(texts)}
        for number, pair in enumerate(texts):
            groups.setdefault(windows[pair], []).append(number)
        size = self._recipe.batch_size
        return [
            group[at : at + size] for group in groups.values() for at in range(0, len(group), size)
        ]

    def start(self, shots: list[Shot], numbers: list[int]) -> Run:
        """A batch with its noise drawn and its prompts encoded, before the first step."""
        recipe, model = self._recipe, self._model
        sampler = Sampler(
            recipe.sampler,
            recipe.schedule,
            recipe.steps,
            config=model.scheduler_config,
            prediction_type=model.prediction_type,
            strength=1.0 if self._original is None else recipe.strength,
        )
        generators = [torch.Generator("cpu").manual_seed(shot.seed) for shot in shots]
        noise = draw_noise(generators, self._latent_shape()).to(self._device)
        if recipe.variation:
            others = [torch.Generator("cpu").manual_seed(shot.variation_seed) for shot in shots]
            other = draw_noise(others, self._latent_shape()).to(self._device)
            noise = between(noise, other, recipe.variation)
        if self._original is None or self._from_noise:
            latents = sampler.pure_noise(noise)
        else:
            latents = sampler.noised(self._original, noise, 0)
        return Run(model, sampler, shots, numbers, latents, noise, generators)

    def denoise(self, run: Run, extra: Sequence[Part], progress: _Progress) -> None:
        """The loop: from noise to clean latents in ``run.latents``."""
        prompting = Prompting(
            self._model, self._recipe, run.shots, run.sampler.steps, cache=self._cache
        )
        guidance = Guidance(prompting, self._recipe.guidance_scale)
        parts = [guidance, *self._parts(), *extra]
        predict: Predict = self._evaluate
        for part in reversed(parts):
            predict = part.around_model(predict)
        positive = prompting.at(0).positive
        call = ModelCall(run.latents, run.sampler.timesteps[0], positive, self._sizes(run))
        for index in range(run.sampler.steps):
            run.index = index
            progress.breathe()
            _step(run, parts, predict, call)
            progress.step()
        for part in parts:
            part.finish(run)

    def finish(self, latents: torch.Tensor, *, blended: bool) -> np.ndarray:
        """The picture of clean latents [C, h, w]; outside a mask, the start picture's pixels."""
        picture = decode_latents(self._model, latents)
        if self._source is None or not blended:
            return picture
        return self._source.keep_outside(picture)

    def _parts(self) -> list[Part]:
        if self._original is None or self._mask is None:
            return []
        return [LatentMask(self._original, self._mask)]

    def _evaluate(self, call: ModelCall) -> torch.Tensor:
        """The UNet's answer, float32."""
        dtype = self._model.dtype
        extra = dict(call.extra)
        if call.sizes is not None and call.conditioning.pooled is not None:
            pooled = call.conditioning.pooled.to(dtype)
            extra["added_cond_kwargs"] = {"text_embeds": pooled, "time_ids": call.sizes}
        answer = self._model.unet(
            call.latents.to(dtype),
            call.timestep,
            encoder_hidden_states=call.conditioning.context.to(dtype),
            return_dict=False,
            **extra,
        )
        return cast("torch.Tensor", answer[0].float())

    def _sizes(self, run: Run) -> torch.Tensor | None:
        """SDXL's size numbers [B, 6]: original (h, w), crop (top, left), target (h, w)."""
        if not self._model.family.pooled:
            return None
        width, height = self._size
        row = torch.tensor([height, width, 0, 0, height, width], device=self._device)
        return row.float().expand(len(run.shots), 6)

    def _latent_shape(self) -> tuple[int, int, int]:
        width, height = self._size
        scale = self._model.vae_scale
        return self._model.latent_channels, height // scale, width // scale


# Not around the whole loop: a job that is let in while this one breathes may load a model or start
# training, and weights made in inference mode could never be trained.
@torch.inference_mode()
def _step(run: Run, parts: Sequence[Part], predict: Predict, call: ModelCall) -> None:
    for part in parts:
        part.before_step(run)
    run.before = run.latents
    run.prediction = predict(
        call.changed(
            latents=run.sampler.model_input(run.latents, run.index),
            timestep=run.sampler.timesteps[run.index],
        )
    )
    run.latents = run.sampler.step(run.latents, run.prediction, run.index, run.generators)
    for part in parts:
        part.after_step(run)
