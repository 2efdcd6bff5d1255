"""Writing checkpoints: kohya's file names, keys, precision and header."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from engine.models.lora_file import write_lora
from engine.training.config import TrainRequest
from engine.training.metadata import Header, Moment
from engine.training.torch_file import write_torch

PRECISIONS = {"float": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}


class CheckpointWriter:
    """Writes the checkpoints of one run into ``folder``."""

    def __init__(self, folder: Path, request: TrainRequest, header: Header) -> None:
        self.folder = folder
        self._suffix = f".{request.save_model_as}"
        self._dtype = PRECISIONS[request.save_precision]
        self._header = header

    def write(self, tensors: dict[str, Tensor], moment: Moment, stem: str) -> Path:
        """Write ``tensors`` (kohya names) as the file ``stem``.

        The write is atomic; StorageError leaves the checkpoints before it as they are. The formats
        of old tools hold the tensors and nothing else.
        """
        path = self.folder / (stem + self._suffix)
        cast = {key: tensor.detach().to("cpu", self._dtype) for key, tensor in tensors.items()}
        if self._suffix == ".safetensors":
            write_lora(path, cast, self._header.at(moment))
        else:
            write_torch(path, cast)
        return path
