"""What must fit between the objective of a request and its base model."""

from __future__ import annotations

from pathlib import Path

from engine.models.loading import LoadedModel
from engine.runtime.files import require_file
from engine.runtime.refusals import Refusal, RefusedError
from engine.training.config import TrainRequest
from engine.training.settings.losses import NEEDS_EPSILON, NEEDS_V


def check_objective(request: TrainRequest, model: LoadedModel) -> None:
    """Raise RefusedError for a weighting that ``model`` cannot use, and MissingFileError for a VGG
    that is not there.
    """
    predicts_v = model.prediction_type == "v_prediction"
    if request.scale_v_pred_loss_like_noise_pred and not predicts_v:
        raise _wrong("scale_v_pred_loss_like_noise_pred", NEEDS_V)
    if request.v_pred_like_loss and predicts_v:
        raise _wrong("v_pred_like_loss", NEEDS_EPSILON)
    if request.sees_pictures and request.style_features == "vgg":
        require_file(Path(request.style_vgg_file), remedy="Choose the VGG file again.")


def _wrong(name: str, problem: str) -> RefusedError:
    """The sentence of the schema, where only the model itself could tell."""
    refusal = Refusal(name, problem)
    return RefusedError((refusal,), remedy="Turn it off, or choose another base model.")
