"""The header of a LoRA file that kohya's scripts wrote, as the arguments that trained it.

Every value in it is a text, with Python's words for nothing, yes and no; lists and tables are JSON.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.models import headers, lora_keys
from engine.models.family import STARTER
from engine.models.inspect import ModelInfo, inspect
from engine.runtime.errors import BadInputError
from engine.runtime.files import exists
from engine.training.kohya.arguments import Arguments, Said
from engine.training.kohya.defaults import SCRIPT
from engine.training.kohya.header_keys import (
    FACTS,
    IS_FACT,
    NAMES,
    NOT_TOLD,
    OF_SCHEDULES,
    OFF,
    TEXTS,
    UNTOLD,
)
from engine.training.kohya.plain import plain
from engine.training.kohya.report import Line
from engine.training.kohya.script import items_of, name_network
from engine.training.optimizer_rules import named
from engine.training.reasons import Reason

SUFFIX = ".safetensors"
_NEXT_ARGUMENT = re.compile(r",(?=\s*\w+=)")
_PRECISIONS = {"F16": "fp16", "BF16": "bf16", "F32": "float"}
# The scripts' names of optimizers whose class has another.
_CLASSES = {"SGD": "SGDNesterov", "SGD8bit": "SGDNesterov8bit"}
_NAME_ONLY = Reason("The file tells only its name. Choose it yourself.")
_NONE = Reason("None in the header means that it was off.")
_FIRST = Reason("The datasets of the file differ in it; this is the first one's.")
_RESIZED = Reason("The file was resized; this is what most of its layers have.")


def read_header(path: Path) -> Arguments:
    """What the LoRA ``path`` tells of its training. Raises MissingFileError, ModelFileError, and
    BadInputError where it tells nothing.
    """
    info = inspect(path)
    told = {key: text for key, text in info.metadata.items() if _of_training(key)}
    if info.kind != "lora" or not {"ss_network_module", "ss_learning_rate"} & told.keys():
        raise BadInputError(
            "{name} does not tell how it was trained.", name=path.name,
            remedy="Choose a LoRA that kohya's scripts or this app have written.",
        )  # fmt: skip
    arguments = Arguments()
    for key, text in told.items():
        for said in _said(key, text, told):
            arguments.say(said)
        if key in FACTS:
            arguments.leave(key, text, IS_FACT)
    _model(arguments, told)
    _network(arguments, info)
    _tensors(arguments, headers.read_header(path))
    if "learning_rate" not in arguments:
        usual = SCRIPT["learning_rate"]
        arguments.say(Said("learning_rate", usual, "learning_rate", None, present=False))
    arguments.lines += [Line(name, None, "unknown", why=UNTOLD, present=False)
                        for name in _not_told(arguments)]  # fmt: skip
    return arguments


def _not_told(arguments: Arguments) -> Iterator[str]:
    """What decides about a run with these ``arguments`` and stands in no header."""
    schedule = arguments.value("lr_scheduler")
    for name in NOT_TOLD:
        if name not in arguments and schedule in OF_SCHEDULES.get(name, (schedule,)):
            yield name


def predicts(path: Path) -> Said:
    """What the model of the LoRA ``path`` predicts, as its header says it."""
    told = inspect(path).metadata
    version = told.get("ss_base_model_version", "")
    key, given = "modelspec.prediction_type", told.get("modelspec.prediction_type", "")
    if not given:
        key, given = "ss_base_model_version", version
    predicts_v = given.startswith("v") or given.endswith("_v")
    kind = "v_prediction" if predicts_v else "epsilon"
    return Said("v_parameterization", kind, key, given, present=bool(given))


def is_ours(path: Path) -> bool:
    """Whether this app wrote the file, which does not repeat the slips of kohya's scripts."""
    return inspect(path).metadata.get("modelspec.implementation_version") == "stylekiln"


def _of_training(key: str) -> bool:
    return key.startswith(("ss_", "sshs_", "modelspec."))


def _said(key: str, text: str, told: Mapping[str, str]) -> Iterator[Said]:
    """The arguments that one key gives."""
    if key in FACTS or key in _ELSEWHERE:
        return
    if key == "ss_optimizer":
        yield from _optimizer(key, text)
    elif key == "ss_network_args":
        pairs = [f"{name}={value}" for name, value in _table(text).items()]
        yield from items_of(Said("network_args", pairs, key, text))
    elif key == "ss_datasets":
        yield from _datasets(key, text)
    elif key == "modelspec.timestep_range":
        low, _, high = text.partition(",")
        yield Said("min_timestep", plain(low), key, text)
        yield Said("max_timestep", plain(high), key, text)
    elif key == "modelspec.trigger_phrase" and told.get(_WRITER) == "stylekiln":
        yield Said("trigger_word", text, key, text)
    else:
        yield _plainly(NAMES.get(key, key.partition("_")[2]), key, text)


# Keys that are read together with others.
_ELSEWHERE = {
    "ss_base_model_version", "ss_network_dim", "ss_network_alpha", "ss_num_epochs", "ss_vae_name",
    "modelspec.prediction_type",
}  # fmt: skip
_WRITER = "modelspec.implementation_version"


def _plainly(name: str, key: str, text: str) -> Said:
    if text == "None":
        return Said(name, OFF.get(name), key, text, _NONE if name in OFF else None)
    value = text if name in TEXTS else plain(text)
    if name == "lr_scheduler":
        value = text.partition(":")[0]  # an Adafactor of its own writes its first rate behind it
    if name == "resolution" and isinstance(value, tuple | list):
        value = ",".join(map(str, value))
    return Said(name, value, key, text)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _table(text: str) -> Mapping[str, Any]:
    found = _json(text)
    return found if isinstance(found, dict) else {}


def _rows(found: Any) -> list[dict[str, Any]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _optimizer(key: str, text: str) -> Iterator[Said]:
    """``module.Class(name=value,…)``."""
    path, _, rest = text.partition("(")
    name = path.rpartition(".")[2]
    name = _CLASSES.get(name, name)
    yield Said("optimizer_type", name if named(name) else path, key, text)
    pairs = _NEXT_ARGUMENT.split(rest.rpartition(")")[0]) if rest else []
    if any(pairs):
        yield Said("optimizer_args", [pair.strip() for pair in pairs if pair], key, text)


def _datasets(key: str, text: str) -> Iterator[Said]:
    """What the datasets of a dataset file and their folders say, by the first of them."""
    tables = _rows(_json(text))
    folders = [folder for table in tables for folder in _rows(table.get("subsets"))
               if not folder.get("is_reg")]  # fmt: skip
    for rows, names in ((tables, _OF_DATASETS), (folders, _OF_FOLDERS)):
        for name, argument in names.items():
            values = [row[name] for row in rows if row.get(name) is not None]
            if values:
                value = values[0]
                if isinstance(value, list):
                    value = ",".join(map(str, value))
                why = _FIRST if any(other != values[0] for other in values) else None
                yield Said(argument, value, f"{key}: {name}", values[0], why)


_OF_DATASETS = {
    "batch_size_per_device": "train_batch_size", "resolution": "resolution",
    "enable_bucket": "enable_bucket", "min_bucket_reso": "min_bucket_reso",
    "max_bucket_reso": "max_bucket_reso", "resize_interpolation": "resize_interpolation",
}  # fmt: skip
_OF_FOLDERS = {
    name: name
    for name in (
        "shuffle_caption", "keep_tokens", "keep_tokens_separator", "secondary_separator",
        "enable_wildcard", "caption_prefix", "caption_suffix", "color_aug", "flip_aug",
        "random_crop",
    )
}  # fmt: skip


def _model(arguments: Arguments, told: Mapping[str, str]) -> None:
    """The base model, its kind and its VAE, of which only names are known; and the length."""
    version = told.get("ss_base_model_version")
    if version is not None:
        is_large = version.startswith("sdxl")
        arguments.say(Said("sdxl", is_large, "ss_base_model_version", version))
    name = str(arguments.value("pretrained_model_name_or_path") or "")
    if name and name != STARTER and not exists(Path(name)):
        said = arguments.named("pretrained_model_name_or_path")
        arguments.say(Said(said.name, name, said.key, said.given, _NAME_ONLY))
    vae = told.get("ss_vae_name", "None")
    if vae != "None":
        arguments.lines.append(Line("ss_vae_name", vae, "unknown", why=_NAME_ONLY))
    epochs, steps = told.get("ss_num_epochs"), arguments.value("max_train_steps")
    if epochs is not None and isinstance(steps, int):
        why = Reason("kohya trains {steps} steps whatever the epochs say.", steps=f"{steps:,}")
        arguments.leave("ss_num_epochs", plain(epochs), why)
    elif epochs is not None:
        arguments.say(Said("max_train_epochs", plain(epochs), "ss_num_epochs", epochs))


def _network(arguments: Arguments, info: ModelInfo) -> None:
    """The kind, and rank and alpha, which are words in a file that was resized."""
    name_network(arguments)
    for key, found in (("ss_network_dim", info.rank), ("ss_network_alpha", info.alpha)):
        text = info.metadata.get(key)
        if text is None:
            continue
        value, why = plain(text), None
        if not isinstance(value, int | float):
            value, why = found, _RESIZED
        arguments.say(Said(key.removeprefix("ss_"), value, key, text, why))


def _tensors(arguments: Arguments, header: headers.Header) -> None:
    """What the tensors tell: a part that has none was not trained; their type is that of the
    file.
    """
    split = filter(None, map(lora_keys.split_adapter_key, header.tensors))
    names = filter(None, (lora_keys.parse_module(module) for module, _ in split))
    counts = Counter("lora_unet" if name.encoder is None else "lora_te" for name in names)
    for part, only in (("lora_te", "unet"), ("lora_unet", "text_encoder")):
        if not counts[part] and counts:
            arguments.say(Said(f"network_train_{only}_only", True, part, 0))
    types = Counter(tensor.dtype for tensor in header.tensors.values())
    dtype = types.most_common(1)[0][0] if types else ""
    if dtype in _PRECISIONS:
        arguments.say(Said("save_precision", _PRECISIONS[dtype], "dtype", dtype))
