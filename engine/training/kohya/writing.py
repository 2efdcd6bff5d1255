"""A run as the arguments of kohya's scripts, and as a file of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import tomli_w

from engine.models.family import FAMILIES
from engine.models.inspect import ModelInfo, inspect
from engine.runtime.errors import StylekilnError
from engine.runtime.schema import settings_of
from engine.training.config import TrainRequest
from engine.training.idle import without_effect
from engine.training.kohya.convert import SLIPS, weighs_otherwise
from engine.training.kohya.elsewhere import IGNORED_ARGUMENTS
from engine.training.kohya.network import NETWORK_ARGUMENTS, items_of, module_of
from engine.training.reasons import Reason


@dataclass
class Outgoing:
    """Arguments of the scripts by name, and what they cannot say. ``model`` is the base model, None
    when it cannot be looked at.
    """

    request: TrainRequest
    model: ModelInfo | None
    values: dict[str, Any] = field(default_factory=dict)
    notes: list[Reason] = field(default_factory=list)

    @cached_property
    def idle(self) -> frozenset[str]:
        """The settings that change nothing in this run."""
        return frozenset(item.name for item in without_effect(self.request))

    @property
    def is_sdxl(self) -> bool:
        """Whether the script for SDXL is the one to run."""
        return self.model is not None and self.model.family == "sdxl"

    @property
    def is_sd2(self) -> bool:
        """Whether the scripts need ``--v2``."""
        return self.model is not None and self.model.family == "sd2"

    @property
    def prompts(self) -> tuple[str, ...]:
        """The sample prompts, which the scripts read from a file of their own."""
        return self.request.sample_prompts


def outgoing(request: TrainRequest) -> Outgoing:
    """What kohya's scripts are told so that they train ``request``."""
    out = Outgoing(request, _model(request.base_model))
    for item in settings_of(TrainRequest):
        value = getattr(request, item.name)
        if item.kohya and item.name not in _TOLD_BY_RULES:
            out.values[item.kohya] = list(value) if isinstance(value, tuple) else value
        elif item.kohya or item.name in _TOLD_BY_RULES or item.name in out.idle:
            continue
        elif value != item.default:
            why = Reason("kohya has nothing like {setting} ({name}).",
                         setting=item.label, name=item.name)  # fmt: skip
            out.notes.append(why)
    for rule in _RULES:
        rule(out)
    out.values = {name: value for name, value in sorted(out.values.items()) if _is_said(value)}
    return out


def as_toml(out: Outgoing, prompt_file: str = "") -> str:
    """The flat TOML for ``--config_file``; ``prompt_file`` is where the sample prompts lie."""
    values = dict(out.values)
    if out.prompts:
        values["sample_prompts"] = prompt_file
    return tomli_w.dumps(values)


def _is_said(value: Any) -> bool:
    return value is not None and value != "" and value != []


def _model(ref: str) -> ModelInfo | None:
    try:
        return inspect(ref)
    except StylekilnError:  # it may lie on the PC that the file is meant for
        return None


def _source(out: Outgoing) -> None:
    if out.request.project:
        note = Reason("The pictures belong to a project: export them as a training folder and name "
                      "it as train_data_dir.")  # fmt: skip
        out.notes.append(note)
    if out.model is not None and out.request.base_model == "starter":
        out.values["pretrained_model_name_or_path"] = str(out.model.path)
    out.values["v2"] = True if out.is_sd2 else None
    if not out.values.get("logging_dir"):
        out.values["log_with"] = None
    elif out.request.log_with == "none":
        out.values["log_with"] = out.values["logging_dir"] = None


def _size(out: Outgoing) -> None:
    """Zeros that follow the resolution, which the scripts do not know."""
    run = out.request
    native = 512
    if out.model is not None and out.model.family:
        versions = FAMILIES[out.model.family].versions
        native = versions[0].native_size
    size = run.size or (native, native)
    out.values["resolution"] = f"{size[0]},{size[1]}"
    out.values["min_bucket_reso"] = run.min_bucket_reso or min(size) // 2
    out.values["max_bucket_reso"] = run.max_bucket_reso or max(size) * 2
    if run.resize_interpolation == "auto":
        out.values["resize_interpolation"] = None
    out.values["max_token_length"] = int(run.max_token_length)


def _length(out: Outgoing) -> None:
    unused = "max_train_steps" if out.request.max_train_epochs else "max_train_epochs"
    out.values[unused] = None


def _rates(out: Outgoing) -> None:
    """A part with rate 0 is left out by a flag."""
    run = out.request
    out.values["learning_rate"] = run.base_rate
    one_encoder = out.model is not None and not out.is_sdxl
    if run.text_encoder_lr2 not in (run.text_encoder_lr, -1) and not one_encoder:
        out.values["text_encoder_lr"] = [run.text_encoder_lr, run.text_encoder_lr2]
        note = Reason("kohya's LoRA training has one rate for both text encoders: {used} instead "
                      "of {lost} for the second.", used=run.text_encoder_lr,
                      lost=run.text_encoder_lr2)  # fmt: skip
        out.notes.append(note)
    elif not run.text_encoder_lr:
        out.values["text_encoder_lr"] = None
        out.values["network_train_unet_only"] = True
    if not run.unet_lr:
        out.values["unet_lr"] = None
        out.values["network_train_text_encoder_only"] = True


def _optimizer(out: Outgoing) -> None:
    run = out.request
    if run.optimizer_type == "other":
        out.values["optimizer_type"] = run.optimizer_class
    pairs = _pairs(run.optimizer_args)
    usual = run.optimizer_rule.decay
    if run.weight_decay != usual and "weight_decay=" not in run.optimizer_args:
        pairs.append(f"weight_decay={run.weight_decay}")
    out.values["optimizer_args"] = pairs
    out.values["lr_scheduler_args"] = _pairs(run.lr_scheduler_args)
    for share, name in (("lr_warmup", "lr_warmup_steps"), ("lr_decay", "lr_decay_steps")):
        if not getattr(run, name):
            out.values[name] = getattr(run, share) / 100
        out.values.pop(share, None)
    if run.lr_scheduler != "warmup_stable_decay":
        out.values["lr_decay_steps"] = None
    if run.lr_scheduler not in ("cosine_with_min_lr", "warmup_stable_decay"):
        out.values["lr_scheduler_min_lr_ratio"] = None
    out.values["lr_scheduler_timescale"] = run.lr_scheduler_timescale or None


def _pairs(text: str) -> list[str]:
    return re.split(r"\s+(?=[^\s=]+=)", text.strip()) if text.strip() else []


def _prediction(out: Outgoing) -> None:
    kind: str = out.request.prediction_type
    if kind == "auto":
        kind = out.model.prediction_type if out.model and out.model.prediction_type else "epsilon"
    out.values["v_parameterization"] = True if kind == "v_prediction" else None


def _precision(out: Outgoing) -> None:
    """The scripts know no "auto"; fp16 is what every graphics card has."""
    if out.request.mixed_precision == "auto":
        out.values["mixed_precision"] = "fp16"
        note = Reason("mixed_precision auto is written as {used}.", used="fp16")
        out.notes.append(note)
    for name in ("cache_latents", "cache_text_encoder_outputs"):
        if not out.values[name]:  # a cache on disk would be one
            out.values[f"{name}_to_disk"] = False
    flags = {"xformers": "xformers", "sdpa": "sdpa", "sliced": "mem_eff_attn"}
    out.values["xformers"] = None
    if out.request.attention in flags:
        out.values[flags[out.request.attention]] = True
    out.values["num_cpu_threads_per_process"] = out.request.num_cpu_threads_per_process or None


def _captions(out: Outgoing) -> None:
    run = out.request
    if run.trigger_word:
        prefix = f"{run.trigger_word}, {run.caption_prefix}".strip()
        out.values["caption_prefix"] = prefix if run.caption_prefix else f"{run.trigger_word},"
        out.values["keep_tokens"] = run.keep_tokens + 1
        out.values["metadata_trigger_phrase"] = run.trigger_word
    for name in IGNORED_ARGUMENTS:
        if out.values.pop(name, None):
            out.notes.append(Reason("kohya's LoRA training ignores {name}.", name=name))


def _saving(out: Outgoing) -> None:
    """The scripts count the checkpoints of steps that are kept in steps."""
    every = out.request.save_every_n_steps
    for name in ("save_last_n_steps", "save_last_n_steps_state"):
        kept = getattr(out.request, name)
        out.values[name] = kept * every - 1 if kept and every else None
    for name in ("save_every_n_epochs", "save_every_n_steps", "save_n_epoch_ratio",
                 "save_last_n_epochs", "save_last_n_epochs_state", "sample_every_n_epochs",
                 "sample_every_n_steps"):  # fmt: skip
        out.values[name] = out.values[name] or None
    sampler = _SAMPLERS.get(out.request.sample_sampler, out.request.sample_sampler)
    out.values["sample_sampler"] = sampler
    if out.request.sample_sampler == "unipc" and out.prompts:
        note = Reason("Samples are drawn with {used}, which is the nearest.", used=sampler)
        out.notes.append(note)


# The nearest that the scripts draw samples with.
_SAMPLERS = {"dpmpp_2m": "dpmsolver++", "unipc": "dpmsolver++"}


def _network(out: Outgoing) -> None:
    given = {name: out.values.pop(name) for name in NETWORK_ARGUMENTS if name in out.values}
    items, lost = items_of(out.request, given)
    out.values["network_module"] = module_of(out.request)
    out.values["network_args"] = items
    for name in lost:
        out.notes.append(Reason("LyCORIS has no {name}.", name=name))


def _slips(out: Outgoing) -> None:
    """Where kohya's scripts compute other numbers than they mean to, and the run does not."""
    run = out.request
    acting = {name: value for name, value in run.model_dump().items() if name not in out.idle}
    names = {
        "sdxl_kohya_crop": out.is_sdxl,
        "kohya_accumulation": run.gradient_accumulation_steps > 1,
        "kohya_loss_weights": weighs_otherwise(acting),
    }
    for item in settings_of(TrainRequest):
        if names.get(item.name) and not getattr(run, item.name):
            why = Reason("kohya's scripts always train with {setting} ({name}), which is off here.",
                         setting=item.label, name=item.name)  # fmt: skip
            out.notes.append(why)


# Settings with a rule below that the table of names does not suffice for.
_TOLD_BY_RULES = frozenset({
    "project", "trigger_word", "prediction_type", "attention", "weight_decay", "optimizer_class",
    "text_encoder_lr2", "lr_warmup", "lr_decay", "sample_prompts", *SLIPS,
    "optimizer_fallback", "offload",  # they make the same of a run on one computer or another
})  # fmt: skip
_RULES: tuple[Callable[[Outgoing], None], ...] = (
    _source, _size, _length, _rates, _optimizer, _prediction, _precision, _captions, _saving,
    _network, _slips,
)  # fmt: skip
