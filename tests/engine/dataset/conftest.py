"""Small folders of art for the tests of the dataset."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.dataset.library import Library
from engine.project.project import SourceFolder

SAMPLE = Path(__file__).parents[3] / "resources" / "sample"


def paint(path, seed=0, size=(48, 40)):
    """Save a picture of colored noise blocks, different for every seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    blocks = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), np.uint8)
    Image.fromarray(blocks).resize(size, Image.Resampling.NEAREST).save(path)
    return path


@pytest.fixture
def art(tmp_path):
    """A folder with four captioned pictures."""
    folder = tmp_path / "art"
    for number, name in enumerate(("apple", "bell_pepper", "crown", "icon_10")):
        paint(folder / f"{name}.png", number)
        (folder / f"{name}.txt").write_text(f"{name}, icon", encoding="utf-8")
    return folder


@pytest.fixture
def library(art, tmp_path):
    """A library that has read ``art``."""
    library = Library(tmp_path / "dataset.sqlite")
    library.scan([SourceFolder(path=str(art))])
    yield library
    library.close()


def ids_by_name(library):
    """Ids of all pictures of ``library`` by stem."""
    return {picture.name: picture.id for picture in library.pictures()}
