"""The folder of an export: only what an export wrote is removed, and what changed is made anew."""

from __future__ import annotations

import json

import numpy as np
from PIL import Image

from engine.dataset.edits import Fill
from engine.dataset.formats.target import FORMAT, MANIFEST
from engine.dataset.library import Library
from engine.imaging.decode import load_rgba
from engine.project.project import Project, SourceFolder

from .conftest import export_to


def test_a_manifest_that_names_files_elsewhere_removes_none_of_them(project, tmp_path):
    """It may come with a folder that somebody sent."""
    names = ["../precious.txt", "a/../../precious.txt", str(tmp_path / "precious.txt"),
             "..\\precious.txt", "old.png"]  # fmt: skip
    (tmp_path / "precious.txt").write_text("mine")
    out = tmp_path / "out"
    (out / "a").mkdir(parents=True)
    (out / "old.png").write_bytes(b"ours")
    (out / "..\\precious.txt").write_text("odd, and not ours")
    (out / MANIFEST).write_text(json.dumps({"format": f"{FORMAT} 1", "files": names}))
    assert export_to(project, out).count == 4
    assert (tmp_path / "precious.txt").read_text() == "mine"
    assert not (out / "old.png").exists()
    assert (out / "..\\precious.txt").is_file()


def test_pictures_are_made_anew_when_their_fill_was_changed(tmp_path):
    """That of the project, and that of their category: neither is in the picture's recipe."""
    (tmp_path / "icons").mkdir()
    clear = np.zeros((40, 48, 4), np.uint8)
    Image.fromarray(clear).save(tmp_path / "icons" / "a.png")
    source = SourceFolder(path=str(tmp_path / "icons"), category="icons")
    project = Project.create(tmp_path / "p", "P", [source])
    library = Library(project.database, project)
    seen = []
    for change in (lambda: library.set_fill(Fill(color="#102030")),
                   lambda: library.set_category_fill("icons", Fill(color="#405060"))):  # fmt: skip
        change()
        export_to(project, tmp_path / "out")
        seen.append(tuple(load_rgba(tmp_path / "out" / "1_icons" / "a.png")[0, 0]))
    library.close()
    assert seen == [(0x10, 0x20, 0x30, 255), (0x40, 0x50, 0x60, 255)]
