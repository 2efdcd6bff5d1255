"""ONNX models through onnxruntime, which is imported when a job needs it and never before.

Sessions use the engine's threads and let them sleep while they wait; a GPU is used where the
installed onnxruntime has it. Errors of a file or of memory come as one sentence.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.runtime import device
from engine.runtime.errors import ModelFileError
from engine.runtime.files import require_file

if TYPE_CHECKING:
    import numpy as np
    from onnxruntime import InferenceSession

_CUDA = "CUDAExecutionProvider"
_NO_ROOM = ("out of memory", "allocate memory", "bad_alloc", "bad allocation")


def open_session(path: Path) -> InferenceSession:
    """A session on the ONNX file ``path``.

    Raises MissingFileError, ModelFileError for what is no sound ONNX model, and MemoryError.
    """
    import onnxruntime

    path = require_file(path)
    onnxruntime.disable_telemetry_events()  # Windows builds have some
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = device.engine_threads()
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # what goes wrong is raised as well
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=_providers(onnxruntime))
    except Exception as error:  # its classes share no base but Exception
        if _is_no_room(error):
            raise MemoryError(str(error)) from error
        raise ModelFileError(
            "{name} cannot be read as an ONNX model; it may be cut short.",
            name=path.name,
            remedy="Copy or download it again.",
        ) from error


def run_session(session: InferenceSession, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
    """All outputs of ``session``. Raises MemoryError when there is no room, and ModelFileError."""
    try:
        return session.run(None, inputs)
    except Exception as error:  # its classes share no base but Exception
        if _is_no_room(error):
            raise MemoryError(str(error)) from error
        raise ModelFileError(
            "The model cannot be run: {reason}.",
            reason=str(error).strip().splitlines()[0].rstrip("."),
            remedy="Choose another model.",
        ) from error


def _providers(onnxruntime: Any) -> list[str]:
    if _CUDA not in onnxruntime.get_available_providers():
        return ["CPUExecutionProvider"]
    onnxruntime.preload_dlls()  # CUDA and cuDNN as torch brings them
    return [_CUDA, "CPUExecutionProvider"]


def _is_no_room(error: Exception) -> bool:
    text = str(error).lower()
    return device.is_out_of_memory(error) or any(words in text for words in _NO_ROOM)
