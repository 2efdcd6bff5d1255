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
from engine.training.pictures import PictureSet, TrainingPicture
from engine.training.schedules import Length

MODULE = "networks.lora"


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
            **_run_facts(request, length),
            **_network_facts(request),
            **_base_facts(model),
            **_dataset_facts(request, model, pictures.training),
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
        facts = {
            "sai_model_spec": "1.0.1",
            "architecture": f"{model.family.architecture(model.prediction_type)}/lora",
            "implementation": "diffusers",
            "title": self._request.output_name,
            "resolution": f"{width}x{height}",
            "date": datetime.now().isoformat(timespec="seconds"),
            "prediction_type": prediction,
        }
        if self._trigger_word:
            facts["trigger_phrase"] = self._trigger_word
        return {f"modelspec.{key}": value for key, value in facts.items()}


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
        "ss_mixed_precision": request.mixed_precision,
        "ss_seed": request.seed,
        "ss_clip_skip": request.clip_skip,
        "ss_max_token_length": None,
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
        "ss_network_dropout": None,
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
    }


def _dataset_facts(
    request: TrainRequest, model: LoadedModel, pictures: Sequence[TrainingPicture]
) -> dict[str, Any]:
    plain = [picture for picture in pictures if not picture.regularization]
    size = request.size or (model.native_size, model.native_size)
    return {
        "ss_num_train_images": sum(picture.repeats for picture in plain),
        "ss_num_reg_images": len(pictures) - len(plain),
        "ss_batch_size_per_device": request.train_batch_size,
        "ss_total_batch_size": request.train_batch_size * request.gradient_accumulation_steps,
        "ss_resolution": size,
        "ss_enable_bucket": request.enable_bucket,
        "ss_bucket_no_upscale": request.bucket_no_upscale,
        "ss_min_bucket_reso": request.min_bucket_reso or min(size) // 2,
        "ss_max_bucket_reso": request.max_bucket_reso or max(size) * 2,
        "ss_shuffle_caption": request.shuffle_caption,
        "ss_keep_tokens": request.keep_tokens,
        "ss_color_aug": False,
        "ss_flip_aug": False,
        "ss_random_crop": False,
        "ss_dataset_dirs": json.dumps(_folders(plain)),
        "ss_tag_frequency": json.dumps(_tags(pictures), ensure_ascii=False),
        "ss_bucket_info": json.dumps(_buckets(pictures) if request.enable_bucket else None),
    }


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
