"""What a model file or folder is, from its header alone: family, kind, prediction type, problems.

Quick enough for every file in a folder: no tensor is loaded and no pickle is opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from engine.models import checkpoint_keys, lora_keys, pickles
from engine.models.adapter_names import AdapterLook, look_of
from engine.models.family import FAMILIES, STARTER, STARTER_FOLDER, STARTER_WIDTH
from engine.models.headers import Header, read_header, read_json
from engine.runtime.errors import ModelFileError, StylekilnError
from engine.runtime.files import exists

Kind = Literal["base", "lora", "unknown"]
MODEL_SUFFIXES = (".safetensors", ".ckpt", ".pt", ".bin")
_SUPPORTED = "Use a model of SD 1.x, SD 2.x or SDXL."


@dataclass(frozen=True)
class ModelInfo:
    """A model file as lists show it.

    ``family`` is an id of :data:`engine.models.family.FAMILIES`. ``prediction_type`` is "epsilon"
    or "v_prediction", or "" where only the weights tell. ``context_width`` is the channels of the
    text conditioning: a LoRA fits a base model when family and width are the same (None: a LoRA
    without cross attention fits any width). ``look`` is of adapters. ``problem`` is the sentence
    why a file cannot be used, ``error`` the same with its facts, for other languages.
    """

    path: Path
    kind: Kind
    layout: str
    bytes: int
    family: str = ""
    prediction_type: str = ""
    context_width: int | None = None
    rank: int | None = None
    alpha: float | None = None
    look: AdapterLook | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    error: StylekilnError | None = field(default=None, compare=False)

    @property
    def name(self) -> str:
        """What lists call it."""
        return self.path.name if self.layout == "diffusers" else self.path.stem

    @property
    def ref(self) -> str:
        """The text by which requests name it."""
        return STARTER if self.layout == STARTER else str(self.path)

    @property
    def trigger_word(self) -> str:
        """The word that calls the style, as the file says, else ""."""
        return self.metadata.get("modelspec.trigger_phrase", "")

    @property
    def label(self) -> str:
        """The family's name."""
        return FAMILIES[self.family].label if self.family else ""

    @property
    def of_starter(self) -> bool:
        """Whether it is the built-in starter model, made from it, or for it: no other has its
        width. Of a LoRA without cross attention the header tells.
        """
        if self.context_width is None:
            return self.metadata.get("ss_sd_model_name") == STARTER
        return self.family == "sd1" and self.context_width == STARTER_WIDTH

    def fits(self, base: ModelInfo) -> bool:
        """Whether this LoRA can be used with ``base``."""
        return self.misfit(base) is None

    def misfit(self, base: ModelInfo) -> ModelFileError | None:
        """Why this LoRA cannot be used with ``base``; None when it can."""
        if self.family != base.family:
            return ModelFileError(
                "{name} is a LoRA for {family}; {model} is {other}.", name=self.path.name,
                family=self.label, model=base.name, other=base.label,
                remedy="Choose a LoRA and a base model of the same family.",
            )  # fmt: skip
        if self.context_width not in (None, base.context_width):
            return ModelFileError(
                "{name} was made for a model of another size than {model}.",
                name=self.path.name,
                model=base.name,
                remedy="Choose a LoRA made for this model.",
            )
        return None


def inspect(ref: str | Path) -> ModelInfo:
    """Recognise the model file, diffusers folder or "starter" ``ref``.

    MissingFileError when nothing is there; ModelFileError when it is empty, truncated, hostile or
    of an unknown family.
    """
    path = STARTER_FOLDER if ref == STARTER else Path(ref)
    if exists(path) and path.is_dir():
        return _inspect_folder(path)
    if path.suffix.lower() == ".safetensors":
        return _inspect_safetensors(read_header(path))
    names = pickles.read_names(path)
    shapes: dict[str, tuple[int, ...]] = dict.fromkeys(names.texts, ())
    return _inspect_tensors(path, shapes, {}, None)


def _inspect_safetensors(header: Header) -> ModelInfo:
    shapes = {name: info.shape for name, info in header.tensors.items()}
    return _inspect_tensors(header.path, shapes, header.metadata, header)


def _inspect_tensors(
    path: Path,
    shapes: Mapping[str, tuple[int, ...]],
    metadata: Mapping[str, str],
    header: Header | None,
) -> ModelInfo:
    info = _as_base(path, shapes, metadata, header) or _as_lora(path, shapes, metadata, header)
    if info is None:
        raise unknown_family(path, shapes)
    return info


def unknown_family(path: Path, keys: Mapping[str, Any]) -> ModelFileError:
    """The refusal of a file that is neither a checkpoint nor a LoRA of a known family."""
    other = checkpoint_keys.other_family(keys) or lora_keys.other_kind(keys)
    if other:
        return ModelFileError(
            "{name} is made for {other}, which cannot be used here.",
            name=path.name,
            other=other,
            remedy=_SUPPORTED,
        )
    return ModelFileError(
        "{name} is not a model of a known family.", name=path.name, remedy=_SUPPORTED
    )


def _as_base(
    path: Path,
    shapes: Mapping[str, tuple[int, ...]],
    metadata: Mapping[str, str],
    header: Header | None,
) -> ModelInfo | None:
    family = checkpoint_keys.family_of(shapes)
    if not family:
        return None
    width = shapes.get(
        f"{checkpoint_keys.UNET}middle_block.1.transformer_blocks.0.attn2.to_k.weight"
    )
    spread = None
    if header is not None and header.can_read(checkpoint_keys.SD2_V_TENSOR):
        spread = float(np.std(header.read(checkpoint_keys.SD2_V_TENSOR)))
    return ModelInfo(
        path=path, kind="base", layout="single-file", bytes=path.stat().st_size, family=family,
        prediction_type=prediction_type(family, shapes, metadata, spread),
        context_width=width[1] if width else FAMILIES[family].context_width, metadata=metadata,
    )  # fmt: skip


def prediction_type(
    family: str, keys: Mapping[str, Any], metadata: Mapping[str, str], spread: float | None
) -> str:
    """What a single-file checkpoint's UNet predicts: "epsilon", "v_prediction", or "" (unknown).

    In this order: ModelSpec's metadata; the marker tensor of SDXL v-prediction files; for SD 2.x
    the ``spread`` (standard deviation) of one bias, a rule of thumb of this field, see
    :mod:`engine.models.checkpoint_keys`; else epsilon. A caller who knows better overrides it.
    """
    said = metadata.get("modelspec.prediction_type", "")
    if said:
        return "v_prediction" if said.startswith("v") else "epsilon"
    if checkpoint_keys.V_MARKER in keys:
        return "v_prediction"
    if family != "sd2":
        return "epsilon"
    if spread is None:
        return ""
    return "v_prediction" if spread > checkpoint_keys.SD2_V_SPREAD else "epsilon"


def _as_lora(
    path: Path,
    shapes: Mapping[str, tuple[int, ...]],
    metadata: Mapping[str, str],
    header: Header | None,
) -> ModelInfo | None:
    family = lora_keys.family_of(shapes, metadata)
    if not family:
        return None
    return ModelInfo(
        path=path, kind="lora", layout="single-file", bytes=path.stat().st_size, family=family,
        context_width=lora_keys.context_width(shapes), rank=lora_keys.rank_of(shapes),
        alpha=_alpha(metadata, header), look=look_of(shapes), metadata=metadata,
    )  # fmt: skip


def _alpha(metadata: Mapping[str, str], header: Header | None) -> float | None:
    """The alpha of the first module; what the metadata say where the file stores none."""
    name = next((n for n in header.tensors if n.endswith(".alpha")), "") if header else ""
    if header is not None and header.can_read(name) and header.tensors[name].shape in ((), (1,)):
        return float(header.read(name).reshape(()))
    try:
        return float(metadata.get("ss_network_alpha", ""))
    except ValueError:
        return None


def family_of_folder(unet: Mapping[str, Any]) -> str:
    """The family of a diffusers folder from its UNet's config.

    SDXL takes size numbers beside the text; SD 2.x projects by linear layers, SD 1.x by 1x1
    convolutions.
    """
    if unet.get("addition_embed_type") == "text_time":
        return "sdxl"
    return "sd2" if unet.get("use_linear_projection") else "sd1"


def _inspect_folder(path: Path) -> ModelInfo:
    if not (path / "model_index.json").is_file():
        raise ModelFileError(
            "The folder {path} holds no model.",
            path=path,
            remedy="Choose a folder with a model_index.json.",
        )
    unet = read_json(path / "unet" / "config.json")
    if unet.get("_class_name") != "UNet2DConditionModel":
        raise unknown_family(path, {})
    files = sorted(file for file in path.glob("*/*.safetensors") if file.is_file())
    headers = [read_header(file) for file in files]
    # What tools write about the whole model stands in its UNet.
    told = next((one.metadata for one in headers if one.path.parent.name == "unet"), {})
    scheduler = read_json(path / "scheduler" / "scheduler_config.json")
    return ModelInfo(
        path=path, kind="base", layout=STARTER if path == STARTER_FOLDER else "diffusers",
        bytes=sum(file.stat().st_size for file in files), family=family_of_folder(unet),
        prediction_type=scheduler.get("prediction_type", "epsilon"),
        context_width=unet.get("cross_attention_dim"), metadata=told,
    )  # fmt: skip
