"""What another's zip may hold: kohya's folders keep what they say, and a list has its bounds."""

from __future__ import annotations

import json

import pytest

from engine.dataset.formats import archive
from engine.runtime.errors import BadInputError

from .conftest import bring, files_in, make_zip, pictures_of, png


def test_a_zip_of_one_kohya_folder_keeps_its_repeats_and_its_category(tmp_path):
    for number, top in enumerate(("10_cat", "set/10_cat", "set/reg/10_cat")):
        path = make_zip(tmp_path / f"{number}.zip", {f"{top}/a.png": png()})
        bring(tmp_path / f"new{number}", path)
        found = pictures_of(tmp_path / f"new{number}")["a"]
        assert (found.repeats, found.category, found.is_reg) == (10, "cat", "reg" in top)


def test_a_small_zip_cannot_fill_the_memory(tmp_path):
    """120 KB that would become gigabytes of lists, and more pictures than there are files."""
    head = f'{{"format": "{archive.FORMAT}", "project": {{"name": "x"}}, "folders": [], '
    whole = head + '"pictures": []'
    many = ", ".join(['{"file": "pictures/a/b.png"}'] * 3)
    for text in (f'{whole}, "x": [{"[]," * 20_000}[]]}}', f'{whole}, "x": "{" " * (4 << 20)}"}}',
                 f'{head}"pictures": [{many}]}}'):  # fmt: skip
        path = make_zip(tmp_path / "x.zip", {"stylekiln.json": text, "pictures/a/b.png": png()})
        with pytest.raises(BadInputError, match=r"too large|is damaged"):
            bring(tmp_path / "new", path)
        assert files_in(tmp_path) == {"x.zip"}


def test_repeats_that_a_zip_claims_have_an_end(tmp_path):
    told = {"name": "x", "category_repeats": {"cat": 10**30}}
    contents = {"format": archive.FORMAT, "project": told, "folders": [], "pictures": []}
    path = make_zip(tmp_path / "x.zip", {"stylekiln.json": json.dumps(contents)})
    with pytest.raises(BadInputError):
        bring(tmp_path / "new", path)
    assert files_in(tmp_path) == {"x.zip"}
