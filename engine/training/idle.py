"""Settings that change nothing in a run: not wrong, only useless, which is worth a word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from engine.runtime.schema import Setting, settings_of
from engine.training.config import TrainRequest
from engine.training.reasons import Reason


class Idle(NamedTuple):
    """A setting without effect, and the sentence why with its facts."""

    name: str
    sentence: str
    facts: dict[str, str]


@dataclass(frozen=True)
class _Rule:
    """``names`` change nothing in a run for which ``holds``."""

    names: tuple[str, ...]
    holds: Callable[[TrainRequest], bool]
    why: Reason


_COURSE = (
    "lr_scheduler", "lr_scheduler_args", "lr_scheduler_num_cycles", "lr_scheduler_power",
    "lr_scheduler_min_lr_ratio", "lr_scheduler_timescale", "lr_warmup", "lr_warmup_steps",
    "lr_decay", "lr_decay_steps",
)  # fmt: skip
_FROM_FILE = (
    "network_type", "network_dim", "network_alpha", "conv_dim", "conv_alpha", "dora_wd", "rs_lora",
    "factor", "decompose_both", "layers_include", "layers_exclude", "block_dims", "block_alphas",
    "conv_block_dims", "conv_block_alphas",
)  # fmt: skip
_OF_UNET = (
    "conv_dim", "conv_alpha", "block_dims", "block_alphas", "conv_block_dims", "conv_block_alphas",
    "down_lr_weight", "mid_lr_weight", "up_lr_weight", "loraplus_unet_lr_ratio",
)  # fmt: skip


def _text_learns(run: TrainRequest) -> bool:
    return bool(run.rate_of("te1") or run.rate_of("te2"))


_RULES: tuple[_Rule, ...] = (
    _Rule(
        _FROM_FILE, lambda run: bool(run.network_weights and run.dim_from_weights),
        Reason("The file that is continued from decides it."),
    ),
    _Rule(_OF_UNET, lambda run: not run.unet_lr, Reason("The UNet learns nothing.")),
    _Rule(
        ("loraplus_text_encoder_lr_ratio",),
        lambda run: not _text_learns(run),
        Reason("The text encoder learns nothing."),
    ),
    _Rule(
        ("conv_alpha",), lambda run: not (run.conv_dim or run.conv_block_dims),
        Reason("No convolution has a rank."),
    ),
    _Rule(
        ("conv_alpha",), lambda run: bool(run.conv_block_dims and run.conv_block_alphas),
        Reason("The alphas of the blocks take its place."),
    ),
    _Rule(
        ("conv_dim",), lambda run: bool(run.conv_block_dims),
        Reason("The ranks of the blocks take its place."),
    ),
    _Rule(
        ("block_lr_zero_threshold",),
        lambda run: not (run.down_lr_weight or run.mid_lr_weight or run.up_lr_weight),
        Reason("No rates of blocks are given."),
    ),
    _Rule(
        ("max_train_steps",), lambda run: bool(run.max_train_epochs),
        Reason("The epochs decide how long is trained."),
    ),
    _Rule(
        ("lr_warmup",), lambda run: bool(run.lr_warmup_steps),
        Reason("The warm-up in steps wins."),
    ),
    _Rule(
        ("min_bucket_reso", "max_bucket_reso"),
        lambda run: run.enable_bucket and run.bucket_no_upscale,
        Reason("Pictures that are never enlarged find their own bucket."),
    ),
    _Rule(
        ("fp8_base_unet",), lambda run: run.fp8_base,
        Reason("The whole base model is in fp8."),
    ),
    _Rule(
        ("save_every_n_epochs",), lambda run: bool(run.save_n_epoch_ratio),
        Reason("The number of checkpoints in all decides when one is saved."),
    ),
    _Rule(
        ("training_comment",), lambda run: run.no_metadata,
        Reason("The settings are left out of the checkpoints."),
    ),
    _Rule(
        (
            "training_comment", "no_metadata", "metadata_title", "metadata_author",
            "metadata_description", "metadata_license", "metadata_tags",
        ),
        lambda run: run.save_model_as != "safetensors",
        Reason("Files of this format hold no words."),
    ),
    _Rule(
        (
            "style_features", "style_vgg_file", "style_min_timestep", "style_max_timestep",
            "style_crop",
        ),
        lambda run: not run.sees_pictures,
        Reason("Neither the style term nor the perceptual term is on."),
    ),
    _Rule(
        ("lr_decay",), lambda run: bool(run.lr_decay_steps), Reason("The fall in steps wins."),
    ),
    _Rule(
        _COURSE, lambda run: run.optimizer_rule.schedule_free,
        Reason("This optimizer averages instead of following a schedule; its own warm-up is "
               "warmup_steps=100 in its arguments."),
    ),
    _Rule(
        (*_COURSE, "lr_scheduler_type", "learning_rate"), lambda run: run.relative_steps,
        Reason("Adafactor sizes its steps itself; relative_step=False in its arguments lets the "
               "rates decide."),
    ),
    _Rule(
        tuple(name for name in _COURSE if name != "lr_scheduler_args"),
        lambda run: bool(run.lr_scheduler_type), Reason("The schedule class takes its place."),
    ),
    _Rule(
        ("optimizer_fallback",), lambda run: not run.optimizer_rule.instead,
        Reason("No other optimizer does the same as the chosen one."),
    ),
    _Rule(
        ("keep_tokens",),
        lambda run: not (
            run.shuffle_caption or run.caption_tag_dropout_rate or run.token_warmup_step
            or run.dataset_config
        ),
        Reason("Tags are neither moved nor dropped."),
    ),
    _Rule(
        ("prior_loss_weight",),
        lambda run: not (run.reg_data_dir or run.project or run.dataset_config),
        Reason("There are no regularization pictures."),
    ),
    _Rule(
        ("alpha_mask", "conditioning_data_dir"), lambda run: not run.masked_loss,
        Reason("Masks are not followed."),
    ),
    _Rule(
        ("stop_text_encoder_training",),
        lambda run: not _text_learns(run),
        Reason("The text encoder learns nothing."),
    ),
    _Rule(
        ("train_data_dir", "reg_data_dir", "in_json", "conditioning_data_dir"),
        lambda run: bool(run.dataset_config),
        Reason("The dataset file says what is trained."),
    ),
    _Rule(
        ("dataset_repeats",), lambda run: not (run.in_json or run.dataset_config),
        Reason("Folders and projects say it themselves."),
    ),
    _Rule(
        ("caption_extension",),
        lambda run: bool(run.project or run.in_json) and not run.reg_data_dir,
        Reason("The project or the metadata file holds the captions."),
    ),
    _Rule(
        ("kohya_accumulation",), lambda run: run.gradient_accumulation_steps == 1,
        Reason("Nothing is accumulated."),
    ),
    _Rule(
        ("masked_loss", "masked_loss_area"),
        lambda run: not (
            run.conditioning_data_dir or run.alpha_mask or run.project or run.dataset_config
        ),
        Reason("There are no masks."),
    ),
    _Rule(
        ("huber_scale",), lambda run: run.kohya_loss_weights and run.huber_schedule == "snr",
        Reason("With loss weights as kohya it does not reach this schedule."),
    ),
    _Rule(
        ("kohya_loss_weights",),
        lambda run: not (
            run.min_snr_gamma or run.debiased_estimation_loss or run.v_pred_like_loss
            or run.scale_v_pred_loss_like_noise_pred
            or (run.loss_type in ("huber", "smooth_l1") and run.huber_schedule == "snr")
        ),
        Reason("Nothing that they differ in is on."),
    ),
    _Rule(
        ("max_validation_steps",),
        lambda run: not (run.validation_split or run.project or run.dataset_config),
        Reason("No pictures are held out."),
    ),
    _Rule(
        ("loraplus_lr_ratio",),
        lambda run: bool(
            (run.loraplus_unet_lr_ratio or not run.unet_lr)
            and (run.loraplus_text_encoder_lr_ratio or not _text_learns(run))
        ),
        Reason("Every part that learns has a ratio of its own."),
    ),
    _Rule(
        ("caption_separator",),
        lambda run: not (
            run.shuffle_caption or run.caption_tag_dropout_rate or run.token_warmup_step
            or run.secondary_separator or run.trigger_word or run.project or run.in_json
            or run.dataset_config
        ),
        Reason("Captions are not divided into tags."),
    ),
)  # fmt: skip
_ONE_ENCODER: tuple[_Rule, ...] = (
    _Rule(
        ("text_encoder_lr2",), lambda run: True, Reason("The model has only one text encoder."),
    ),
    _Rule(
        ("sdxl_kohya_crop",), lambda run: True,
        Reason("Only models of the family SDXL are told the crop."),
    ),
)  # fmt: skip


def without_effect(request: TrainRequest, *, two_encoders: bool = True) -> list[Idle]:
    """The changed settings of ``request`` that change nothing, in the order of the schema; on a
    model that is not known ``two_encoders`` is held to be so.
    """
    return [
        Idle(name, why.sentence, dict(why.facts))
        for name, why in idle_reasons(request, two_encoders=two_encoders).items()
        if getattr(request, name) != _settings()[name].default
    ]


def idle_reasons(request: TrainRequest, *, two_encoders: bool = True) -> dict[str, Reason]:
    """Why a setting changes nothing in ``request``, for all of which that is so, changed or not."""
    rules = _RULES if two_encoders else (*_ONE_ENCODER, *_RULES)
    found: dict[str, Reason] = {}
    for name, item in _settings().items():
        why = _by_rule(rules, name, request) or _by_condition(item, request)
        if why is not None:
            found[name] = why
    return found


@cache
def _settings() -> dict[str, Setting]:
    return {item.name: item for item in settings_of(TrainRequest)}


def _by_rule(rules: tuple[_Rule, ...], name: str, request: TrainRequest) -> Reason | None:
    return next((rule.why for rule in rules if name in rule.names and rule.holds(request)), None)


def _by_condition(item: Setting, request: TrainRequest) -> Reason | None:
    """What the setting's own condition says."""
    if not item.when:
        return None
    name, sign, wanted = item.when.partition("=")
    value: Any = getattr(request, name)
    holds = str(value) in wanted.split("|") if sign else bool(value)
    if holds:
        return None
    label = _settings()[name].label
    if sign:
        value = wanted.replace("|", ", ")
        return Reason("It has an effect only with {setting}: {value}.", setting=label, value=value)
    return Reason("It has an effect only together with {setting}.", setting=label)
