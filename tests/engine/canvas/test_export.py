from __future__ import annotations

import io
import itertools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.canvas import export, storage
from engine.canvas.document import Document
from engine.canvas.export import FORMATS, ExportSettings, export_document, recipe_text
from engine.canvas.incoming import as_group, load_foreign
from engine.canvas.layer import Group, layer_of
from engine.canvas.raster import flattened
from engine.commands.cli import main
from engine.imaging.decode import load_rgba
from engine.imaging.srgb import is_srgb, profile_name, srgb_profile
from engine.runtime.errors import BadInputError
from engine.sampling.picture_text import read_infotext
from tests.engine.canvas.pictures import SIZE, difference, noise, rich

TEXT = "castle, 城堡\nNegative prompt: fog\nSteps: 4, Sampler: Euler, CFG scale: 7, Seed: 5"


def painted(*, opaque: bool = True) -> Document:
    low = layer_of("low", noise(*SIZE, 1, opaque=opaque), recipe={"infotext": "wrong"})
    made = layer_of("made", noise(40, 40, 2), recipe={"infotext": TEXT, "seed": 5})
    hidden = layer_of("hidden", noise(9, 9, 3), recipe={"infotext": "wrong"}, visible=False)
    above = layer_of("by hand", noise(9, 9, 3))
    return Document(*SIZE, [low, Group(name="g", children=[made]), hidden, above])


SUFFIXES = [suffix for one in FORMATS for suffix in one.suffixes]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_format_gives_the_picture_back(tmp_path: Path, suffix: str) -> None:
    document, path = painted(opaque=False), tmp_path / f"a{suffix.upper()}"
    notes = export_document(document, path)
    if suffix in (".psd", ".psb", ".ora"):
        assert difference(load_foreign(path).document.composite(), document.composite()) <= 1
        return
    shown, expected = load_rgba(path), document.composite()
    if suffix in (".jpg", ".jpeg"):
        assert [str(note) for note in notes] == ["Transparency became white."]
        expected = np.dstack([flattened(expected), np.full(SIZE[::-1], 255, np.uint8)])
    if suffix in (".png", ".tif", ".tiff"):
        np.testing.assert_array_equal(shown, expected)
    else:
        assert np.abs(shown.astype(int)[..., 3] - expected[..., 3]).max() == 0
        assert np.abs(shown.astype(int) - expected)[expected[..., 3] == 255].mean() < 8


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
def test_the_topmost_recipe_that_is_seen_goes_along(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    export_document(painted(), path)
    told = read_infotext(path)
    assert told is not None
    assert (told.prompt, told.negative_prompt) == ("castle, 城堡", "fog")
    assert told.settings["Seed"] == "5"
    export_document(painted(), path, ExportSettings(recipe=False))
    assert read_infotext(path) is None


def test_a_canvas_without_recipes_has_no_text() -> None:
    assert recipe_text(rich()) == ""


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif"])
def test_colors_are_marked_as_srgb(tmp_path: Path, suffix: str) -> None:
    export_document(painted(), tmp_path / f"a{suffix}")
    with Image.open(tmp_path / f"a{suffix}") as image:
        if suffix == ".png":
            assert image.info["srgb"] == 0
        else:
            assert is_srgb(image.info["icc_profile"])
            assert profile_name(image.info["icc_profile"]).startswith("sRGB")


def test_equal_documents_give_equal_files(tmp_path: Path) -> None:
    for name in ("a.psd", "a.tif", "a.png"):
        export_document(painted(), tmp_path / name)
        first = (tmp_path / name).read_bytes()
        export_document(painted(), tmp_path / name)
        assert (tmp_path / name).read_bytes() == first
    assert Image.open(io.BytesIO((tmp_path / "a.tif").read_bytes())).info["icc_profile"] == (
        srgb_profile()
    )


def test_quality_makes_files_smaller(tmp_path: Path) -> None:
    for suffix in (".jpg", ".webp"):
        sizes = []
        for quality in (95, 20):
            export_document(painted(), tmp_path / f"a{suffix}", ExportSettings(quality=quality))
            sizes.append((tmp_path / f"a{suffix}").stat().st_size)
        assert sizes[1] < sizes[0]


def test_unknown_formats_and_sides_too_large_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BadInputError, match="is no format"):
        export_document(painted(), tmp_path / "a.xcf")
    monkeypatch.setattr(export, "_LARGEST_WEBP", 100)
    with pytest.raises(BadInputError, match="PNG"):
        export_document(painted(), tmp_path / "a.webp")
    assert list(tmp_path.iterdir()) == []


def test_a_document_becomes_a_group_that_looks_as_it_did(tmp_path: Path) -> None:
    export_document(rich(), tmp_path / "a.psd")
    opened = load_foreign(tmp_path / "a.psd").document
    assert {layer.source for layer in opened.layers} == {"a.psd"}
    target = Document(500, 400)
    target.add_nodes([as_group(opened, "a", (250, 200))])
    placed = target.composite()[90:310, 100:400]
    assert difference(placed, rich().composite()) <= 1


def test_the_command_line_writes_each_as_another(tmp_path: Path, capsys) -> None:
    document = painted()
    storage.save(document, tmp_path / "a.kiln")
    chain = ["a.kiln", "b.psd", "c.ora", "d.kiln", "e.png", "f.jpg"]
    for source, target in itertools.pairwise(chain):
        assert main(["canvas", str(tmp_path / source), str(tmp_path / target)]) == 0
        assert capsys.readouterr().out.strip() == str(tmp_path / target)
    assert difference(load_rgba(tmp_path / "e.png"), document.composite()) <= 1
    assert main(["canvas", str(tmp_path / "none.psd"), str(tmp_path / "a.png")]) == 3
    assert main(["canvas", str(tmp_path / "a.kiln"), str(tmp_path / "a.xyz")]) == 2
    assert (
        main(["canvas", str(tmp_path / "a.kiln"), str(tmp_path / "a.jpg"), "--quality", "0"]) == 2
    )


def test_the_command_line_writes_nothing_over_its_source(tmp_path: Path, capsys) -> None:
    export_document(painted(), tmp_path / "a.psd")
    before = (tmp_path / "a.psd").read_bytes()
    assert main(["canvas", str(tmp_path / "a.psd"), str(tmp_path / "a.psd")]) == 2
    assert "would be written over itself" in capsys.readouterr().err
    assert (tmp_path / "a.psd").read_bytes() == before


def test_the_command_line_tells_what_is_different(tmp_path: Path, capsys) -> None:
    storage.save(rich(), tmp_path / "a.kiln")
    assert main(["canvas", str(tmp_path / "a.kiln"), str(tmp_path / "a.ora")]) == 0
    assert "stylekiln: Masks became part of their layers: 墨 ink." in capsys.readouterr().err
