"""What a run does to need less memory, put on a model that others use too and taken off again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import torch
from torch.nn import Parameter

from engine.models.host import host
from engine.models.loading import LoadedModel
from engine.runtime import device
from engine.training import attention, eight_bits
from engine.training.config import TrainRequest
from engine.training.precision import Precision


@contextmanager
def economical(
    model: LoadedModel, request: TrainRequest, parameters: Sequence[Parameter]
) -> Iterator[None]:
    """``model`` inside the block as the memory settings of ``request`` ask; its ``parameters``, the
    ones that learn, are put into the precision they are trained in.
    """
    Precision.of(request, model.device).lower(parameters)
    with ExitStack() as stack:
        stack.enter_context(_threads(request.num_cpu_threads_per_process))
        stack.enter_context(attention.using(model, request.attention))
        if request.fp8_base or request.fp8_base_unet:
            # What was rounded for this run is not for the next one.
            stack.callback(host().release)
            encoders = model.text_encoders if request.fp8_base else []
            stack.enter_context(eight_bits.using([model.unet, *encoders]))
        yield


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """Let torch use ``count`` threads inside the block; 0 changes nothing."""
    before = torch.get_num_threads()
    if count:
        device.limit_threads(count)
    try:
        yield
    finally:
        if count:
            device.limit_threads(before)
