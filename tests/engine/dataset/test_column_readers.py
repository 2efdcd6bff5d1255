"""What is read of all pictures at once is what is read of one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from engine.dataset.column_readers import GROUPS, NUMBERS, TEXTS, WHOLE
from engine.dataset.edits import Fill, Recipe
from engine.dataset.steps import Crop
from engine.project.project import SourceFolder

from .conftest import ids_by_name

ONE_BY_ONE = {**NUMBERS, **TEXTS, **{f"group {name}": read for name, read in GROUPS.items()}}


@pytest.fixture
def pictures(library, art):
    """Measured and not, edited and not, one that cannot be read, one of a category."""
    library.measure()
    (art / "broken.jpg").write_bytes(b"no picture")
    Image.new("RGBA", (20, 30), (200, 40, 40, 0)).save(art / "glass.png")
    library.scan([SourceFolder(path=str(art))])
    names = ids_by_name(library)
    library.set_recipe([names["apple"]], Recipe(steps=(Crop(box=(0, 0, 8, 8)),)))
    library.set_recipe([names["crown"]], Recipe().with_fill(Fill()))
    library.set_category([names["apple"]], "fruit")
    library.set_stars([names["crown"]], 4)
    library.set_flag([names["crown"]], "rejected")
    library.set_held_out([names["icon_10"]], True)
    return library.pictures()


@pytest.mark.parametrize("name", sorted(ONE_BY_ONE))
def test_all_at_once_says_what_one_by_one_says(pictures, name):
    one_by_one = [ONE_BY_ONE[name](picture) for picture in pictures]
    alike = {"mask", "reg", "group folder", "repeats"}
    assert len(set(map(str, one_by_one))) > 1 or name in alike
    read = WHOLE[name](pictures)
    copies = WHOLE[name]([replace(picture) for picture in pictures])  # not made of rows
    if name in NUMBERS:
        np.testing.assert_array_equal(np.array(read, float), np.array(one_by_one, float))
        np.testing.assert_array_equal(np.array(copies, float), np.array(one_by_one, float))
    else:
        assert list(read) == list(copies) == one_by_one


def test_reading_a_column_fills_nothing_in(pictures):
    for read in (WHOLE["heldout"], WHOLE["group folder"], WHOLE["name"]):
        read(pictures)
    with pytest.raises(AttributeError):
        type(pictures[0]).__dict__["stars"].__get__(pictures[0])
