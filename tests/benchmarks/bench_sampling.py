"""Sampling throughput against a plain loop over the same diffusers objects.

Run by hand: ``python tests/benchmarks/bench_sampling.py [rounds]``. Both sides draw four pictures
with the starter and DPM++ 2M Karras, by turns, so that the ratio means something on a busy machine.
Above 1 the application is faster.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch
from diffusers import DPMSolverMultistepScheduler

from engine.models.loading import LoadedModel, load_model
from engine.prompt.encode import EncodingCache
from engine.runtime.device import default_device, default_threads
from engine.runtime.job import Job
from engine.sampling.pipeline import sample
from engine.sampling.request import ImageRequest

PROMPT = "castle, glossy icon, white background"
BATCH, STEPS, GUIDANCE = 4, 12, 4.0


@torch.inference_mode()
def plain(model: LoadedModel) -> torch.Tensor:
    """The shortest honest loop: encode, denoise, decode, to bytes."""
    ids = model.tokenizers[0](
        [""] * BATCH + [PROMPT] * BATCH, padding="max_length", max_length=77, return_tensors="pt"
    ).input_ids
    context = model.text_encoders[0](ids.to(model.device)).last_hidden_state
    scheduler = DPMSolverMultistepScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type=model.prediction_type,
        use_karras_sigmas=True,
    )
    scheduler.set_timesteps(STEPS)
    latents = torch.randn(BATCH, model.latent_channels, 16, 16).to(model.device)
    for timestep in scheduler.timesteps:
        both = torch.cat([latents, latents])
        answer = model.unet(both, timestep, encoder_hidden_states=context, return_dict=False)[0]
        negative, positive = answer.chunk(2)
        guided = negative + GUIDANCE * (positive - negative)
        latents = scheduler.step(guided, timestep, latents, return_dict=False)[0]
    pixels = model.vae.decode(latents / model.scaling_factor, return_dict=False)[0]
    return ((pixels + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).cpu()


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    torch.set_num_threads(default_threads())
    model = load_model("starter", device=default_device(), dtype=torch.float32)
    request = ImageRequest(
        prompt=PROMPT, count=BATCH, batch_size=BATCH, steps=STEPS, guidance_scale=GUIDANCE
    )
    cache = EncodingCache()

    def ours() -> object:
        return sample(model, request, job=Job.detached(), cache=cache)

    ours()
    plain(model)
    times = [(seconds(ours), seconds(lambda: plain(model))) for _ in range(rounds)]
    ratio = statistics.median(other / own for own, other in times)
    own, other = (statistics.median(side) for side in zip(*times, strict=True))
    print(
        f"{rounds} rounds of {BATCH} pictures, {STEPS} steps: "
        f"ours {own:.3f} s, plain {other:.3f} s, "
        f"ratio {ratio:.3f} (medians; at least 0.95 is wanted)"
    )


if __name__ == "__main__":
    main()
