"""Reading and writing for the tools: plain LoRAs in, a LoRA with true metadata out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from torch import Tensor

from engine.models.adapter_file import AdapterFile, read_adapter, to_tensors
from engine.models.adapter_kinds import DOWN, MAGNITUDE, UP, AdapterModule
from engine.models.lora_file import write_lora
from engine.runtime.errors import BadInputError, ModelFileError
from engine.runtime.sources import keep_sources

DTYPES = {"float": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}


def read_plain(path: Path) -> AdapterFile:
    """A file of LoRAs without magnitudes, which sums and ranks are defined for. ModelFileError for
    other kinds.
    """
    file = read_adapter(path)
    if any(m.kind != "lora" or MAGNITUDE in m.tensors for m in file.modules.values()):
        raise ModelFileError(
            "{name} is a {kind}, whose parts cannot be added up.", name=path.name, kind=file.kind,
            remedy="Bake it into a checkpoint, and extract a LoRA from that.",
        )  # fmt: skip
    require_numbers(file)
    return file


def require_numbers(file: AdapterFile) -> None:
    """ModelFileError when a weight or an alpha is infinite or no number."""
    for name, module in file.modules.items():
        if not (math.isfinite(module.alpha) and all(map(all_numbers, module.tensors.values()))):
            raise no_numbers(file.path, name)


def all_numbers(tensor: Tensor) -> bool:
    """Whether nothing in ``tensor`` is infinite or no number; also of the narrow formats, which
    torch does not ask that.
    """
    return bool(torch.isfinite(tensor.float()).all())


def no_numbers(path: Path, module: str) -> ModelFileError:
    """What is said of a file with weights that are infinite or no numbers."""
    return ModelFileError(
        "{name} holds weights that are no numbers, in {module}.", name=path.name, module=module,
        remedy="Use an earlier checkpoint of its run.",
    )  # fmt: skip


def too_large(out: Path, module: str) -> BadInputError:
    """What is said when the new weights are beyond what their number format can hold."""
    return BadInputError(
        "{name} is not written: its weights in {module} would be too large for their number "
        "format.", name=out.name, module=module,
        remedy="Choose smaller strengths, or a wider number format.",
    )  # fmt: skip


def same_sizes(files: list[AdapterFile]) -> None:
    """ModelFileError when a layer has not the same size in all files that change it."""
    first: dict[str, tuple[AdapterFile, tuple[torch.Size, torch.Size]]] = {}
    for file in files:
        for name, module in file.modules.items():
            size = (module.tensors[DOWN].shape[1:], module.tensors[UP].shape[:1])
            other, wanted = first.setdefault(name, (file, size))
            if size != wanted:
                raise ModelFileError(
                    "{name} and {other} are for layers of different sizes, as {module} shows.",
                    name=other.path.name, other=file.path.name, module=name,
                    remedy="Choose files for the same kind of model.",
                )  # fmt: skip


def same_family(files: Mapping[str, AdapterFile] | list[AdapterFile]) -> str:
    """The family of all files. ModelFileError when they are of several."""
    listed = list(files.values()) if isinstance(files, Mapping) else files
    for file in listed[1:]:
        if file.family != listed[0].family:
            raise ModelFileError(
                "{name} is for {family}, {other} for {other_family}.",
                name=listed[0].path.name, family=listed[0].family,
                other=file.path.name, other_family=file.family,
                remedy="Choose files for the same kind of model.",
            )  # fmt: skip
    return listed[0].family


def write(
    out: Path,
    modules: Mapping[str, AdapterModule],
    metadata: Mapping[str, str],
    precision: str,
) -> None:
    """Write ``modules`` with ``metadata``, in which the new ranks and alphas stand."""
    write_tensors(out, to_tensors(modules), {**metadata, **_sizes(modules)}, precision)


def write_tensors(
    out: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str], precision: str
) -> None:
    """Write ``tensors`` in a number format. BadInputError when one is beyond its range."""
    saved = {}
    for key, tensor in tensors.items():
        saved[key] = tensor.to(DTYPES[precision])
        if not all_numbers(saved[key]):
            raise too_large(out, key.partition(".")[0])
    write_lora(out, saved, metadata)


def keep_lora_apart(out: Path, sources: Iterable[Path]) -> None:
    """Refuse a place for a new LoRA that is no name for one, or is of a file that is read. Raises
    like :func:`keep_sources`.
    """
    keep_sources(out, sources)
    if out.suffix.lower() != ".safetensors":
        raise BadInputError("LoRAs are written as .safetensors.", remedy="Name the new file so.")


def no_lora(path: Path) -> ModelFileError:
    """What is said of a file without any weights of an adapter."""
    return ModelFileError(
        "{name} holds no LoRA.", name=path.name, remedy="Choose the file of a LoRA."
    )


def _sizes(modules: Mapping[str, AdapterModule]) -> dict[str, str]:
    ranks = {module.rank for module in modules.values()}
    alphas = {module.alpha for module in modules.values()}
    return {
        "ss_network_module": "networks.lora",
        "ss_network_dim": str(ranks.pop()) if len(ranks) == 1 else "Dynamic",
        "ss_network_alpha": str(alphas.pop()) if len(alphas) == 1 else "Dynamic",
    }
