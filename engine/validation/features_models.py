"""Feature extractors from files that the user has: DINOv2, CLIP, and SSCD. Heavy: torch.

DINOv2 (Oquab et al., 2023) and CLIP (Radford et al., 2021) are folders as transformers writes them,
SSCD (Pizzi et al., 2022) is one TorchScript file (:mod:`engine.validation.features_script`). All
are better than the embedded extractor where a copy is drawn anew or stands on a painted ground;
DINOv2 and CLIP know photographs and are unsure about pixel art. Nothing here uses the network.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors import SafetensorError

from engine.runtime.device import default_device
from engine.runtime.errors import MissingFileError, ModelFileError
from engine.runtime.files import exists, require_file
from engine.validation.features import Extractor, answered, best_view
from engine.validation.features_catalogue import CONFIG, PROCESSOR, SCRIPTS, WEIGHTS
from engine.validation.features_script import ScriptExtractor

_LARGEST_CONFIG = 1 << 24
_BATCH = 16
_LARGEST_SIDE = 1024  # pixels that a config may ask for
_LOCAL: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
_RESAMPLING = {2: Image.Resampling.BILINEAR, 3: Image.Resampling.BICUBIC}


def open_extractor(path: Path) -> Extractor:
    """The extractor in a folder of DINOv2 or CLIP, or in an SSCD file ending in ``.pt``.

    Raises MissingFileError, or ModelFileError for what is damaged, hostile, or something else.
    """
    path = Path(path)
    if path.suffix.lower() in SCRIPTS:
        return ScriptExtractor(require_file(path))
    kind = str(_json(path / CONFIG).get("model_type", ""))
    if kind not in _OPENERS:
        raise ModelFileError(
            "{name} is no model that compares pictures.",
            name=path.name,
            remedy="Choose a folder of DINOv2 or CLIP, or an SSCD file.",
        )
    weights = require_file(path / WEIGHTS, remedy="Download the model again, as safetensors.")
    looks = _preprocessing(path)
    try:
        return _OPENERS[kind](path, looks, _version(weights))
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, SafetensorError) as error:
        raise _damaged(path) from error


@dataclass(frozen=True)
class Preprocessing:
    """How a model wants its pictures: shortest side and cut in pixels, then mean and deviation of
    the channels from 0 to 1, as its ``preprocessor_config.json`` says.
    """

    shortest: int
    cut: int
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    resampling: Image.Resampling

    def tensor(self, pictures: Sequence[np.ndarray]) -> torch.Tensor:
        """float32 ``[n, 3, cut, cut]`` of uint8 ``[H, W, 3]`` pictures."""
        ready = np.stack([self._ready(picture) for picture in pictures])
        return torch.from_numpy(np.ascontiguousarray(ready.transpose(0, 3, 1, 2)))

    def _ready(self, picture: np.ndarray) -> np.ndarray:
        height, width = picture.shape[:2]
        scale = self.shortest / min(height, width)
        size = max(self.cut, round(width * scale)), max(self.cut, round(height * scale))
        image = Image.fromarray(np.ascontiguousarray(picture)).resize(size, self.resampling)
        left, top = (size[0] - self.cut) // 2, (size[1] - self.cut) // 2
        part = image.crop((left, top, left + self.cut, top + self.cut))
        values = np.asarray(part, np.float32) / np.float32(255.0)
        return (values - np.array(self.mean, np.float32)) / np.array(self.deviation, np.float32)


class ModelExtractor:
    """A network whose vectors of whole pictures are compared by their cosine."""

    def __init__(
        self,
        name: str,
        version: str,
        copy_floor: float,
        looks: Preprocessing,
        network: Callable[[torch.Tensor], torch.Tensor],
    ) -> None:
        self.name, self.version, self.copy_floor = name, version, copy_floor
        self._looks, self._network = looks, network
        self._device = default_device()

    def describe(self, pictures: Sequence[np.ndarray]) -> np.ndarray:
        """float32 ``[n, d]`` of length 1. ModelFileError where the weights give no numbers."""
        found = []
        with torch.inference_mode():
            for start in range(0, len(pictures), _BATCH):
                batch = self._looks.tensor(pictures[start : start + _BATCH]).to(self._device)
                found.append(self._network(batch).float().cpu().numpy())
        if not found:
            return np.zeros((0, 0), np.float32)
        return answered(np.concatenate(found), self.name)

    def describe_views(self, pictures: Sequence[np.ndarray]) -> np.ndarray:
        """float32 ``[n, 2, d]``: as it is, and mirrored."""
        mirrored = [np.ascontiguousarray(picture[:, ::-1]) for picture in pictures]
        return np.stack([self.describe(pictures), self.describe(mirrored)], axis=1)

    def similarity(self, described: np.ndarray, views: np.ndarray) -> np.ndarray:
        """float32 ``[n, m]``: the cosine with the better view."""
        return best_view(described, views)


class ClipExtractor(ModelExtractor):
    """CLIP, which also reads prompts: 77 tokens, and no booru tags."""

    def __init__(
        self,
        name: str,
        version: str,
        looks: Preprocessing,
        network: Callable[[torch.Tensor], torch.Tensor],
        read: Callable[[Sequence[str]], torch.Tensor],
    ) -> None:
        super().__init__(name, version, 0.95, looks, network)
        self._read = read

    def describe_texts(self, texts: Sequence[str]) -> np.ndarray:
        """float32 ``[n, d]`` of length 1."""
        with torch.inference_mode():
            return answered(self._read(texts).float().cpu().numpy(), self.name)


def _open_dino(path: Path, looks: Preprocessing, version: str) -> Extractor:
    from transformers import Dinov2Model

    model: Any = Dinov2Model.from_pretrained(path, use_safetensors=True, **_LOCAL)
    model = model.to(default_device()).eval()

    def look(pixels: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = model(pixel_values=pixels).last_hidden_state[:, 0]
        return found

    return ModelExtractor("dinov2", version, 0.9, looks, look)


def _open_clip(path: Path, looks: Preprocessing, version: str) -> Extractor:
    from transformers import CLIPModel, CLIPTokenizer

    model: Any = CLIPModel.from_pretrained(path, use_safetensors=True, **_LOCAL)
    model = model.to(default_device()).eval()
    tokenizer: Any = CLIPTokenizer.from_pretrained(path, **_LOCAL)
    length = model.config.text_config.max_position_embeddings

    def look(pixels: torch.Tensor) -> torch.Tensor:
        seen = model.vision_model(pixel_values=pixels).pooler_output
        found: torch.Tensor = model.visual_projection(seen)
        return found

    def read(texts: Sequence[str]) -> torch.Tensor:
        tokens = tokenizer(
            list(texts), padding=True, truncation=True, max_length=length, return_tensors="pt"
        ).to(model.device)
        understood = model.text_model(**tokens).pooler_output
        found: torch.Tensor = model.text_projection(understood)
        return found

    return ClipExtractor("clip", version, looks, look, read)


_OPENERS: dict[str, Callable[[Path, Preprocessing, str], Extractor]] = {
    "dinov2": _open_dino,
    "clip": _open_clip,
}


def _preprocessing(path: Path) -> Preprocessing:
    values = _json(path / PROCESSOR)
    try:
        size = values.get("size", 224)
        shortest = size if isinstance(size, int) else size.get("shortest_edge", size.get("height"))
        cut = values.get("crop_size", shortest) if values.get("do_center_crop", True) else shortest
        cut = cut if isinstance(cut, int) else cut["height"]
        found = Preprocessing(
            shortest=int(shortest),
            cut=int(cut),
            mean=tuple(float(value) for value in values["image_mean"]),
            deviation=tuple(float(value) for value in values["image_std"]),
            resampling=_RESAMPLING.get(values.get("resample", 3), Image.Resampling.BICUBIC),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(path) from error
    sides = (found.cut, found.shortest)
    strange = not all(1 <= side <= _LARGEST_SIDE for side in sides)
    if strange or len(found.mean) != 3 or len(found.deviation) != 3 or not all(found.deviation):
        raise _damaged(path)
    return found


def _version(weights: Path) -> str:
    """What tells these weights from others; cells described with others are described again."""
    from engine.models.hashes import file_sha256

    return file_sha256(weights)[:16]


def _json(path: Path) -> dict[str, Any]:
    if not exists(path):
        raise MissingFileError(
            "The file {path} does not exist.", path=path, remedy="Download the model again."
        )
    try:
        with open(path, "rb") as stream:
            values = json.loads(stream.read(_LARGEST_CONFIG))
    except (OSError, ValueError, RecursionError) as error:
        raise _damaged(path.parent) from error
    if not isinstance(values, dict):
        raise _damaged(path.parent)
    return values


def _damaged(path: Path) -> ModelFileError:
    return ModelFileError(
        "The model in {name} is damaged, or not complete.",
        name=path.name,
        remedy="Download the model again.",
    )
