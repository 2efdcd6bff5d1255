"""SSCD, a copy detector that comes as one TorchScript file. Heavy: torch.

Pizzi et al., "A Self-Supervised Descriptor for Image Copy Detection" (CVPR 2022). TorchScript has
a language and an unpickler of its own, which knows tensors and its own classes only; a file that
is no TorchScript archive is refused before torch sees it, because others may run code.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from engine.imaging.adjust import resize
from engine.models.hashes import file_sha256
from engine.runtime.device import default_device
from engine.runtime.errors import ModelFileError
from engine.validation.features import best_view, unit

SIDE = 320
_BATCH = 16
# How pictures were scaled for the networks torchvision offers.
_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)


class ScriptExtractor:
    """A scripted network from ``[n, 3, 320, 320]`` to ``[n, d]``.

    ``copy_floor`` is 0.75: above it nine of ten are copies on the data of the paper.
    """

    name = "sscd"
    copy_floor = 0.75

    def __init__(self, path: Path) -> None:
        require_script(path)
        self.version = file_sha256(path)[:16]
        self._path = path
        self._device = default_device()
        try:
            self._network = torch.jit.load(str(path), map_location=self._device).eval()
        except (RuntimeError, ValueError, OSError) as error:
            raise _damaged(path) from error

    def describe(self, pictures: Sequence[np.ndarray]) -> np.ndarray:
        """float32 ``[n, d]`` of length 1. ModelFileError when the file is of something else."""
        starts = range(0, len(pictures), _BATCH)
        found = [self._looked(pictures[start : start + _BATCH]) for start in starts]
        return unit(np.concatenate(found)) if found else np.zeros((0, 0), np.float32)

    def describe_views(self, pictures: Sequence[np.ndarray]) -> np.ndarray:
        """float32 ``[n, 2, d]``: as it is, and mirrored."""
        mirrored = [np.ascontiguousarray(picture[:, ::-1]) for picture in pictures]
        return np.stack([self.describe(pictures), self.describe(mirrored)], axis=1)

    def similarity(self, described: np.ndarray, views: np.ndarray) -> np.ndarray:
        """float32 ``[n, m]``: the cosine with the better view."""
        return best_view(described, views)

    def _looked(self, pictures: Sequence[np.ndarray]) -> np.ndarray:
        ready = np.stack([resize(picture, (SIDE, SIDE)) for picture in pictures])
        values = (ready.astype(np.float32) / 255.0 - _MEAN) / _DEVIATION
        tensor = torch.from_numpy(np.ascontiguousarray(values.transpose(0, 3, 1, 2)))
        try:
            with torch.inference_mode():
                answer = self._network(tensor.to(self._device))
        except RuntimeError as error:
            raise _damaged(self._path) from error
        if not isinstance(answer, torch.Tensor) or answer.ndim != 2 or len(answer) != len(pictures):
            raise _damaged(self._path)
        found: np.ndarray = answer.float().cpu().numpy()
        return found


def require_script(path: Path) -> None:
    """ModelFileError unless ``path`` is a TorchScript archive: a zip with code and constants."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError) as error:
        raise _refused(path) from error
    top = {name.partition("/")[0] for name in names}
    parts = {name.partition("/")[2] for name in names}
    has_code = any(part.startswith("code/") and part.endswith(".py") for part in parts)
    if len(top) != 1 or not has_code or "constants.pkl" not in parts or "data.pkl" not in parts:
        raise _refused(path)


def _refused(path: Path) -> ModelFileError:
    return ModelFileError(
        "{name} is no TorchScript file.",
        name=path.name,
        remedy="Choose the file that SSCD offers as torchscript.",
    )


def _damaged(path: Path) -> ModelFileError:
    return ModelFileError(
        "{name} cannot compare pictures; it is damaged, or a file of something else.",
        name=path.name,
        remedy="Choose the file that SSCD offers as torchscript.",
    )
