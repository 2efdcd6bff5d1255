"""The samplers, over diffusers' schedulers: one :class:`Sampler` is one run.

Multistep solvers keep a history inside their scheduler, so a run never reuses one. The noise levels
are ours (``schedules``), so that every sampler can follow every schedule with exact timesteps.
All arithmetic is float32 whatever the model runs in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

import numpy as np
import torch
from diffusers import (
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    UniPCMultistepScheduler,
)

from engine.sampling.schedules import Schedule, ddim_levels, evaluations, noise_levels

SamplerName = Literal["euler", "euler_a", "dpmpp_2m", "ddim", "unipc"]

# DDIM is the first-order case of DPM-Solver++ (Lu et al. 2022, arXiv:2211.01095, section 4), which
# unlike diffusers' DDIM class can follow any noise levels.
_SCHEDULERS: dict[str, tuple[Any, dict[str, Any]]] = {
    "euler": (EulerDiscreteScheduler, {}),
    "euler_a": (EulerAncestralDiscreteScheduler, {}),
    "dpmpp_2m": (
        DPMSolverMultistepScheduler,
        {"algorithm_type": "dpmsolver++", "solver_order": 2, "final_sigmas_type": "zero"},
    ),
    "ddim": (
        DPMSolverMultistepScheduler,
        {"algorithm_type": "dpmsolver++", "solver_order": 1, "final_sigmas_type": "zero"},
    ),
    "unipc": (UniPCMultistepScheduler, {"solver_order": 2, "final_sigmas_type": "zero"}),
}
# Parts of a checkpoint's scheduler config that describe how it was trained. The rest (spacing,
# thresholds) belongs to whoever saved it.
_TRAINING = (
    "num_train_timesteps",
    "beta_start",
    "beta_end",
    "beta_schedule",
    "trained_betas",
    "rescale_betas_zero_snr",
)


class Sampler:
    """One run of one sampler from its first noise level to the clean latents.

    Latents are in the sampler's own scale: Euler works on ``x0 + sigma n`` (variance exploding),
    the others on the same divided by sqrt(1 + sigma^2). ``noised``, ``model_input`` and ``clean``
    hide the difference. ``steps`` is the number of model evaluations.
    """

    def __init__(
        self,
        name: SamplerName,
        schedule: Schedule,
        steps: int,
        *,
        config: Mapping[str, Any],
        prediction_type: str,
        strength: float = 1.0,
    ) -> None:
        total, start = evaluations(steps, strength)
        self._exploding = name in ("euler", "euler_a")
        self._velocity = prediction_type == "v_prediction"
        self._ancestral = name == "euler_a"
        self._scheduler = _scheduler(name, config, prediction_type)
        cumulative = self._scheduler.alphas_cumprod.double().numpy()
        if name == "ddim" and schedule == "normal":
            levels = ddim_levels(cumulative, total)
        else:
            levels = noise_levels(cumulative, schedule, total)
        self.sigmas = [float(sigma) for sigma in levels[0][start:]]
        self.timesteps = _follow(self._scheduler, levels[0][start:], levels[1][start:])

    @property
    def steps(self) -> int:
        """How many times the model is evaluated."""
        return len(self.timesteps)

    def pure_noise(self, noise: torch.Tensor) -> torch.Tensor:
        """What a run that starts from nothing starts with; ``noise`` has variance 1."""
        return noise * (1 + self.sigmas[0] ** 2) ** 0.5 if self._exploding else noise

    def noised(self, latents: torch.Tensor, noise: torch.Tensor, index: int) -> torch.Tensor:
        """Clean ``latents`` under the noise of step ``index``, in the sampler's scale."""
        sigma = self.sigmas[index]
        return (latents + sigma * noise) / self._scale(sigma)

    def model_input(self, latents: torch.Tensor, index: int) -> torch.Tensor:
        """``latents`` at unit variance, as the model was trained to see them."""
        return latents / (1 + self.sigmas[index] ** 2) ** 0.5 if self._exploding else latents

    def clean(self, latents: torch.Tensor, prediction: torch.Tensor, index: int) -> torch.Tensor:
        """The finished latents that ``prediction`` at step ``index`` points at."""
        sigma = self.sigmas[index]
        alpha = (1 + sigma**2) ** -0.5
        unit = latents * alpha if self._exploding else latents
        if self._velocity:
            return alpha * unit - sigma * alpha * prediction
        return (unit - sigma * alpha * prediction) / alpha

    def step(
        self,
        latents: torch.Tensor,
        prediction: torch.Tensor,
        index: int,
        generators: Sequence[torch.Generator],
    ) -> torch.Tensor:
        """The latents of step ``index + 1``; fresh noise comes from each picture's generator."""
        extra = {"generator": list(generators)} if self._ancestral else {}
        result = self._scheduler.step(
            prediction.float(), self.timesteps[index], latents, return_dict=False, **extra
        )
        return cast("torch.Tensor", result[0])

    def _scale(self, sigma: float) -> float:
        return 1.0 if self._exploding else (1 + sigma**2) ** 0.5


def _scheduler(name: str, config: Mapping[str, Any], prediction_type: str) -> Any:
    kind, options = _SCHEDULERS[name]
    training = {key: config[key] for key in _TRAINING if key in config}
    return kind(**training, **options, prediction_type=prediction_type)


def _follow(scheduler: Any, sigmas: np.ndarray, timesteps: np.ndarray) -> torch.Tensor:
    """Make ``scheduler`` visit exactly these noise levels; returns the timesteps [steps]."""
    scheduler.set_timesteps(len(timesteps))
    scheduler.sigmas = torch.from_numpy(sigmas.astype(np.float32))
    scheduler.timesteps = torch.from_numpy(timesteps.astype(np.float32))
    scheduler.set_begin_index(0)
    scheduler.is_scale_input_called = True  # Sampler.model_input does it; else Euler warns
    return cast("torch.Tensor", scheduler.timesteps)
