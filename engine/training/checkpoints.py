"""Writing checkpoints: kohya's file names, keys, precision and header."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from engine.models.lora_file import write_lora
from engine.training.config import TrainRequest
from engine.training.metadata import Header, Moment

PRECISIONS = {"float": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}


class CheckpointWriter:
    """Writes the checkpoints of one run into ``folder``."""

    def __init__(self, folder: Path, request: TrainRequest, header: Header) -> None:
        self._folder = folder
        self._name = request.output_name
        self._dtype = PRECISIONS[request.save_precision]
        self._header = header

    def write(self, tensors: dict[str, Tensor], moment: Moment, *, last: bool) -> Path:
        """Write ``tensors`` (kohya names) as ``<name>-<epoch>`` or, the last time, ``<name>``.

        The write is atomic; StorageError leaves the checkpoints before it as they are.
        """
        stem = self._name if last else f"{self._name}-{moment.epoch:06d}"
        path = self._folder / f"{stem}.safetensors"
        cast = {key: tensor.detach().to("cpu", self._dtype) for key, tensor in tensors.items()}
        write_lora(path, cast, self._header.at(moment))
        return path
