"""What must fit between a request and its base model, told in one sentence before any work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import torch

from engine.dataset.samples import Sample
from engine.models.loading import LoadedModel
from engine.runtime.errors import BadInputError
from engine.runtime.files import require_file
from engine.training.config import TrainRequest
from engine.training.device_needs import ASKED, lacking
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
    for found in lacking(request.model_dump(include=set(ASKED)), device):
        raise BadInputError(found.sentence, remedy=found.remedy)


def _own_sizes(samples: Iterable[Sample]) -> Iterator[BucketSettings]:
    for sample in samples:
        if isinstance(sample, TrainingSample) and sample.way.buckets is not None:
            yield sample.way.buckets
