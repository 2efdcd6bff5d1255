"""LoRAs of random numbers for the narrow models, and a job that nobody watches."""

from __future__ import annotations

import pytest
import torch

from engine.models import adapter_training, adapters
from engine.models.adapter_layers import parts_of
from engine.models.adapter_plan import AdapterSpec
from engine.models.loading import load_model
from engine.models.lora_file import write_lora
from engine.runtime.job import Job, JobHandle
from tests.engine.models.conftest import CPU

VERSIONS = {"sd1": "sd_v1", "sd2": "sd_v2", "sdxl": "sdxl_base_v1-0"}


def use(handler, request):
    """Carry a request out."""
    return handler(request, Job(JobHandle(request)))


def random_lora(model, path, seed, rank=3, conv_rank=2, strength=0.3):
    """Write a LoRA of random numbers on every layer that LoCon adapts; alpha is not the rank."""
    spec = AdapterSpec(rank=rank, alpha=rank / 2, conv_rank=conv_rank, conv_alpha=conv_rank * 2.0)
    generator = torch.Generator().manual_seed(seed)
    adapter_training.create(model, "new", spec, generator)
    tensors = adapter_training.state_dict(model, "new")
    adapters.detach(model, "new")
    for key, tensor in tensors.items():
        if key.endswith("lora_up.weight"):
            tensors[key] = torch.randn(tensor.shape, generator=generator) * strength
    write_lora(path, tensors, {"ss_base_model_version": VERSIONS[model.family.id],
                               "ss_training_comment": "red", "ssmd_rating": "5"})  # fmt: skip
    return path


@torch.no_grad()
def answers(model, weights=None):
    """What UNet and text encoders give for fixed input, with LoRA files at strengths."""
    generator = torch.Generator().manual_seed(7)
    names = {adapters.attach(model, path).name: ratio for path, ratio in (weights or {}).items()}
    with adapters.active(model, {name: (ratio, ratio) for name, ratio in names.items()}):
        ids = torch.tensor([[49406, 320, 1125, 539, 49407]])
        given = [encoder(ids, output_hidden_states=True).hidden_states[-2]
                 for encoder in model.text_encoders]  # fmt: skip
        channels = model.unet.config.in_channels
        width = model.unet.config.cross_attention_dim
        latent = torch.randn(1, channels, 8, 8, generator=generator)
        context = torch.randn(1, 5, width, generator=generator)
        extra = {}
        if model.family.pooled:
            pooled = model.unet.config.projection_class_embeddings_input_dim - 6 * 8
            extra = {"added_cond_kwargs": {
                "text_embeds": torch.randn(1, pooled, generator=generator),
                "time_ids": torch.full((1, 6), 64.0),
            }}  # fmt: skip
        given.append(model.unet(latent, 400, encoder_hidden_states=context, **extra).sample)
    for name in names:
        adapters.detach(model, name)
    return given


def differ(one, other):
    """The largest difference between two lists of answers, against the size of the second."""
    return max(float((a - b).abs().max() / b.abs().max()) for a, b in zip(one, other, strict=True))


def all_layers(model):
    """The LoRA names of every layer that LoCon adapts."""
    return {name for part in parts_of(model) for name in part.targets}


@pytest.fixture
def loras(narrow_model, tmp_path):
    """Two LoRAs of different ranks for the narrow model."""
    one = random_lora(narrow_model, tmp_path / "one.safetensors", 1)
    return one, random_lora(narrow_model, tmp_path / "two.safetensors", 2, rank=2, conv_rank=4)


@pytest.fixture
def baked_model(narrow_configs):
    """Loads a checkpoint with the narrow configs."""
    return lambda path: load_model(str(path), configs=narrow_configs, **CPU)
