"""What must fit between a request and its base model, told in one sentence before any work."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import torch

from engine.dataset.samples import Sample
from engine.models.loading import LoadedModel
from engine.runtime.errors import BadInputError
from engine.runtime.files import require_file
from engine.training.config import TrainRequest
from engine.training.precision import Precision
from engine.training.settings.buckets import BucketSettings
from engine.training.start_weights import files_of, look_at
from engine.training.traits import Traits, refuse_sizes, refuse_what_does_not_fit
from engine.training.ways import TrainingSample


def check(request: TrainRequest, model: LoadedModel, samples: Iterable[Sample] = ()) -> None:
    """Raise BadInputError for the first thing of ``request``, or of the dataset file that its
    ``samples`` come from, that ``model`` cannot do.
    """
    check_memory(request, model.device)
    traits = traits_of(model)
    for sizes in {id(one): one for one in _own_sizes(samples)}.values():
        refuse_sizes(sizes, traits)
    files = {path: look_at(path) for _, path in files_of(request)}
    refuse_what_does_not_fit(request, traits, files)
    if request.sees_pictures and request.style_features == "vgg":
        require_file(Path(request.style_vgg_file), remedy="Choose the VGG file again.")


def traits_of(model: LoadedModel) -> Traits:
    """What settings have to fit."""
    encoder: Any = model.text_encoders[0]
    return Traits(
        model.name,
        model.family,
        model.native_size,
        model.prediction_type,
        model.vae_scale * 2 ** (len(model.unet.config.block_out_channels) - 1),
        encoder.config.num_hidden_layers,
        model.unet.config.cross_attention_dim,
    )


def check_memory(request: TrainRequest, device: torch.device) -> None:
    """Raise BadInputError for a precision or an attention that ``device`` does not have."""
    name = Precision.of(request, device).name
    if name == "fp16" and device.type == "mps":
        raise BadInputError(
            "fp16 cannot be trained on this graphics card.",
            remedy="Use bf16 or no mixed precision.",
        )
    if name == "no" and (request.fp8_base or request.fp8_base_unet):
        raise BadInputError(
            "fp8 needs a graphics card that computes in half precision.",
            remedy="Choose mixed precision fp16 or bf16, or turn fp8 off.",
        )
    missing = importlib.util.find_spec("xformers") is None
    if request.attention == "xformers" and (missing or device.type != "cuda"):
        raise BadInputError(
            "Attention by xformers needs the package xformers and an NVIDIA graphics card.",
            remedy="Install it, or choose sdpa, which is about as fast.",
        )


def _own_sizes(samples: Iterable[Sample]) -> Iterator[BucketSettings]:
    for sample in samples:
        if isinstance(sample, TrainingSample) and sample.way.buckets is not None:
            yield sample.way.buckets
