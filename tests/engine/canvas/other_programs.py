"""GIMP and Krita, run without a window, as judges of the files we write."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np
from PIL import Image

GIMP = """
(let* ((image (car (gimp-file-load RUN-NONINTERACTIVE "{source}" "source")))
       (again (gimp-file-save RUN-NONINTERACTIVE image
                              (car (gimp-image-get-active-drawable image)) "{again}" "again"))
       (flat (car (gimp-image-merge-visible-layers image CLIP-TO-IMAGE))))
  (gimp-file-save RUN-NONINTERACTIVE image flat "{target}" "target"))
"""


def quiet(*command: str) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "QT_QPA_PLATFORM"}
    subprocess.run(command, check=True, capture_output=True, timeout=300, env=environment)


def farthest(path: Path, expected: np.ndarray) -> int:
    with Image.open(path) as image:
        shown = np.asarray(image.convert("RGBA")).astype(int)
    assert shown.shape == expected.shape
    return int(np.abs(shown - expected).max())
