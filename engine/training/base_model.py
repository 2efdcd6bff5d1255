"""The base model of a run: in its precision, with the VAE that the run asks for."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import torch

from engine.models.host import host
from engine.models.loading import LoadedModel
from engine.models.vae_file import load_vae
from engine.runtime.device import default_device
from engine.runtime.file_state import file_state
from engine.training.config import TrainRequest
from engine.training.precision import Precision


def load_base(request: TrainRequest) -> LoadedModel:
    """The base model of ``request`` on this computer's device.

    Where the run changes more than adapters do, it has the model to itself: a picture that is drawn
    meanwhile is drawn by another copy. Raises like :func:`engine.models.loading.load_model`.
    """
    device = default_device()
    precision = Precision.of(request, device)
    predicts = None if request.prediction_type == "auto" else request.prediction_type
    return host().get(
        request.base_model,
        device=device,
        dtype=precision.frozen,
        prediction_type=predicts,
        vae_dtype=torch.float32 if request.no_half_vae else None,
        variant=variant(request),
        prepare=partial(_prepare, request),
    )


def variant(request: TrainRequest) -> str:
    """What the run changes of the model itself, "" for nothing."""
    changes = {
        "vae": _state_of(request.vae) if request.vae else "",
        "fp8_unet": request.fp8_base or request.fp8_base_unet,
        "fp8_text": request.fp8_base,
    }
    return repr(changes) if any(changes.values()) else ""


def _prepare(request: TrainRequest, model: LoadedModel) -> None:
    if request.vae:
        model.vae = load_vae(Path(request.vae), model)


def _state_of(name: str) -> str:
    path = Path(name)
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    states = [file.stat() for file in files if file.is_file()]
    return repr((str(path.resolve()), [tuple(file_state(state)) for state in states]))
