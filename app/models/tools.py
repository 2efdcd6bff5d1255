"""The tools for model files: which there are, what they are called, and when they can be used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.models.inspect import ModelInfo
from engine.models.tools.requests import (
    BakeRequest,
    ConvertRequest,
    EditRequest,
    ExtractRequest,
    MergeRequest,
    ResizeRequest,
    ToolRequest,
    VerifyRequest,
)
from engine.runtime.errors import ModelFileError


@dataclass(frozen=True)
class Tool:
    """``name`` is on its button, ``title`` over its form and ``verb`` on what starts it: keys of
    translations. ``kinds`` are of the models it is offered for; ``several`` says that it takes more
    than one, ``is_long`` that it takes its turn in the queue; others go between two steps of a run.
    """

    id: str
    name: str
    title: str
    verb: str
    icon: str
    request: type[ToolRequest]
    kinds: tuple[str, ...] = ("lora",)
    several: bool = False
    is_long: bool = False


MERGE = Tool("merge", "Merge…", "Merge LoRAs", "Merge", "merge", MergeRequest, several=True)
RESIZE = Tool("resize", "Change rank…", "Change the rank", "Change rank", "scaling", ResizeRequest)
EXTRACT = Tool(
    "extract", "Extract…", "Extract a LoRA", "Extract", "scissors", ExtractRequest,
    kinds=("lora", "base"), is_long=True,
)  # fmt: skip
BAKE = Tool(
    "bake", "Bake into base…", "Bake into a base model", "Bake", "package", BakeRequest,
    kinds=("lora", "base"), several=True, is_long=True,
)  # fmt: skip
CONVERT = Tool(
    "convert", "Convert keys…", "Convert the keys", "Convert", "arrow-left-right", ConvertRequest
)
CHECK = Tool("verify", "Check file", "Check the file", "Check", "shield-check", VerifyRequest)
EDIT = Tool("edit", "Edit what it says…", "What the file says", "Save", "pencil", EditRequest)
TOOLS = (MERGE, RESIZE, EXTRACT, BAKE, CONVERT, CHECK)


def offered(models: Sequence[ModelInfo]) -> list[Tool]:
    """The tools on buttons that make sense for the chosen ``models``."""
    kinds = {info.kind for info in models}
    return [
        tool
        for tool in TOOLS
        if kinds and kinds <= set(tool.kinds) and (len(models) == 1 or tool.several)
    ]


def refusal(tool: Tool, models: Sequence[ModelInfo]) -> ModelFileError | None:
    """Why ``tool`` cannot work on ``models``, from what their headers tell; None when it may."""
    if tool in (MERGE, RESIZE):
        for info in models:
            if info.look is not None and not info.look.adds_up:
                return ModelFileError(
                    "{name} is a {kind}, whose parts cannot be added up.", name=info.path.name,
                    kind=info.look.kind,
                    remedy="Bake it into a checkpoint, and extract a LoRA from that.",
                )  # fmt: skip
    if tool is EDIT and any(info.path.suffix.lower() != ".safetensors" for info in models):
        return ModelFileError(
            "{name} can hold no words about itself.", name=models[0].path.name,
            remedy="Convert it to .safetensors first.",
        )  # fmt: skip
    return _different(models) if tool is MERGE else None


def _different(models: Sequence[ModelInfo]) -> ModelFileError | None:
    for info in models[1:]:
        misfit = info.misfit(models[0])
        if misfit is not None:
            return ModelFileError(
                "{name} is for {family}, {other} for {other_family}.", name=models[0].path.name,
                family=models[0].label, other=info.path.name, other_family=info.label,
                remedy="Choose files for the same kind of model.",
            )  # fmt: skip
    return None
