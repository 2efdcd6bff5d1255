"""The form of kohya's window as the arguments that its Start button really gives to the scripts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from engine.runtime.errors import BadInputError
from engine.runtime.files import exists
from engine.training.kohya.arguments import Arguments, Said
from engine.training.kohya.defaults import FORM, SCRIPT
from engine.training.kohya.elsewhere import (
    EMPTY,
    IGNORED,
    IGNORED_ARGUMENTS,
    OTHER_MODELS,
    OTHER_TYPES,
)
from engine.training.kohya.migrations import NO_NUMBER, Field, fields_of
from engine.training.kohya.network_types import sent_with
from engine.training.kohya.script import flags_of
from engine.training.prompts import text_lines
from engine.training.reasons import Reason

# Fields whose argument has another name.
_ARGUMENTS = {
    "optimizer": "optimizer_type",
    "max_resolution": "resolution",
    "sdxl_cache_text_encoder_outputs": "cache_text_encoder_outputs",
    "sdxl_no_half_vae": "no_half_vae",
    "LyCORIS_preset": "preset",
    "use_cp": "use_tucker",
}
_COUNTED = (".jpg", ".jpeg", ".png", ".webp")


class Form:
    """A form with every field; :attr:`arguments` fills while the rules below take fields out."""

    def __init__(self, fields: Mapping[str, Field]) -> None:
        self.arguments = Arguments()
        self._fields = dict(fields)
        self._absent = {name: Field(value, name, value) for name, value in FORM.items()}

    def value(self, name: str) -> Any:
        """What the window shows in a field."""
        return self._field(name).value

    def _field(self, name: str) -> Field:
        return self._fields.get(name) or self._absent[name]

    def names(self) -> list[str]:
        """Fields that no rule has taken yet."""
        return list({**self._absent, **self._fields})

    def give(self, name: str, value: Any, why: Reason | None = None, argument: str = "") -> None:
        """Give ``value`` to the script for the field ``name``, which is done with that."""
        field, present = self._take(name)
        said = Said(argument or _ARGUMENTS.get(name, name), value, field.key, field.given,
                    why or field.why, present)  # fmt: skip
        self.arguments.say(said)

    def leave(self, name: str, why: Reason) -> None:
        """The field changes nothing."""
        field, present = self._take(name)
        self.arguments.leave(field.key, field.given, why, present=present)

    def send(self, name: str) -> None:
        """What the window does with a field: empty and zero values are not sent at all."""
        value, argument = self.value(name), _ARGUMENTS.get(name, name)
        usual = SCRIPT.get(argument)
        if value or isinstance(value, bool) or not usual:
            self.give(name, value)
        elif value == "":
            self.give(name, usual, Reason("Left empty; kohya trains with {used}.", used=usual))
        else:
            why = self._field(name).why
            no_number = why is not None and why.sentence == NO_NUMBER
            self.give(name, usual, Reason(NO_NUMBER, used=usual) if no_number else _dropped(usual))

    def _take(self, name: str) -> tuple[Field, bool]:
        field = self._field(name)
        present = name in self._fields
        self._fields.pop(name, None)
        self._absent.pop(name, None)
        return field, present


def read_form(file: Mapping[str, Any]) -> Arguments:
    """The arguments of a form. BadInputError for a form of models that are not trained here."""
    form = Form(fields_of(file))
    _refuse_other_models(form)
    additional = form.value("additional_parameters")
    for rule in _RULES:
        rule(form)
    for name in form.names():
        form.send(name)
    for said in flags_of(additional):
        form.arguments.say(said)
    return form.arguments


def _refuse_other_models(form: Form) -> None:
    names = form.names()
    found = [label for key, label in OTHER_MODELS.items() if key in names and form.value(key)]
    label = OTHER_TYPES.get(form.value("LoRA_type")) or next(iter(found), "")
    if label:
        raise BadInputError(
            "These settings train {family}, which cannot be trained here.",
            family=label,
            remedy="Use a file for SD 1.x, SD 2.x or SDXL.",
        )


def _model(form: Form) -> None:
    """What is sent depends on the family of the model."""
    if form.value("sdxl"):
        form.leave("clip_skip", Reason("SDXL always reads the same text layer."))
    else:
        for name in ("sdxl_cache_text_encoder_outputs", "sdxl_no_half_vae"):
            form.leave(name, Reason("kohya sends it only for SDXL."))
    given = form.value("additional_parameters")
    why = Reason("Each of its flags stands in a line of its own.")
    form.leave("additional_parameters", why if given else EMPTY)


def _rates(form: Form) -> None:
    """A part with rate 0 gets no adapter, but two zeros mean the common rate."""
    unet, text, common = (form.value(n) for n in ("unet_lr", "text_encoder_lr", "learning_rate"))
    used = common or SCRIPT["learning_rate"]
    if not unet and not text:
        why = Reason("Both rates are 0, so kohya trains both parts with {used}.", used=used)
        form.give("unet_lr", used, why)
        form.give("text_encoder_lr", used, why)
    else:
        form.give("unet_lr", unet)
        form.give("text_encoder_lr", text)


def _warmup(form: Form) -> None:
    steps, share = form.value("lr_warmup_steps"), form.value("lr_warmup")
    if form.value("lr_scheduler") == "constant":
        why = Reason("A constant schedule has no warm-up.")
        form.leave("lr_warmup", why)
        form.leave("lr_warmup_steps", why)
    elif steps:
        form.give("lr_warmup_steps", int(steps))
        form.leave("lr_warmup", Reason("The warm-up in steps wins."))
    else:
        form.leave("lr_warmup_steps", Reason("0 leaves it to the percentage."))
        form.give("lr_warmup", share / 100, argument="lr_warmup_steps")


def _length(form: Form) -> None:
    """The epochs of the form count only when neither epochs nor steps have a maximum."""
    if form.value("max_train_epochs"):
        why = Reason("The maximum of epochs decides.")
        form.give("max_train_epochs", form.value("max_train_epochs"))
        form.leave("max_train_steps", why)
        form.leave("epoch", why)
        return
    form.leave("max_train_epochs", Reason("0 leaves it to the steps."))
    steps = form.value("max_train_steps")
    if steps or form.value("dataset_config"):
        used = steps or SCRIPT["max_train_steps"]
        form.give("max_train_steps", used, None if steps else _dropped(used))
        why = Reason("kohya trains {steps} steps whatever the epochs say.", steps=f"{used:,}")
        form.leave("epoch", why)
        return
    form.leave("max_train_steps", Reason("0 leaves it to the epochs."))
    pictures = _pictures_drawn(form.value("train_data_dir"))
    if not pictures:
        form.give("epoch", form.value("epoch") or 1, argument="max_train_epochs")
        return
    draws = pictures * form.value("epoch") * (2 if form.value("reg_data_dir") else 1)
    per_step = max(1, form.value("train_batch_size")) * max(
        1, form.value("gradient_accumulation_steps")
    )
    used = math.ceil(draws / per_step)
    why = Reason("kohya makes {steps} steps of it, from {pictures} pictures drawn per epoch.",
                 steps=f"{used:,}", pictures=f"{pictures:,}")  # fmt: skip
    form.give("epoch", used, why, argument="max_train_steps")


def _dropped(used: Any) -> Reason:
    return Reason("kohya drops a 0 here and trains with {used}.", used=used)


def _pictures_drawn(folder: str) -> int:
    """Pictures times repeats under ``folder`` as kohya's window counts them; 0 when there are none
    or no folder.
    """
    root = Path(str(folder))
    if not folder or not exists(root) or not root.is_dir():
        return 0
    total = 0
    for sub in root.iterdir():
        repeats = sub.name.partition("_")[0]
        if sub.is_dir() and repeats.isdecimal():
            total += int(repeats) * sum(
                item.suffix.lower() in _COUNTED for item in sub.iterdir() if item.is_file()
            )
    return total


def _noise(form: Form) -> None:
    """Only the fields of the chosen kind of noise are sent."""
    kind = form.value("noise_offset_type")
    plain = ("noise_offset", "noise_offset_random_strength", "adaptive_noise_scale")
    levels = ("multires_noise_iterations", "multires_noise_discount")
    why = Reason("The noise type is {kind}.", kind=kind)
    for name in levels if kind == "Original" else plain:
        form.leave(name, why)
    if kind == "Original" and not form.value("noise_offset"):
        form.leave("adaptive_noise_scale", Reason("There is no noise offset to adapt."))
    form.leave("noise_offset_type", Reason("It only chooses which fields are sent."))


def _network(form: Form) -> None:
    kind = form.value("LoRA_type")
    why = Reason("{kind} does not use it.", kind=kind)
    for name in form.names():
        if not sent_with(kind, name):
            form.leave(name, why)
    form.give("LoRA_type", kind)


def _text(form: Form) -> None:
    for name in IGNORED_ARGUMENTS:
        if name in form.names():
            form.leave(name, IGNORED if form.value(name) else EMPTY)


def _chance(form: Form) -> None:
    if not form.value("seed"):
        form.give("seed", 0, Reason("kohya draws a seed by chance; here 0 is a seed like others."))


def _prompts(form: Form) -> None:
    text = str(form.value("sample_prompts") or "").strip()
    prompts = text_lines(text)
    why = Reason("Empty lines and lines that begin with # are left out.")
    form.give("sample_prompts", prompts, why if text != "\n".join(prompts) else None)


_RULES: tuple[Callable[[Form], None], ...] = (
    _model, _rates, _warmup, _length, _noise, _network, _text, _chance, _prompts,
)  # fmt: skip
