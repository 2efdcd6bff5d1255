"""Arguments of kohya's scripts under the names, units and meanings of our schema."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from engine.models.inspect import inspect
from engine.runtime.errors import StylekilnError
from engine.runtime.files import is_file
from engine.training.arguments import joined
from engine.training.kohya.arguments import Arguments, Said
from engine.training.kohya.defaults import FORM, SCRIPT
from engine.training.kohya.elsewhere import EMPTY
from engine.training.kohya.network import take_kind, take_preset
from engine.training.kohya.zeros import take_zeros
from engine.training.optimizer_rules import RULES, named
from engine.training.prompts import prompt_lines
from engine.training.reasons import Reason


def convert(arguments: Arguments, usual: Mapping[str, Any] = SCRIPT) -> None:
    """Fill in what is ``usual`` unless told, then say everything as the schema does."""
    for name, value in usual.items():
        if name not in arguments:
            arguments.say(Said(name, value, name, None, present=False))
    for rule in _RULES:
        rule(arguments)


def _rates(arguments: Arguments) -> None:
    """A part without a rate of its own has the common one; a part that is left out has none."""
    common = arguments.named("learning_rate")
    _rate(arguments, "unet_lr", "network_train_text_encoder_only", common)
    _rate(arguments, "text_encoder_lr", "network_train_unet_only", common)


def _rate(arguments: Arguments, name: str, only: str, common: Said) -> None:
    own, other = arguments.pop(name), arguments.pop(only)
    if other is not None and other.value:
        why = Reason("Only the other part is trained.")
        arguments.say(dataclasses.replace(other, name=name, value=0.0, why=why))
        if own is not None:
            arguments.leave(own.key, own.given, why, present=own.present)
        return
    if other is not None:
        arguments.leave(other.key, other.given, Reason("Both parts are trained."))
    if own is None or own.value in (None, []):
        own = _of_common(name, common)
    elif isinstance(own.value, list | tuple):
        why = Reason("kohya's LoRA training reads only the first of these rates.")
        own = dataclasses.replace(own, value=own.value[0], why=why)
    arguments.say(own)


def _of_common(name: str, common: Said) -> Said:
    if not common.present:
        return Said(name, common.value, name, None, present=False)
    why = common.why or Reason("The rate of every part that has none of its own.")
    return dataclasses.replace(common, name=name, why=why)


def _shares(arguments: Arguments) -> None:
    """Steps, a fraction of the run, or text with a percent sign."""
    for name, share in (("lr_warmup_steps", "lr_warmup"), ("lr_decay_steps", "lr_decay")):
        said = arguments.pop(name)
        if said is None:
            continue
        percent = _percent(said.value)
        if percent is None:
            arguments.say(said)
        else:
            arguments.say(dataclasses.replace(said, name=share, value=percent))


def _ends(arguments: Arguments) -> None:
    """The fall and the floor of a schedule are none where a file does not give them."""
    if arguments.value("lr_scheduler") != "warmup_stable_decay":
        return
    why = Reason("Without it kohya's schedule stays where it is.")
    if "lr_decay" not in arguments and "lr_decay_steps" not in arguments:
        arguments.say(Said("lr_decay", 0.0, "lr_decay", None, why, present=False))
    name = "lr_scheduler_min_lr_ratio"
    if name not in arguments:
        arguments.say(Said(name, 0.0, name, None, why, present=False))


def _percent(value: Any) -> float | None:
    if isinstance(value, str) and value.strip().endswith("%"):
        try:
            return float(value.strip("% "))
        except ValueError:
            return None
    return round(value * 100, 10) if isinstance(value, float) and value <= 1 else None


def _length(arguments: Arguments) -> None:
    epochs = arguments.pop("max_train_epochs")
    if epochs is None or not epochs.value:
        return
    if "max_train_steps" in arguments:
        arguments.idle(arguments.named("max_train_steps"), Reason("The maximum of epochs decides."))
    arguments.say(epochs)


def _prediction(arguments: Arguments) -> None:
    said = arguments.pop("v_parameterization")
    if said is None:
        said = Said("v_parameterization", False, "v_parameterization", None, present=False)
    kind = "v_prediction" if said.value else "epsilon"
    why = Reason("kohya does not look at the model; without this it learns to predict noise.")
    arguments.say(dataclasses.replace(said, value=kind, why=None if said.value else why))


def _attention(arguments: Arguments) -> None:
    """One of kohya's ways; the sliced one wins over xformers, and that over torch's own."""
    said = [arguments.pop(name) for name in _WAYS]
    given = [item for item in said if item is not None]
    asked = [item for item in given if item.value not in (False, "none", "")]
    for item in given:
        if item is not asked[0] if asked else item.name != "xformers":
            why = Reason("Another kind of attention is chosen.") if item in asked else EMPTY
            arguments.leave(item.key, item.given, why, present=item.present)
        else:
            kind = _WAYS[item.name] if item.value is True else str(item.value or "none")
            if kind == "xformers" and find_spec("xformers") is None:
                kind = "sdpa"
            arguments.say(dataclasses.replace(item, name="xformers", value=kind, why=_SAME))


_WAYS = {"mem_eff_attn": "sliced", "xformers": "xformers", "sdpa": "sdpa"}
_SAME = Reason("The result is the same; only speed and memory differ.")


def _caches(arguments: Arguments) -> None:
    """A cache on disk is a cache."""
    for name in ("cache_latents", "cache_text_encoder_outputs"):
        disk, said = arguments.value(f"{name}_to_disk"), arguments.pop(name)
        if said is not None:
            why = Reason("A cache on disk is asked for.")
            changed = bool(disk) and not said.value
            said = dataclasses.replace(said, value=True, why=why) if changed else said
            arguments.say(said)


def _prompts(arguments: Arguments) -> None:
    """The scripts read prompts from a file, which may be gone."""
    said = arguments.pop("sample_prompts")
    if said is None or isinstance(said.value, list):
        if said is not None:
            arguments.say(said)
    elif said.value and is_file(Path(str(said.value))):
        why = Reason("The prompts in this file.")
        arguments.say(dataclasses.replace(said, value=prompt_lines(Path(str(said.value))), why=why))
    else:
        why = Reason("There is no such file here.") if said.value else EMPTY
        arguments.leave(said.key, said.given, why, present=said.present)


def _trigger(arguments: Arguments) -> None:
    """The phrase that calls a style up is our trigger word where it leads every caption; it is no
    tag to be counted then.
    """
    said = arguments.pop("metadata_trigger_phrase")
    if said is None:
        return
    word, prefix = str(said.value or "").strip(), str(arguments.value("caption_prefix") or "")
    first, comma, rest = prefix.partition(",")
    if not word or not comma or first.strip() != word:
        why = Reason("It does not lead the captions, and is no setting of the training.")
        arguments.leave(said.key, said.given, why if word else EMPTY, present=said.present)
        return
    why = Reason("It stands first in every caption as the trigger word, which is always kept.")
    arguments.say(dataclasses.replace(said, name="trigger_word", value=word, why=why))
    prefixed = arguments.named("caption_prefix")
    arguments.say(dataclasses.replace(prefixed, value=rest.strip(), why=why))
    kept = arguments.value("keep_tokens")
    if isinstance(kept, int) and kept:
        said = arguments.named("keep_tokens")
        arguments.say(dataclasses.replace(said, value=kept - 1, why=why))


def _samples(arguments: Arguments) -> None:
    steps = arguments.pop("sample_every_n_steps")
    if steps is None:
        return
    if arguments.value("sample_every_n_epochs") and steps.value:
        arguments.idle(steps, Reason("kohya draws every so many epochs and ignores the steps."))
        steps = dataclasses.replace(steps, value=0, key="", present=False)
    arguments.say(steps)


def _kept_files(arguments: Arguments) -> None:
    """kohya keeps the checkpoints of so many last steps; here is counted in files."""
    for name in ("save_last_n_steps", "save_last_n_steps_state"):
        said, every = arguments.pop(name), arguments.value("save_every_n_steps") or 0
        if said is None:
            continue
        if not said.value or not every:
            arguments.say(dataclasses.replace(said, value=0))
            continue
        if not isinstance(said.value, int) or not isinstance(every, int):
            arguments.say(said)  # the schema says what is wrong with it
            continue
        files = -(-(said.value + 1) // every)
        why = Reason("kohya counts steps; of files every {every} steps that is {files}.",
                     every=every, files=files)  # fmt: skip
        arguments.say(dataclasses.replace(said, value=files, why=why))


def _logs(arguments: Arguments) -> None:
    """A log folder alone means TensorBoard; services are not logged to."""
    said = arguments.pop("log_with")
    if said is None:
        return
    kind = said.value or ("tensorboard" if arguments.value("logging_dir") else "")
    if kind == "wandb":
        arguments.leave(said.key, said.given, Reason("Nothing is sent to a service from here."))
    elif kind:
        arguments.say(dataclasses.replace(said, value="tensorboard"))
    else:
        arguments.leave(said.key, said.given, EMPTY, present=said.present)


def _decay(arguments: Arguments) -> None:
    """What an optimizer decays by when its arguments do not say."""
    text = joined(arguments.value("optimizer_args") or "")
    if "weight_decay=" not in text:
        rule = RULES.get(named(str(arguments.value("optimizer_type"))))
        why = Reason("What this optimizer has in kohya's scripts.")
        value = rule.decay if rule else 0.0
        arguments.say(Said("weight_decay", value, "weight_decay", None, why, present=False))


def _left_to_us(arguments: Arguments) -> None:
    """A model that is not named is chosen here; states change no result, and save runs."""
    for name in ("pretrained_model_name_or_path", "save_state"):
        if name in arguments and not arguments.named(name).present:
            arguments.pop(name)


def _threads(arguments: Arguments) -> None:
    said = arguments.pop("num_cpu_threads_per_process")
    if said is None:
        return
    if said.value == FORM["num_cpu_threads_per_process"]:
        why = Reason("It is kohya's usual value, which only says how fast pictures are read.")
        arguments.leave(said.key, said.given, why, present=said.present)
    else:
        arguments.say(said)


def _slips(arguments: Arguments) -> None:
    """Where kohya computes other numbers than it means to, ask for the same."""
    why = Reason("So that the run computes what kohya's scripts compute.")
    if arguments.value("sdxl") or _is_sdxl(arguments.value("pretrained_model_name_or_path")):
        arguments.say(Said("sdxl_kohya_crop", True, "sdxl_kohya_crop", None, why, present=False))
    if arguments.value("gradient_accumulation_steps") not in (None, 0, 1):
        said = Said("kohya_accumulation", True, "kohya_accumulation", None, why, present=False)
        arguments.say(said)
    if weighs_otherwise({said.name: said.value for said in arguments}):
        said = Said("kohya_loss_weights", True, "kohya_loss_weights", None, why, present=False)
        arguments.say(said)


def weighs_otherwise(values: Mapping[str, Any]) -> bool:
    """Whether kohya's scripts weigh the losses of such a run in another way than they mean to."""
    weighs = any(values.get(name) for name in _WEIGHTS)
    return bool(values.get("zero_terminal_snr") and weighs) or values.get("huber_scale", 1.0) != 1.0


SLIPS = ("kohya_accumulation", "kohya_loss_weights", "sdxl_kohya_crop")
_WEIGHTS = ("min_snr_gamma", "debiased_estimation_loss", "scale_v_pred_loss_like_noise_pred",
            "v_pred_like_loss")  # fmt: skip


def _is_sdxl(model: Any) -> bool:
    try:
        return bool(model) and inspect(str(model)).family == "sdxl"
    except StylekilnError:  # a model that is not here yet says nothing about itself
        return False


_RULES: tuple[Callable[[Arguments], None], ...] = (
    take_kind, take_preset, take_zeros, _rates, _shares, _ends, _length, _prediction, _attention,
    _caches, _prompts, _trigger, _samples, _kept_files, _logs, _decay, _threads, _slips,
    _left_to_us,
)  # fmt: skip
