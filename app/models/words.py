"""What the window says about a model: its title, the line under it, and the facts about it."""

from __future__ import annotations

import math
import re
from pathlib import PurePath

from app.i18n import tr, tr_error
from app.i18n.format import number
from app.models.origin import CHECKPOINT, comment_of, is_sum, made_from
from app.models.trained import trained_facts
from engine.models.family import STARTER
from engine.models.inspect import ModelInfo

KINDS = {"base": "Base", "unknown": "Unknown"}
NOTE, TRIGGER = "modelspec.description", "modelspec.trigger_phrase"
"""Where a LoRA file keeps what its maker says of it, by ModelSpec's names."""

# How training names what it saves inside an epoch.
_STEP = re.compile(r"(?P<run>.+)-step(?P<step>\d{8})")


def family_of(info: ModelInfo) -> tuple[str, str]:
    """The id of the family that lists show, and the key of its name: the starter's files are one of
    their own, for they fit no other model.
    """
    if info.of_starter:
        return STARTER, "Starter"
    return info.family, info.label or "Other"


def family_word(info: ModelInfo) -> str:
    """The family's name, in the language of the moment; empty when it is not known."""
    return tr(family_of(info)[1]) if info.family else ""


def title_of(info: ModelInfo) -> str:
    """What a model is called: the starter by its label, a run's checkpoint by run and place."""
    if info.layout == STARTER:
        return tr("Starter model")
    if is_sum(info):
        return info.name  # its numbers are of one of those that it was made from
    run, epoch = _saved_at(info)
    if epoch:
        return tr("{name}, epoch {n}", name=run, n=epoch)
    inside = _STEP.fullmatch(info.name) if info.kind == "lora" else None
    if inside is not None:
        return tr("{name}, step {n}", name=inside["run"], n=number(int(inside["step"])))
    return info.name


def _saved_at(info: ModelInfo) -> tuple[str, int]:
    """Run and epoch of a LoRA file that has the name that training gave it; else epoch 0."""
    if info.kind != "lora":
        return "", 0
    numbered = CHECKPOINT.fullmatch(info.name)
    if numbered is not None:
        return numbered["run"], int(numbered["epoch"])
    epoch = info.metadata.get("ss_epoch", "")
    inside = _STEP.fullmatch(info.name)
    if inside is not None and epoch.isdecimal() and _ends_epoch(info, int(inside["step"])):
        return inside["run"], int(epoch)
    last = info.name == info.metadata.get("ss_output_name")
    return info.name, int(epoch) if last and epoch.isdecimal() else 0


def _ends_epoch(info: ModelInfo, step: int) -> bool:
    """Whether ``step`` is the last of an epoch, as far as the header tells."""
    keys = ("ss_num_batches_per_epoch", "ss_gradient_accumulation_steps")
    batches, together = (info.metadata.get(key, "") for key in keys)
    if not (batches.isdecimal() and int(batches) and together.isdecimal() and int(together)):
        return False
    return step % math.ceil(int(batches) / int(together)) == 0


def problem_of(info: ModelInfo) -> str:
    """Why a file cannot be used, in the language of the moment; empty when it can."""
    return tr_error(info.error) if info.error is not None else info.problem


def kind_of(info: ModelInfo) -> str:
    """The word in the column of kinds: LoCon, what a base model predicts, or that it is unknown."""
    if info.look is not None:
        return info.look.kind
    if info.kind == "base" and info.prediction_type:
        return prediction_of(info)
    return "LoRA" if info.kind == "lora" else tr(KINDS[info.kind])


def prediction_of(info: ModelInfo) -> str:
    """What a base model predicts, as people write it."""
    return "v" if info.prediction_type.startswith("v") else info.prediction_type


def second_line(info: ModelInfo) -> str:
    """The quiet line under the name."""
    if info.problem:
        return problem_of(info)
    if info.kind == "lora":
        rank = "" if info.rank is None else tr("rank {rank}", rank=info.rank)
        named = info.path.name if title_of(info) != info.name else ""
        told = named or made_from(info) or _keys_of(info)
        return tr("{first}, {more}", first=told, more=rank) if told and rank else told or rank
    layouts = {
        "starter": "Built in",
        "diffusers": "diffusers folder",
        "single-file": "Single file",
    }
    return tr(layouts.get(info.layout, info.layout))


def _keys_of(info: ModelInfo) -> str:
    naming = info.look.naming if info.look is not None else ""
    return tr("{naming} keys", naming=naming) if naming else ""


def note_of(info: ModelInfo) -> str:
    """What the maker of a LoRA wrote about it."""
    return info.metadata.get(NOTE, "") or comment_of(info.metadata)


def facts(info: ModelInfo) -> list[tuple[str, str]]:
    """What the inspector lists about a model: label keys and ready texts."""
    meta = info.metadata
    base = base_name(meta.get("ss_sd_model_name", ""))
    ranked = ("Rank", str(info.rank) if info.rank else "")
    if info.rank and info.alpha is not None:
        ranked = ("Rank, alpha", f"{info.rank}, {info.alpha:g}")
    lines = [
        ("Family", family_word(info)),
        ("Kind", kind_of(info) if info.kind == "lora" else ""),
        ("Prediction", prediction_of(info) if info.kind == "base" else ""),
        ("Base model", tr("Starter model") if base == STARTER else base),
        ("Trigger word", info.trigger_word),
        ranked,
        *([] if is_sum(info) else trained_facts(meta)),
        ("Keys", _keys(info)),
        ("File", info.path.name if info.kind == "lora" else ""),
        ("Hash of the weights", _in_fours(meta.get("sshs_model_hash", "")[:12])),
    ]
    return [(key, text) for key, text in lines if text]


def base_name(said: str) -> str:
    """The name of a base model alone: some tools write the whole path of another computer."""
    return PurePath(said.replace("\\", "/")).name


def _keys(info: ModelInfo) -> str:
    if info.look is None:
        return ""
    count = number(info.look.tensors)
    return f"{info.look.naming}, {count}" if info.look.naming else count


def _in_fours(text: str) -> str:
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))
