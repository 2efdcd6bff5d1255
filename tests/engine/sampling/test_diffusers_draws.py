"""The pipelines of diffusers, given a LoRA file that is written here, draw the same picture."""

from __future__ import annotations

import copy
import itertools

import pytest
import torch
from diffusers import DDIMScheduler, StableDiffusionPipeline, StableDiffusionXLPipeline

from engine.models import adapter_training, adapters
from engine.models.adapter_plan import AdapterSpec
from engine.models.lora_file import write_lora
from engine.runtime.job import Job
from engine.sampling import pipeline
from engine.sampling.pixels import draw_noise
from engine.sampling.request import ImageRequest, Shot
from tests.engine.small_models import BETAS, small_model

STEPS, GUIDANCE, SIDE, SEED = 6, 5.0, 64, 11
PROMPT, NEGATIVE = "a castle, flat icon", "blurry"


def our_pixels(model, monkeypatch):
    """The picture of the application before it is rounded, [1, 3, H, W]."""
    found = []
    decode = pipeline.decode_latents

    def noting(model, latents):
        found.append(latents)
        return decode(model, latents)

    monkeypatch.setattr(pipeline, "decode_latents", noting)
    recipe = ImageRequest(
        sampler="ddim", schedule="normal", steps=STEPS, guidance_scale=GUIDANCE, width=SIDE,
        height=SIDE,
    )  # fmt: skip
    pipeline.sample(model, recipe, job=Job.detached(), shots=[Shot(PROMPT, NEGATIVE, SEED)])
    return decoded(model, found[0][None])


@torch.no_grad()
def decoded(model, latents):
    return model.vae.decode(latents / model.vae.config.scaling_factor).sample


def their_pixels(model, path):
    """The picture of diffusers' own pipeline from the same noise."""
    scheduler = DDIMScheduler(**BETAS, clip_sample=False, steps_offset=1)
    parts = {"vae": model.vae, "unet": model.unet, "scheduler": scheduler,
             "text_encoder": model.text_encoders[0], "tokenizer": model.tokenizers[0]}  # fmt: skip
    if model.family.pooled:
        second = copy.deepcopy(model.tokenizers[1])
        second.pad_token = "!"  # as SDXL fills up its second
        built = StableDiffusionXLPipeline(
            **parts, text_encoder_2=model.text_encoders[1], tokenizer_2=second,
            force_zeros_for_empty_prompt=False, add_watermarker=False,
        )  # fmt: skip
    else:
        built = StableDiffusionPipeline(
            **parts, safety_checker=None, feature_extractor=None, requires_safety_checker=False
        )
    built.set_progress_bar_config(disable=True)
    if path is not None:
        built.load_lora_weights(str(path.parent), weight_name=path.name)
    side = SIDE // model.vae_scale
    noise = draw_noise([torch.Generator().manual_seed(SEED)], (4, side, side))
    latents = built(
        PROMPT, negative_prompt=NEGATIVE, num_inference_steps=STEPS, guidance_scale=GUIDANCE,
        height=SIDE, width=SIDE, latents=noise, output_type="latent",
    ).images  # fmt: skip
    return decoded(model, latents)


@pytest.mark.parametrize("family", ["sd1", "sdxl"])
def test_diffusers_draws_the_picture_of_the_application(family, tmp_path, monkeypatch):
    model = small_model(family)
    plain = their_pixels(small_model(family), None)
    spec = AdapterSpec(rank=4, alpha=2.0, conv_rank=2, conv_alpha=1.0)
    chance = torch.Generator().manual_seed(7)
    parts = adapter_training.create(model, "new", spec, torch.Generator().manual_seed(0))
    with torch.no_grad():
        for parameter in itertools.chain(*parts.values()):
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=chance))
    path = tmp_path / "style.safetensors"
    write_lora(path, adapter_training.state_dict(model, "new"), {})
    with adapters.active(model, {"new": (1.0, 1.0)}):
        ours = our_pixels(model, monkeypatch)
    theirs = their_pixels(small_model(family), path)
    assert (theirs - plain).abs().max() > 1e-2
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-4)
