"""The headless twin of an afternoon in the window, on a copy of the sample."""

from __future__ import annotations

import json
import shutil

import numpy as np
from PIL import Image

from engine.commands import cli
from engine.dataset.edits import Recipe, bake
from engine.imaging.decode import load_rgba
from engine.runtime.resources import resource


def test_scan_cull_caption_and_export_one_folder(tmp_path, capsys):
    art, out = tmp_path / "icons", tmp_path / "out"
    shutil.copytree(resource("sample/raw"), art)
    before = {path.name: path.read_bytes() for path in art.iterdir()}

    def run(action, *words):
        assert cli.main(["dataset", action, str(art), *(str(word) for word in words)]) == 0
        return json.loads(capsys.readouterr().out)

    found = run("scan")
    assert found["counts"]["pictures"] == len(before) == 41
    assert found["suggestions"]["too-small"] == 1
    rejected = {name.rpartition("/")[2] for name in run("cull", "--reject")["rejected"]}
    assert len(rejected) == 5
    assert {"crown_thumb.png", "donkey_soft.png", "lotus_soft.png"} <= rejected
    used = ("--where", "not flag:rejected")
    run("caption", *used, "names")
    run("caption", *used, "add", "--tags", "3d icon", "--position", "last")
    run("caption", *used, "trigger", "--new", "hvisl")
    assert (art / "cactus.txt").read_text(encoding="utf-8") == "hvisl, cactus, 3d icon"
    done = run("export", "--format", "kohya", "--out", out)
    assert done["count"] == 36
    exported = {path.stem: path for path in out.rglob("*.png")}
    names = {name.rpartition(".")[0] for name in set(before) - rejected}
    assert set(exported) == names
    for name in ("cactus", "rocket"):
        with Image.open(exported[name]) as picture:
            wanted = bake(load_rgba(art / f"{name}.png"), Recipe())
            assert np.array_equal(np.asarray(picture.convert("RGB")), wanted)
        text = exported[name].with_suffix(".txt").read_text(encoding="utf-8")
        assert text == f"hvisl, {name}, 3d icon"
    assert {name: (art / name).read_bytes() for name in before} == before
