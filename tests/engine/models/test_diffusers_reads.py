"""diffusers reads the LoRA files that are written here, and answers as the application does."""

from __future__ import annotations

import itertools

import pytest
import torch
from diffusers.loaders import StableDiffusionLoraLoaderMixin, StableDiffusionXLLoraLoaderMixin

from engine.models import adapter_training
from engine.models.adapter_plan import AdapterSpec
from engine.models.lora_file import write_lora
from tests.engine.models.tiny import tiny_model


@torch.no_grad()
def _answers(model):
    """What the UNet gives for fixed inputs, and each text encoder for a fixed prompt."""
    chance = torch.Generator().manual_seed(1)
    ids = torch.tensor([model.tokenizers[0]("castle, flat icon").input_ids])
    states = [encoder(ids) for encoder in model.text_encoders]
    context = torch.cat([one.last_hidden_state for one in states], dim=-1)
    extra = None
    if model.family.pooled:
        extra = {"text_embeds": states[-1].text_embeds, "time_ids": torch.full((1, 6), 32.0)}
    latent = torch.randn(1, 4, 8, 8, generator=chance)
    return model.unet(latent, 300, context, added_cond_kwargs=extra).sample


def _load_with_diffusers(model, path):
    sdxl = model.family.pooled
    loader = StableDiffusionXLLoraLoaderMixin if sdxl else StableDiffusionLoraLoaderMixin
    state, alphas, *_ = loader.lora_state_dict(
        str(path.parent), weight_name=path.name, unet_config=model.unet.config
    )
    loader.load_lora_into_unet(state, alphas, model.unet)
    names = ["text_encoder", "text_encoder_2"]
    for prefix, encoder in zip(names, model.text_encoders, strict=False):
        loader.load_lora_into_text_encoder(state, alphas, encoder, prefix=prefix)


@pytest.mark.parametrize("stabilized", [False, True], ids=["LoRA", "rsLoRA"])
@pytest.mark.parametrize("conv_rank", [0, 2], ids=["attention", "LoCon"])
@pytest.mark.parametrize("family", ["sd1", "sd2", "sdxl"])
def test_diffusers_answers_as_the_application(family, conv_rank, stabilized, tmp_path):
    model = tiny_model(family)
    base = _answers(model)
    spec = AdapterSpec(
        rank=4, alpha=1.5, conv_rank=conv_rank, conv_alpha=3.0, rank_stabilized=stabilized
    )
    parameters = adapter_training.create(model, "new", spec, torch.Generator().manual_seed(0))
    chance = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for parameter in itertools.chain(*parameters.values()):
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=chance))
    expected = _answers(model)
    path = tmp_path / "style.safetensors"
    write_lora(path, adapter_training.state_dict(model, "new"), {})
    other = tiny_model(family)
    _load_with_diffusers(other, path)
    assert (expected - base).abs().max() > 1e-2
    torch.testing.assert_close(_answers(other), expected, rtol=0, atol=1e-4)
