"""A run as a form of kohya's window. What its fields cannot hold goes into its additional
parameters, which the scripts get unchanged.
"""

from __future__ import annotations

from typing import Any

from engine.training.kohya.defaults import FORM, SCRIPT
from engine.training.kohya.network_types import MODULES
from engine.training.kohya.writing import Outgoing
from engine.training.reasons import Reason

# Arguments whose field has another name.
_FIELDS = {
    "optimizer_type": "optimizer",
    "resolution": "max_resolution",
    "cache_text_encoder_outputs": "sdxl_cache_text_encoder_outputs",
    "no_half_vae": "sdxl_no_half_vae",
    "preset": "LyCORIS_preset",
}
# What a zero in the window does not mean zero for.
_NEVER_ZERO = {"seed", "lr_scheduler_min_lr_ratio"} | {
    name for name, value in SCRIPT.items() if value and value is not True
}
_SDXL_ONLY = ("sdxl_cache_text_encoder_outputs", "sdxl_no_half_vae")


def as_form(out: Outgoing) -> dict[str, Any]:
    """Every field of the form, sorted by name as kohya's window writes it."""
    form, values = dict(FORM), dict(out.values)
    form["sdxl"], form["v2"] = out.is_sdxl, out.is_sd2
    form["model_list"] = "custom"
    form["sample_prompts"] = "\n".join(out.prompts)
    adapter, items = _network(values)
    form.update(adapter)
    form.update(_length(values))
    form.update(_rates(values))
    form.update(_schedule(values))
    form.update(_attention(values))
    form.update(_noise(values))
    extra: dict[str, Any] = {"network_args": items} if items else {}
    for name, value in values.items():
        field = _FIELDS.get(name, name)
        if _fits(field, name, value, form):
            form[field] = " ".join(value) if isinstance(value, list) else value
        elif name in _NEVER_ZERO or value not in (SCRIPT.get(name), False, 0):
            extra[name] = value
    _switch_off(form, values)
    if " " in values.get("caption_prefix", ""):
        form["keep_tokens"] = out.request.keep_tokens  # the trigger word is none of the tags then
    form["additional_parameters"] = " ".join(_flags(extra, out.notes))
    return dict(sorted(form.items()))


def _fits(field: str, name: str, value: Any, form: dict[str, Any]) -> bool:
    """Whether the window sends the value of this field as it is: it drops zeros."""
    if field not in FORM or (field in _SDXL_ONLY and not form["sdxl"]):
        return False
    if name == "save_model_as":  # the window knows two of the three
        return value != "pt"
    if name.startswith("multires_noise") and form["noise_offset_type"] == "Original":
        return False
    if isinstance(value, list):
        return name in ("optimizer_args", "lr_scheduler_args")
    return bool(value) or isinstance(value, bool) or name not in _NEVER_ZERO


def _network(values: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The fields of the adapter; and all items of network_args where a field lacks for one: those
    of a flag take the place of what the fields say.
    """
    said = values.pop("network_args", [])
    items: dict[str, str] = dict(item.split("=", 1) for item in said)
    module, algo = values.pop("network_module"), items.pop("algo", "")
    if module == "networks.lora":
        kind = "Kohya LoCon" if "conv_alpha" in items else "Standard"
    else:
        kind = next(name for name, parts in MODULES.items() if parts == (module, algo))
    fields = {_FIELDS.get(name, name): _number(value) for name, value in items.items()}
    if kind == "Kohya LoCon":
        fields.setdefault("conv_dim", 0)
    known = {name: value for name, value in fields.items() if name in FORM}
    return {"LoRA_type": kind, **known}, [] if len(known) == len(fields) else said


def _number(text: str) -> Any:
    try:
        return int(text) if text.lstrip("-").isdecimal() else float(text)
    except ValueError:
        return text == "True" if text in ("True", "False") else text


def _length(values: dict[str, Any]) -> dict[str, Any]:
    epochs, steps = values.pop("max_train_epochs", 0), values.pop("max_train_steps", 0)
    return {"max_train_epochs": epochs, "epoch": epochs or 1, "max_train_steps": steps}


def _rates(values: dict[str, Any]) -> dict[str, Any]:
    """A zero leaves a part out; two rates for two text encoders are beyond the form."""
    fields: dict[str, Any] = {}
    if isinstance(values.get("text_encoder_lr"), list):
        fields["text_encoder_lr"] = values["text_encoder_lr"][0]
    if values.pop("network_train_unet_only", False):
        fields["text_encoder_lr"] = 0.0
    if values.pop("network_train_text_encoder_only", False):
        fields["unet_lr"] = 0.0
    return fields


def _schedule(values: dict[str, Any]) -> dict[str, Any]:
    """A share of the run as a percentage."""
    warmup = values.pop("lr_warmup_steps", 0)
    if isinstance(warmup, float):
        return {"lr_warmup": round(warmup * 100, 10), "lr_warmup_steps": 0}
    return {"lr_warmup": 0, "lr_warmup_steps": warmup}


def _attention(values: dict[str, Any]) -> dict[str, Any]:
    if values.pop("xformers", False):
        return {"xformers": "xformers"}
    return {"xformers": "sdpa" if values.pop("sdpa", False) else "none"}


def _noise(values: dict[str, Any]) -> dict[str, Any]:
    """The window sends either the offset or the levels."""
    levels = values.get("multires_noise_iterations")
    if levels and not values.get("noise_offset"):
        return {"noise_offset_type": "Multires"}
    return {"noise_offset_type": "Original"}


def _switch_off(form: dict[str, Any], values: dict[str, Any]) -> None:
    """Fields of the window that are on unless told, where the scripts are not told."""
    for field in ("save_every_n_epochs", "cache_latents", "enable_bucket", "bucket_no_upscale"):
        if field not in values:
            form[field] = type(FORM[field])()


def _flags(values: dict[str, Any], notes: list[Reason]) -> list[str]:
    flags: list[str] = []
    for name, value in values.items():
        words = [str(item) for item in value] if isinstance(value, list) else [str(value)]
        if value is False:
            continue
        if any(" " in word for word in words):
            why = Reason("kohya's window cannot send {name} with a space in it.", name=name)
            notes.append(why)
        else:
            flags += [f"--{name}", *([] if value is True else words)]
    return flags
