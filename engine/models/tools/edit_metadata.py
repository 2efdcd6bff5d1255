"""What a LoRA file says of itself, changed in a copy, or where asked in the file; the weights stay
bit by bit.
"""

from __future__ import annotations

from pathlib import Path

from engine.models.headers import read_header
from engine.models.lora_file import write_lora
from engine.models.tools.files import keep_sources
from engine.models.tools.requests import EditRequest, ToolResult
from engine.models.weights import read_tensors
from engine.runtime.errors import ModelFileError
from engine.runtime.job import Job


def run(request: EditRequest, job: Job) -> ToolResult:
    """Write the file with its hashes made anew, whole or not at all. ModelFileError for one without
    metadata.
    """
    source = Path(request.file)
    out = source if request.in_place else Path(request.out)
    if source.suffix.lower() != ".safetensors":
        raise ModelFileError(
            "{name} can hold no words about itself.", name=source.name,
            remedy="Convert it to .safetensors first.",
        )  # fmt: skip
    if not request.in_place:
        keep_sources(out, [source])
    metadata = dict(read_header(source).metadata)
    for name in request.drop:
        metadata.pop(name, None)
    metadata |= dict(request.put)
    job.breathe()
    write_lora(out, read_tensors(source), metadata)
    return ToolResult(str(out), {"metadata": metadata})
