"""The ``ss_*`` and ``modelspec.*`` header of a checkpoint, as kohya's scripts write it."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from torch.optim import Optimizer

from engine.models import hashes
from engine.models.loading import LoadedModel
from engine.training.arguments import parse
from engine.training.config import TrainRequest
from engine.training.kohya.network import module_of
from engine.training.kohya.own import KEY, own_text
from engine.training.metadata_pictures import dataset_facts
from engine.training.pictures import PictureSet
from engine.training.precision import Precision
from engine.training.schedules import Length

_SDXL_CODE = "https://github.com/Stability-AI/generative-models"
# Settings that stand in the header under their own name, as they are.
_SAME = (
    "cache_latents",
    "caption_dropout_every_n_epochs",
    "caption_dropout_rate",
    "caption_tag_dropout_rate",
    "clip_skip",
    "color_aug",
    "flip_aug",
    "fp8_base",
    "fp8_base_unet",
    "full_fp16",
    "gradient_accumulation_steps",
    "gradient_checkpointing",
    "huber_c",
    "huber_scale",
    "huber_schedule",
    "ip_noise_gamma_random_strength",
    "keep_tokens",
    "loss_type",
    "lr_scheduler",
    "max_grad_norm",
    "multires_noise_discount",
    "network_alpha",
    "network_dim",
    "noise_offset_random_strength",
    "output_name",
    "prior_loss_weight",
    "random_crop",
    "seed",
    "shuffle_caption",
    "text_encoder_lr",
    "training_comment",
    "unet_lr",
    "validation_split",
)
# Those of which kohya's scripts write None while they are off.
_OR_NONE = (
    "adaptive_noise_scale",
    "face_crop_aug_range",
    "ip_noise_gamma",
    "max_validation_steps",
    "min_snr_gamma",
    "multires_noise_iterations",
    "network_dropout",
    "noise_offset",
    "resize_interpolation",
    "scale_weight_norms",
    "validate_every_n_epochs",
    "validate_every_n_steps",
    "validation_seed",
)
_NETWORK_ARGS = (
    "block_dims",
    "block_alphas",
    "conv_block_dims",
    "conv_block_alphas",
    "down_lr_weight",
    "mid_lr_weight",
    "up_lr_weight",
    "rank_dropout",
    "module_dropout",
    "loraplus_lr_ratio",
    "loraplus_unet_lr_ratio",
    "loraplus_text_encoder_lr_ratio",
    "dora_wd",
    "rs_lora",
    "decompose_both",
)
# What stays when the settings are left out: what a program needs to load the file.
_PLAIN = (
    "ss_v2",
    "ss_base_model_version",
    "ss_network_module",
    "ss_network_dim",
    "ss_network_alpha",
    "ss_network_args",
)


@dataclass(frozen=True)
class Moment:
    """When a checkpoint is taken. ``losses`` are the measured ones by name."""

    epoch: int
    step: int
    losses: Mapping[str, float]


class Header:
    """What stays the same in every checkpoint of a run; :meth:`at` adds the moment.

    ``optimizer`` is what learns, ``processes`` how many take part.
    """

    def __init__(
        self,
        request: TrainRequest,
        model: LoadedModel,
        pictures: PictureSet,
        length: Length,
        optimizer: Optimizer,
        processes: int = 1,
    ) -> None:
        self._model = model
        self._request = request
        facts = {
            **_settings(request),
            **_run_facts(request, length, optimizer),
            "ss_mixed_precision": Precision.of(request, model.device).name,
            **_network_facts(request),
            **_base_facts(model, request),
            **dataset_facts(request, model, pictures, processes),
            "ss_num_validation_images": len(pictures.held_out),
            KEY: own_text(request.model_copy(update={"trigger_word": pictures.trigger_word})),
        }
        if request.no_metadata:
            facts = {key: facts[key] for key in _PLAIN if key in facts}
        self._fixed = facts
        self._trigger_word = pictures.trigger_word

    def at(self, moment: Moment) -> dict[str, str]:
        """The whole header, every value as text, for a checkpoint taken at ``moment``."""
        facts = dict(self._fixed)
        if not self._request.no_metadata:
            facts |= {
                "ss_epoch": moment.epoch,
                "ss_steps": moment.step,
                "ss_training_finished_at": time.time(),
            }
        facts |= {f"stylekiln.{name}": f"{value:.8g}" for name, value in moment.losses.items()}
        return {key: str(value) for key, value in (facts | self._modelspec()).items()}

    def _modelspec(self) -> dict[str, str]:
        model, request = self._model, self._request
        width, height = request.size or (model.native_size, model.native_size)
        prediction = "v" if model.prediction_type == "v_prediction" else "epsilon"
        facts: dict[str, Any] = {
            "sai_model_spec": "1.0.1",
            "architecture": f"{model.family.architecture(model.prediction_type)}/lora",
            "implementation": _SDXL_CODE if model.family.original_lora_names else "diffusers",
            "implementation_version": "stylekiln",
            "title": request.metadata_title or request.output_name,
            "resolution": f"{width}x{height}",
            "date": datetime.now().isoformat(timespec="seconds"),
            "prediction_type": prediction,
        }
        if request.clip_skip > 1 and not model.family.pooled:
            facts["encoder_layer"] = request.clip_skip
        if request.min_timestep > 0 or request.max_timestep < 1000:
            facts["timestep_range"] = f"{request.min_timestep},{request.max_timestep}"
        said = {
            "trigger_phrase": self._trigger_word,
            "author": request.metadata_author,
            "description": request.metadata_description,
            "license": request.metadata_license,
            "tags": request.metadata_tags,
        }
        facts |= {key: value for key, value in said.items() if value}
        return {f"modelspec.{key}": str(value) for key, value in facts.items()}


def _settings(request: TrainRequest) -> dict[str, Any]:
    same = {f"ss_{name}": getattr(request, name) for name in _SAME}
    said = {f"ss_{name}": getattr(request, name) for name in _OR_NONE}
    return same | {key: None if value in (0, "", "auto") else value for key, value in said.items()}


def _run_facts(request: TrainRequest, length: Length, optimizer: Optimizer) -> dict[str, Any]:
    tokens = int(request.max_token_length)
    return {
        "ss_session_id": random.SystemRandom().getrandbits(32),
        "ss_training_started_at": time.time(),
        "ss_sd_scripts_commit_hash": "(unknown)",
        "ss_lowram": False,
        "ss_learning_rate": request.base_rate,
        "ss_optimizer": _optimizer(request, optimizer),
        "ss_lr_warmup_steps": request.warmup_steps(length.updates),
        "ss_debiased_estimation": request.debiased_estimation_loss,
        "ss_max_token_length": tokens if tokens > 75 else None,
        "ss_max_train_steps": length.updates,
        "ss_num_batches_per_epoch": length.batches_per_epoch,
        "ss_num_epochs": length.epochs,
    }


def _optimizer(request: TrainRequest, optimizer: Optimizer) -> str:
    """The class and what it was given, as ``module.Class(name=value,…)``."""
    found = type(optimizer)
    given = {"weight_decay": request.weight_decay} | dict(parse(request.optimizer_args))
    words = ",".join(f"{name}={value}" for name, value in given.items())
    return f"{found.__module__}.{found.__qualname__}({words})"


def _network_facts(request: TrainRequest) -> dict[str, Any]:
    module = module_of(request)
    args: dict[str, Any] = {} if module == "networks.lora" else {"algo": request.network_type}
    if request.network_type == "lokr":
        args["factor"] = request.factor
    if request.conv_dim:
        args |= {"conv_dim": request.conv_dim, "conv_alpha": request.conv_alpha}
    for name in _NETWORK_ARGS:
        if value := getattr(request, name):
            args[name] = value
    facts: dict[str, Any] = {"ss_network_module": module}
    if args:
        facts["ss_network_args"] = json.dumps({key: str(value) for key, value in args.items()})
    return facts


def _base_facts(model: LoadedModel, request: TrainRequest) -> dict[str, Any]:
    own_snr = bool(model.scheduler_config.get("rescale_betas_zero_snr"))
    facts: dict[str, Any] = {
        "ss_v2": model.family.id == "sd2",
        "ss_base_model_version": model.family.lora_version(model.prediction_type),
        "ss_sd_model_name": model.name,
        "ss_sd_model_hash": model.old_hash,
        "ss_new_sd_model_hash": model.sha256,
        "ss_zero_terminal_snr": own_snr or request.zero_terminal_snr,
    }
    vae = Path(request.vae)
    if request.vae and vae.is_file():
        facts |= {
            "ss_vae_name": vae.name,
            "ss_vae_hash": hashes.old_sd_hash(vae),
            "ss_new_vae_hash": hashes.file_sha256(vae),
        }
    return facts
