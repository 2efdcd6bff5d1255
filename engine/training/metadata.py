"""The ``ss_*`` and ``modelspec.*`` header of a checkpoint, as kohya's scripts write it."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.models.loading import LoadedModel
from engine.training.config import TrainRequest
from engine.training.pictures import PictureSet, TrainingPicture, bucket_spec
from engine.training.precision import Precision
from engine.training.schedules import Length

MODULE = "networks.lora"
_SDXL_CODE = "https://github.com/Stability-AI/generative-models"
# What kohya's trainer can do and this one does not, under the values it writes while it is off:
# readers look the keys up without asking whether they are there.
_OFF: dict[str, Any] = {
    "ss_adaptive_noise_scale": None,
    "ss_caption_dropout_every_n_epochs": 0,
    "ss_caption_tag_dropout_rate": 0.0,
    "ss_color_aug": False,
    "ss_debiased_estimation": False,
    "ss_face_crop_aug_range": None,
    "ss_flip_aug": False,
    "ss_fp8_base": False,
    "ss_fp8_base_unet": False,
    "ss_full_fp16": False,
    "ss_huber_c": 0.1,
    "ss_huber_scale": 1.0,
    "ss_huber_schedule": "snr",
    "ss_ip_noise_gamma": None,
    "ss_ip_noise_gamma_random_strength": False,
    "ss_lowram": False,
    "ss_max_token_length": None,
    "ss_max_validation_steps": None,
    "ss_multires_noise_discount": 0.3,
    "ss_multires_noise_iterations": None,
    "ss_network_dropout": None,
    "ss_noise_offset_random_strength": False,
    "ss_random_crop": False,
    "ss_resize_interpolation": None,
    "ss_scale_weight_norms": None,
    "ss_sd_scripts_commit_hash": "(unknown)",
    "ss_validate_every_n_epochs": None,
    "ss_validate_every_n_steps": None,
    "ss_validation_seed": None,
    "ss_validation_split": 0.0,
}


@dataclass(frozen=True)
class Moment:
    """When a checkpoint is taken. ``losses`` are the measured ones by name."""

    epoch: int
    step: int
    losses: Mapping[str, float]


class Header:
    """What stays the same in every checkpoint of a run; :meth:`at` adds the moment."""

    def __init__(
        self,
        request: TrainRequest,
        model: LoadedModel,
        pictures: PictureSet,
        length: Length,
    ) -> None:
        self._model = model
        self._request = request
        self._fixed = {
            **_OFF,
            **_run_facts(request, length),
            **_network_facts(request),
            **_base_facts(model),
            **_dataset_facts(request, model, pictures),
            "ss_mixed_precision": Precision.of(request, model.device).name,
            "ss_num_validation_images": len(pictures.held_out),
            "ss_max_train_steps": length.updates,
            "ss_num_batches_per_epoch": length.batches_per_epoch,
            "ss_num_epochs": length.epochs,
        }
        self._trigger_word = pictures.trigger_word

    def at(self, moment: Moment) -> dict[str, str]:
        """The whole header, every value as text, for a checkpoint taken at ``moment``."""
        facts = self._fixed | {
            "ss_epoch": moment.epoch,
            "ss_steps": moment.step,
            "ss_training_finished_at": time.time(),
        }
        facts |= {f"stylekiln.{name}": f"{value:.8g}" for name, value in moment.losses.items()}
        return {key: str(value) for key, value in (facts | self._modelspec()).items()}

    def _modelspec(self) -> dict[str, str]:
        model = self._model
        width, height = self._request.size or (model.native_size, model.native_size)
        prediction = "v" if model.prediction_type == "v_prediction" else "epsilon"
        facts: dict[str, Any] = {
            "sai_model_spec": "1.0.1",
            "architecture": f"{model.family.architecture(model.prediction_type)}/lora",
            "implementation": _SDXL_CODE if model.family.original_lora_names else "diffusers",
            "implementation_version": "stylekiln",
            "title": self._request.output_name,
            "resolution": f"{width}x{height}",
            "date": datetime.now().isoformat(timespec="seconds"),
            "prediction_type": prediction,
        }
        if self._request.clip_skip > 1 and not model.family.pooled:
            facts["encoder_layer"] = self._request.clip_skip
        if self._trigger_word:
            facts["trigger_phrase"] = self._trigger_word
        return {f"modelspec.{key}": str(value) for key, value in facts.items()}


def _run_facts(request: TrainRequest, length: Length) -> dict[str, Any]:
    return {
        "ss_session_id": random.SystemRandom().getrandbits(32),
        "ss_training_started_at": time.time(),
        "ss_output_name": request.output_name,
        "ss_training_comment": request.training_comment,
        "ss_learning_rate": request.unet_lr or request.text_encoder_lr,
        "ss_unet_lr": request.unet_lr,
        "ss_text_encoder_lr": request.text_encoder_lr,
        "ss_optimizer": f"torch.optim.adamw.AdamW(weight_decay={request.weight_decay})",
        "ss_max_grad_norm": request.max_grad_norm,
        "ss_lr_scheduler": request.lr_scheduler,
        "ss_lr_warmup_steps": request.warmup_steps(length.updates),
        "ss_gradient_accumulation_steps": request.gradient_accumulation_steps,
        "ss_gradient_checkpointing": request.gradient_checkpointing,
        "ss_seed": request.seed,
        "ss_clip_skip": request.clip_skip,
        "ss_cache_latents": request.cache_latents,
        "ss_noise_offset": request.noise_offset or None,
        "ss_min_snr_gamma": request.min_snr_gamma or None,
        "ss_prior_loss_weight": request.prior_loss_weight,
        "ss_caption_dropout_rate": request.caption_dropout_rate,
        "ss_loss_type": "l2",
    }


def _network_facts(request: TrainRequest) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "ss_network_module": MODULE,
        "ss_network_dim": request.network_dim,
        "ss_network_alpha": request.network_alpha,
    }
    if request.conv_dim:
        args = {"conv_dim": str(request.conv_dim), "conv_alpha": str(request.conv_alpha)}
        facts["ss_network_args"] = json.dumps(args)
    return facts


def _base_facts(model: LoadedModel) -> dict[str, Any]:
    return {
        "ss_v2": model.family.id == "sd2",
        "ss_base_model_version": model.family.lora_version(model.prediction_type),
        "ss_sd_model_name": model.name,
        "ss_sd_model_hash": model.old_hash,
        "ss_new_sd_model_hash": model.sha256,
        "ss_zero_terminal_snr": bool(model.scheduler_config.get("rescale_betas_zero_snr")),
    }


def _dataset_facts(
    request: TrainRequest, model: LoadedModel, pictures: PictureSet
) -> dict[str, Any]:
    plain = [picture for picture in pictures.training if not picture.regularization]
    regular = pictures.regularization
    buckets = bucket_spec(request, model.native_size)
    return {
        "ss_num_train_images": sum(picture.repeats for picture in plain),
        "ss_num_reg_images": sum(picture.repeats for picture in regular),
        "ss_batch_size_per_device": request.train_batch_size,
        "ss_total_batch_size": request.train_batch_size * request.gradient_accumulation_steps,
        "ss_resolution": buckets.resolution,
        "ss_enable_bucket": request.enable_bucket,
        "ss_bucket_no_upscale": request.bucket_no_upscale,
        "ss_min_bucket_reso": buckets.adjusted_minimum if buckets.enabled else None,
        "ss_max_bucket_reso": buckets.adjusted_maximum if buckets.enabled else None,
        "ss_shuffle_caption": request.shuffle_caption,
        "ss_keep_tokens": request.keep_tokens,
        "ss_dataset_dirs": _json(_folders(plain)),
        "ss_reg_dataset_dirs": _json(_folders(regular)),
        "ss_tag_frequency": _json(_tags([*plain, *regular])),
        "ss_bucket_info": _json(_buckets(pictures.training) if buckets.enabled else None),
    }


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _folders(pictures: Sequence[TrainingPicture]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for picture in pictures:
        entry = found.setdefault(picture.folder, {"n_repeats": picture.repeats, "img_count": 0})
        entry["img_count"] += 1
    return found


def _tags(pictures: Sequence[TrainingPicture]) -> dict[str, dict[str, int]]:
    """Tags of each folder, lower case, counted once per picture."""
    found: dict[str, Counter[str]] = {}
    for picture in pictures:
        tags = (tag.strip().lower() for tag in picture.caption.split(","))
        found.setdefault(picture.folder, Counter()).update(tag for tag in tags if tag)
    return {folder: dict(count) for folder, count in found.items()}


def _buckets(pictures: Sequence[TrainingPicture]) -> dict[str, Any]:
    counts: Counter[tuple[int, int]] = Counter()
    for picture in pictures:
        counts[picture.bucket] += picture.repeats
    rows = {
        str(at): {"resolution": list(bucket), "count": counts[bucket]}
        for at, bucket in enumerate(sorted(counts))
    }
    errors = [picture.ar_error for picture in pictures]
    return {"buckets": rows, "mean_img_ar_error": sum(errors) / max(1, len(errors))}
