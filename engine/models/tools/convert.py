"""LoRA files with the names of another tool: kohya's, diffusers' (PEFT's), ComfyUI's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from engine.models.adapter_file import AdapterFile, read_adapter, to_tensors
from engine.models.adapter_kinds import DOWN, UP, AdapterModule
from engine.models.block_names import SD_LAYOUT, SDXL_LAYOUT, to_diffusers, to_original
from engine.models.tools.files import keep_lora_apart, read_plain, require_numbers, write_tensors
from engine.models.tools.origins import true_of_copy
from engine.models.tools.requests import ConvertRequest, ToolResult
from engine.runtime.job import Job

# Words of a path that hold an underscore of their own; the others are steps.
_STEPS = re.compile(
    r"down_blocks|up_blocks|mid_block|input_blocks|output_blocks|middle_block|transformer_blocks"
    r"|time_emb_proj|conv_shortcut|skip_connection|in_layers|out_layers|emb_layers|text_model"
    r"|self_attn|proj_in|proj_out|out_proj|[qkv]_proj|to_(?:q|k|v|out)|[^_]+"
)
_COMFY_TEXT = {
    "lora_te": {"sd1": "clip_l", "sd2": "clip_h"},
    "lora_te1": {"sdxl": "clip_l"},
    "lora_te2": {"sdxl": "clip_g"},
}


def run(request: ConvertRequest, job: Job) -> ToolResult:
    """Write the LoRA with the names of ``request.naming``. ModelFileError for a file that is none,
    or whose kind the naming has no names for.
    """
    source, out = Path(request.file), Path(request.out)
    file = read_plain(source) if request.naming == "diffusers" else read_adapter(source)
    keep_lora_apart(out, [source])
    require_numbers(file)
    tensors = named(file, request.naming)
    job.breathe()
    write_tensors(out, tensors, true_of_copy(file.metadata), request.precision)
    notes = {"modules": len(file.modules), "left_out": file.left_out}
    return ToolResult(str(out), notes)


def named(file: AdapterFile, naming: str) -> dict[str, Tensor]:
    """The tensors of ``file`` under the names of ``naming``."""
    if naming == "kohya":
        return to_tensors(file.modules)
    if naming == "comfyui":
        names = {name: _comfy_name(name, file.family) for name in file.modules}
        return to_tensors({names[name]: module for name, module in file.modules.items()})
    return _as_peft(file.modules, file.family)


def _as_peft(modules: Mapping[str, AdapterModule], family: str) -> dict[str, Tensor]:
    """PEFT's halves; the strength is in the second, because its readers take alpha for the rank."""
    tensors = {}
    for name, module in modules.items():
        path = _diffusers_name(name, family)
        tensors[f"{path}.lora_A.weight"] = module.tensors[DOWN]
        up = module.tensors[UP]
        tensors[f"{path}.lora_B.weight"] = (up.float() * module.scale).to(up.dtype)
    return tensors


def _diffusers_name(name: str, family: str) -> str:
    if name.startswith("lora_unet_"):
        path = dotted(name.removeprefix("lora_unet_"))
        if family == "sdxl":
            path = to_diffusers(path, SDXL_LAYOUT) or path
        return f"unet.{path}"
    prefix, _, path = name.partition("_text_model_")
    folder = "text_encoder_2" if prefix == "lora_te2" else "text_encoder"
    return f"{folder}.text_model.{dotted(path)}"


def _comfy_name(name: str, family: str) -> str:
    if name.startswith("lora_unet_"):
        path = dotted(name.removeprefix("lora_unet_"))
        if family != "sdxl":
            path = to_original(path, SD_LAYOUT) or path
        return f"diffusion_model.{path}"
    prefix, _, path = name.partition("_text_model_")
    return f"text_encoders.{_COMFY_TEXT[prefix][family]}.transformer.text_model.{dotted(path)}"


def dotted(path: str) -> str:
    """A module's path with underscores as one with dots: ``ff_net_0_proj`` is ``ff.net.0.proj``."""
    return ".".join(_STEPS.findall(path))
