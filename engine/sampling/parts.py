"""Fixed points where a part can bend the denoising loop, and what it sees there.

A part is a small object that overrides some hooks of :class:`Part`. Guidance, the latent mask and
previews are parts; control, reference, regions and tiles are further ones. The loop knows none of
them by name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import torch

from engine.prompt.encode import Conditioning
from engine.sampling.prompting import Prompting
from engine.sampling.request import Shot
from engine.sampling.samplers import Sampler

if TYPE_CHECKING:
    from engine.models.loading import LoadedModel


@dataclass(frozen=True)
class ModelCall:
    """One evaluation of the UNet.

    ``latents`` [N, C, h, w] at unit variance, ``timestep`` a scalar tensor, ``conditioning`` N
    rows, ``sizes`` [N, 6] for SDXL. ``extra`` are further arguments of the UNet, such as the
    residuals of a control network.
    """

    latents: torch.Tensor
    timestep: torch.Tensor
    conditioning: Conditioning
    sizes: torch.Tensor | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    def changed(self, **changes: Any) -> ModelCall:
        """The same call with some fields replaced."""
        return replace(self, **changes)


Predict = Callable[[ModelCall], torch.Tensor]


@dataclass
class Run:
    """A batch of pictures on its way. Everything is float32 on the model's device.

    ``latents`` [B, C, h, w] are in the sampler's scale, ``noise`` is what the run started from,
    ``index`` the current step, ``prediction`` the model's answer of that step.
    """

    model: LoadedModel
    sampler: Sampler
    shots: list[Shot]
    numbers: list[int]
    latents: torch.Tensor
    noise: torch.Tensor
    generators: list[torch.Generator]
    index: int = 0
    prediction: torch.Tensor | None = None
    before: torch.Tensor | None = None

    def clean(self) -> torch.Tensor:
        """The picture that the current step points at, as latents; call it in ``after_step``."""
        if self.before is None or self.prediction is None:
            raise RuntimeError("no step was taken yet")
        return self.sampler.clean(self.before, self.prediction, self.index)


class Part:
    """The hooks, in the order the loop calls them. A hook that is not overridden does nothing."""

    def around_model(self, predict: Predict) -> Predict:
        """Wrap the model; the first part of a run is the outermost."""
        return predict

    def before_step(self, run: Run) -> None:
        """May replace ``run.latents`` before the model sees them."""

    def after_step(self, run: Run) -> None:
        """May replace ``run.latents`` after the sampler's step."""

    def finish(self, run: Run) -> None:
        """May replace the clean ``run.latents`` before they are decoded."""


class Guidance(Part):
    """Classifier-free guidance (Ho and Salimans 2022, arXiv:2207.12598), for prompts that act
    together as composed by Liu et al. (2022, arXiv:2206.01714).

    The answer is ``negative + sum of weight * scale * (voice - negative)``. All prompts of a step
    go through the model in one call. A single prompt is asked alone at scale 1, and
    where the negative says the same.
    """

    def __init__(self, prompting: Prompting, scale: float) -> None:
        self._prompting = prompting
        self._scale = scale
        self._now = prompting.at(0)

    def before_step(self, run: Run) -> None:
        """Take up what is said in this step."""
        self._now = self._prompting.at(run.index)

    def around_model(self, predict: Predict) -> Predict:
        """Ask ``predict`` about both sides and go from the negative past the positive answer."""

        def guided(call: ModelCall) -> torch.Tensor:
            now = self._now
            if now.plain and (self._scale == 1 or now.alike):
                return predict(call.changed(conditioning=now.positive))
            count = len(call.latents)
            rows = [*range(count), *now.owners]
            both = call.changed(
                latents=call.latents[rows],
                conditioning=now.negative + now.positive,
                sizes=None if call.sizes is None else call.sizes[rows],
            )
            answers = predict(both)
            negative, voices = answers[:count], answers[count:]
            owners = torch.tensor(now.owners, device=answers.device)
            factors = torch.tensor(now.weights, device=answers.device) * self._scale
            steps = factors.view(-1, 1, 1, 1) * (voices - negative[owners])
            return negative.index_add(0, owners, steps)

        return guided


class LatentMask(Part):
    """Per-pixel strength, after differential diffusion (Levin and Fried 2023, arXiv:2306.00950).

    A cell of the mask with value m is handed over to the model for the last m of the run's steps;
    until then it follows the original picture. White cells change in every step, black ones never.
    """

    # Rounding in a resized mask would otherwise keep a ghost of the original for one step.
    _WHITE = 0.99

    def __init__(self, original: torch.Tensor, mask: torch.Tensor) -> None:
        """``original`` clean latents [1, C, h, w]; ``mask`` [1, 1, h, w] from 0 to 1."""
        self._original = original
        self._mask = torch.where(mask > self._WHITE, torch.ones_like(mask), mask)

    def before_step(self, run: Run) -> None:
        """Put the original, under this step's noise, back wherever it is not its turn yet."""
        kept = run.sampler.noised(self._original, run.noise, run.index)
        run.latents = torch.where(self._open(run), run.latents, kept)

    def finish(self, run: Run) -> None:
        """Cells that never had their turn end as the original itself."""
        run.latents = torch.where(self._open(run), run.latents, self._original)

    def _open(self, run: Run) -> torch.Tensor:
        left = 1 - run.index / run.sampler.steps
        return self._mask >= left - 1e-4
