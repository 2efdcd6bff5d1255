"""SSCD, a copy detector that comes as one TorchScript file. Heavy: torch.

Pizzi et al., "A Self-Supervised Descriptor for Image Copy Detection" (CVPR 2022). TorchScript has
a language and an unpickler of its own, which knows tensors and its own classes only; a file that
is no TorchScript archive is refused before torch sees it, because others may run code. The language
can open files, even while it is loaded, so a script whose code does that is refused as well.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from engine.imaging.adjust import resize
from engine.models.hashes import file_sha256
from engine.runtime.device import default_device, is_out_of_memory
from engine.runtime.errors import ModelFileError
from engine.validation.features import answered, best_view

SIDE = 320
_BATCH = 16
# How pictures were scaled for the networks torchvision offers.
_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)
# What a script raises itself is no RuntimeError.
_SCRIPT_ERRORS = (RuntimeError, ValueError, TypeError, LookupError, AssertionError, torch.jit.Error)
_LARGEST_CODE = 1 << 24  # bytes of one source file
# What reaches files, by any way to write its name; operators of other libraries may do as much.
_REACHES_OUT = re.compile(rb"\b(?:save|from_file|classes)\b|\bops\b(?!\s*\.\s*prim\b)|\\[0-7uUxN]")
# As TorchScript writes it: submodules with a number for a name. A name in parts is a disguise.
_BY_NAME = re.compile(rb"\bgetattr\b")
_PLAINLY = re.compile(rb"getattr\([^\"']*\"\w+\"\)")


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
        except (*_SCRIPT_ERRORS, OSError) as error:
            if is_out_of_memory(error):
                raise
            raise _damaged(path) from error

    def describe(self, pictures: Sequence[np.ndarray]) -> np.ndarray:
        """float32 ``[n, d]`` of length 1. ModelFileError when the file is of something else."""
        starts = range(0, len(pictures), _BATCH)
        found = [self._looked(pictures[start : start + _BATCH]) for start in starts]
        if not found:
            return np.zeros((0, 0), np.float32)
        return answered(np.concatenate(found), self._path.name)

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
        except _SCRIPT_ERRORS as error:
            if is_out_of_memory(error):
                raise
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
            codes = [_code(archive, name) for name in names if name.lower().endswith(".py")]
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError) as error:
        raise _refused(path) from error
    top = {name.partition("/")[0] for name in names}
    parts = {name.partition("/")[2] for name in names}
    has_code = any(part.startswith("code/") and part.endswith(".py") for part in parts)
    if len(top) != 1 or not has_code or "constants.pkl" not in parts or "data.pkl" not in parts:
        raise _refused(path)
    # torch finds its parts whatever their case; of two it may read the other one.
    if len({name.lower() for name in names}) != len(names) or any(map(_reaches_out, codes)):
        raise ModelFileError(
            "{name} holds a program that could open other files; it was not loaded.",
            name=path.name,
            remedy="Choose the file that SSCD offers as torchscript.",
        )


def _code(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError("torch writes no such archive")
    with archive.open(name) as stream:
        code = stream.read(_LARGEST_CODE + 1)
    if len(code) > _LARGEST_CODE:
        raise ValueError("too much code")
    return code


def _reaches_out(code: bytes) -> bool:
    named = (_PLAINLY.match(code, found.start()) for found in _BY_NAME.finditer(code))
    return _REACHES_OUT.search(code) is not None or not all(named)


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
