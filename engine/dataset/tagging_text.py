"""What the captioners that write sentences share: a transformers model from a folder.

Nothing is fetched, and code that a model's folder may hold is never run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from PIL import Image
from transformers.utils import logging

from engine.dataset.tagging import CaptionRequest
from engine.dataset.writing import Described
from engine.runtime import device as devices
from engine.runtime.errors import ModelFileError

_LOCAL = {"local_files_only": True, "trust_remote_code": False}


class TextCaptioner:
    """A model and its processor on the best device. Raises ModelFileError or MemoryError."""

    model_class: ClassVar[Any]
    processor_class: ClassVar[Any]

    def __init__(self, folder: Path) -> None:
        devices.limit_threads(devices.engine_threads())  # torch may have come only now
        self._folder = folder
        self._device = devices.default_device()
        self._dtype = devices.default_dtype(self._device)
        try:
            self._processor = self.processor_class.from_pretrained(folder, **_LOCAL)
            self._model = self._load()
        except Exception as error:  # transformers and safetensors raise anything for a bad file
            if isinstance(error, ModelFileError) or devices.is_out_of_memory(error):
                raise
            raise _unreadable(folder) from error

    def describe(self, pictures: Sequence[np.ndarray], request: CaptionRequest) -> list[Described]:
        """A sentence or more about each uint8 RGB ``[H, W, 3]``."""
        images = [Image.fromarray(picture) for picture in pictures]
        inputs = self._processor(**self._inputs(images, request), return_tensors="pt")
        inputs = inputs.to(self._device, self._dtype)
        # Nothing is drawn at random: the same picture gets the same words.
        with torch.inference_mode():
            tokens = self._model.generate(
                **inputs,
                max_new_tokens=request.max_tokens,
                num_beams=request.beams,
                do_sample=False,
            )
        texts = self._processor.batch_decode(tokens, skip_special_tokens=True)
        return [Described(sentence=" ".join(text.split())) for text in texts]

    def _inputs(self, images: list[Image.Image], request: CaptionRequest) -> Mapping[str, Any]:
        """What the processor is given."""
        raise NotImplementedError

    def _load(self) -> Any:
        logging.disable_progress_bar()  # jobs report their own
        model, told = self.model_class.from_pretrained(
            self._folder, dtype=self._dtype, output_loading_info=True, **_LOCAL
        )
        if told["missing_keys"] or told.get("mismatched_keys"):  # it would go on with random ones
            raise _unreadable(self._folder)
        return model.to(self._device).eval()


def _unreadable(folder: Path) -> ModelFileError:
    return ModelFileError(
        "The model in {path} cannot be read; a file may be cut short or of another model.",
        path=folder,
        remedy="Copy or download it again.",
    )
