"""What a LoRA file says of itself, changed in a copy; the weights stay bit by bit."""

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
    """Write the copy with its hashes made anew. ModelFileError for a file without metadata."""
    source, out = Path(request.file), Path(request.out)
    if source.suffix.lower() != ".safetensors":
        raise ModelFileError(
            "{name} can hold no words about itself.", name=source.name,
            remedy="Convert it to .safetensors first.",
        )  # fmt: skip
    keep_sources(out, [source])
    metadata = dict(read_header(source).metadata)
    for name in request.drop:
        metadata.pop(name, None)
    metadata |= dict(request.put)
    job.breathe()
    write_lora(out, read_tensors(source), metadata)
    return ToolResult(str(out), {"metadata": metadata})
