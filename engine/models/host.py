"""The one place that keeps base models in memory."""

from __future__ import annotations

import contextlib
import stat
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch

from engine.models.loading import LoadedModel, PredictionType, load_model, model_path
from engine.runtime import device as devices
from engine.runtime.file_state import FileState, file_state


class _Key(NamedTuple):
    path: Path
    files: tuple[FileState, ...]
    device: str
    dtype: torch.dtype
    prediction_type: str | None
    vae_dtype: torch.dtype | None
    variant: str


class ModelHost:
    """Keeps the model that was used last; a file that changed on disk is loaded again.

    Used only by the thread that owns torch.
    """

    def __init__(self) -> None:
        self._key: _Key | None = None
        self._model: LoadedModel | None = None

    def get(
        self,
        ref: str,
        *,
        device: torch.device | None = None,
        dtype: torch.dtype | None = None,
        prediction_type: PredictionType | None = None,
        vae_dtype: torch.dtype | None = None,
        variant: str = "",
        prepare: Callable[[LoadedModel], None] | None = None,
    ) -> LoadedModel:
        """The model ``ref``, loaded when it is not the one in memory; see :func:`load_model`.

        Without ``device`` and ``dtype`` the computer's best are taken. The former model is dropped
        before the next is loaded, so that both never need room at once, unless a job holds it.
        ``variant`` names what ``prepare`` changes of the loaded model; who asks for another variant
        gets another model.
        """
        device = device or devices.default_device()
        dtype = dtype or devices.default_dtype(device)
        key = _key(ref, device, dtype, prediction_type, vae_dtype, variant)
        if self._model is None or key != self._key:
            if self._model is not None:
                self.release()  # with none to drop, the search for garbage only takes time
            model = load_model(
                ref,
                device=device,
                dtype=dtype,
                prediction_type=prediction_type,
                vae_dtype=vae_dtype,
            )
            if prepare is not None:
                prepare(model)
            self._model, self._key = model, key
        return self._model

    def is_usual(self, ref: str, model: LoadedModel) -> bool:
        """Whether ``model`` is in memory, and what :meth:`get` gives for ``ref`` alone."""
        device = devices.default_device()
        usual = _key(ref, device, devices.default_dtype(device))
        return model is self._model and usual == self._key

    def release(self) -> None:
        """Drop the model and give its memory back."""
        self._model = self._key = None
        devices.free_memory()


def _key(
    ref: str,
    device: torch.device,
    dtype: torch.dtype,
    prediction_type: PredictionType | None = None,
    vae_dtype: torch.dtype | None = None,
    variant: str = "",
) -> _Key:
    state = _state_of(model_path(ref))
    return _Key(*state, str(device), dtype, prediction_type, vae_dtype, variant)


def _state_of(path: Path) -> tuple[Path, tuple[FileState, ...]]:
    """The resolved path, and the states of its files.

    The parts of a model lie one folder deep; a folder that is none may hold anything below.
    """
    files = [*path.glob("*"), *path.glob("*/*")] if path.is_dir() else [path]
    states = []
    for file in files:
        with contextlib.suppress(OSError):  # gone meanwhile, or of somebody else
            states.append(file.stat())
    found = (file_state(state) for state in states if stat.S_ISREG(state.st_mode))
    return path.resolve(), tuple(sorted(found))


_HOST = ModelHost()
devices.on_release(_HOST.release)


def host() -> ModelHost:
    """The process-wide host."""
    return _HOST
