"""What must fit between a request and its base model, told in one sentence before any work."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator
from typing import Any

import torch

from engine.dataset.buckets import fitting_step
from engine.dataset.samples import Sample
from engine.models.loading import LoadedModel
from engine.runtime.errors import BadInputError
from engine.training.config import TrainRequest
from engine.training.network_checks import check_network
from engine.training.objective_checks import check_objective
from engine.training.precision import Precision
from engine.training.settings.buckets import BucketSettings
from engine.training.ways import TrainingSample


def check(request: TrainRequest, model: LoadedModel, samples: Iterable[Sample] = ()) -> None:
    """Raise BadInputError for the first thing of ``request``, or of the dataset file that its
    ``samples`` come from, that ``model`` cannot do.
    """
    check_memory(request, model.device)
    for sizes in {id(one): one for one in (request, *_own_sizes(samples))}.values():
        _check_sizes(sizes, model)
    check_objective(request, model)
    check_network(request, model)
    encoder: Any = model.text_encoders[0]
    layers = encoder.config.num_hidden_layers
    if request.clip_skip > layers:
        raise BadInputError(
            "Clip skip {value} is more than the {layers} layers of {model}'s text encoder.",
            value=request.clip_skip,
            layers=layers,
            model=model.name,
            remedy="Use a smaller clip skip.",
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


def _check_sizes(request: BucketSettings, model: LoadedModel) -> None:
    """The UNet halves its input several times; sizes it cannot halve evenly crash deep inside."""
    unit = model.vae_scale * 2 ** (len(model.unet.config.block_out_channels) - 1)
    size = request.size or (model.native_size, model.native_size)
    if min(size) < unit:
        raise BadInputError(
            "The resolution {value} is too small for {model}.",
            value=request.resolution or model.native_size,
            model=model.name,
            remedy="Use at least {unit}.",
            unit=unit,
        )
    if request.enable_bucket and fitting_step(request.bucket_reso_steps, size) % unit:
        raise BadInputError(
            "The bucket step {value} does not fit {model}.",
            value=fitting_step(request.bucket_reso_steps, size),
            model=model.name,
            remedy="Use a multiple of {unit}.",
            unit=unit,
        )
    if not request.enable_bucket and any(side % unit for side in request.size or ()):
        raise BadInputError(
            "The resolution {value} does not fit {model}.",
            value=request.resolution,
            model=model.name,
            remedy="Use multiples of {unit}, or turn buckets on.",
            unit=unit,
        )
