"""What GIMP and Krita show of our files, where they are installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.canvas.ora import save_ora
from engine.canvas.psd_file import save_psd
from tests.engine.canvas.pictures import rich

_GIMP = """
(let* ((image (car (gimp-file-load RUN-NONINTERACTIVE "{source}" "source")))
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


@pytest.mark.skipif(shutil.which("gimp") is None, reason="GIMP is not installed")
def test_gimp_shows_our_psd_as_we_do(tmp_path: Path) -> None:
    document = rich()
    # GIMP's soft light is another formula.
    document.set_mode(next(node.id for node in document.nodes() if node.name == "Shade"), "screen")
    save_psd(document, tmp_path / "a.psd")
    script = _GIMP.format(source=tmp_path / "a.psd", target=tmp_path / "a.png")
    quiet("gimp", "-i", "-d", "-f", "-b", script, "-b", "(gimp-quit 0)")
    assert farthest(tmp_path / "a.png", document.composite()) <= 2


@pytest.mark.skipif(
    shutil.which("krita") is None or shutil.which("xvfb-run") is None,
    reason="Krita or Xvfb is not installed",
)
def test_krita_shows_our_openraster_as_we_do(tmp_path: Path) -> None:
    document = rich()
    save_ora(document, tmp_path / "a.ora")
    quiet(
        "xvfb-run", "-a", "krita", "--export", "--export-filename",
        str(tmp_path / "a.png"), str(tmp_path / "a.ora"),
    )  # fmt: skip
    assert farthest(tmp_path / "a.png", document.composite()) <= 2
