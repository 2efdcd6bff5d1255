"""What a LoRA file says of itself, changed in a copy, or where asked in the file; the weights stay
bit by bit.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from engine.models import lora_keys
from engine.models.headers import read_header
from engine.models.lora_file import write_lora
from engine.models.tools.files import keep_lora_apart, no_lora
from engine.models.tools.requests import EditRequest, ToolResult
from engine.models.weights import read_tensors
from engine.runtime.errors import BadInputError, ModelFileError
from engine.runtime.job import Job


def run(request: EditRequest, job: Job) -> ToolResult:
    """Write the file with its hashes made anew, whole or not at all. ModelFileError for one without
    metadata or without a LoRA, BadInputError for words that no file can hold.
    """
    source = Path(request.file)
    # A link stays one: the file that it leads to is the one to change.
    out = source.resolve() if request.in_place else Path(request.out)
    if source.suffix.lower() != ".safetensors":
        raise ModelFileError(
            "{name} can hold no words about itself.", name=source.name,
            remedy="Convert it to .safetensors first.",
        )  # fmt: skip
    if not request.in_place:
        keep_lora_apart(out, [source])
    header = read_header(source)
    if not lora_keys.holds_adapter(header.tensors):
        raise no_lora(source)
    _require_letters(request.put)
    metadata = dict(header.metadata)
    for name in request.drop:
        metadata.pop(name, None)
    metadata |= dict(request.put)
    job.breathe()
    write_lora(out, read_tensors(source), metadata)
    return ToolResult(str(out), {"metadata": metadata})


def _require_letters(entries: Iterable[tuple[str, str]]) -> None:
    for name, text in entries:
        try:
            f"{name}{text}".encode()
        except UnicodeEncodeError as error:
            raise BadInputError(
                "The entry {name} holds half a letter.",
                name=name.encode("utf-8", "replace").decode(),
                remedy="Type it again.",
            ) from error
