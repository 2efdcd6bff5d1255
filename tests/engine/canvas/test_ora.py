from __future__ import annotations

import io
import random
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import psutil
import pytest
from PIL import Image

from engine.canvas.blending import MODES
from engine.canvas.document import Document
from engine.canvas.layer import Group, Mask, layer_of
from engine.canvas.ora import save_ora
from engine.canvas.ora_reading import load_ora
from engine.canvas.rect import Rect
from engine.canvas.selection import ellipse
from engine.runtime.errors import MissingFileError, PictureError, StylekilnError
from tests.engine.canvas.pictures import SIZE, difference, facts, noise, rich


def round_trip(document: Document, tmp_path: Path):
    notes = save_ora(document, tmp_path / "a.ora")
    opened = load_ora(tmp_path / "a.ora")
    return opened.document, [str(note) for note in notes], [str(note) for note in opened.notes]


def written(tmp_path: Path, stack: str, **parts: bytes) -> Path:
    """A file of another program."""
    path = tmp_path / "b.ora"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "image/openraster")
        archive.writestr("stack.xml", stack)
        for name, data in parts.items():
            archive.writestr(f"data/{name}.png", data)
    return path


def png_of(pixels: np.ndarray, **values) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", **values)
    return stream.getvalue()


IMAGE = '<image version="0.0.6" w="60" h="40"><stack>{}</stack></image>'


# Out


def test_the_parts_of_the_file_are_those_of_the_format(tmp_path: Path) -> None:
    document = rich()
    save_ora(document, tmp_path / "a.ora")
    with zipfile.ZipFile(tmp_path / "a.ora") as archive:
        first = archive.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        assert archive.read("mimetype") == b"image/openraster"
        merged = np.asarray(Image.open(archive.open("mergedimage.png")))
        np.testing.assert_array_equal(merged, document.composite())
        assert max(Image.open(archive.open("Thumbnails/thumbnail.png")).size) == 256
        image = ElementTree.fromstring(archive.read("stack.xml"))
        assert (image.get("w"), image.get("h")) == ("300", "220")
        shade = next(one for one in image.iter("layer") if one.get("name") == "Shade")
        assert shade.get("composite-op") == "svg:soft-light"
        pixels = np.asarray(Image.open(archive.open(shade.get("src"))))
    layer = next(one for one in document.layers if one.name == "Shade")
    np.testing.assert_array_equal(pixels, layer.pixels(layer.bounds))
    assert (int(shade.get("x")), int(shade.get("y"))) == (layer.bounds.x, layer.bounds.y)


def test_what_comes_back_looks_as_what_went_out(tmp_path: Path) -> None:
    document = rich()
    back, told, unread = round_trip(document, tmp_path)
    assert difference(back.composite(), document.composite()) <= 1
    assert told == [
        "Clipped layers and their base became a group: 墨 ink.",
        "Masks became part of their layers: 墨 ink.",
    ]
    assert unread == []
    kept = {node.name: facts(node) for node in document.nodes()}
    for node in back.nodes():
        if node.name not in ("墨 ink", "Light"):
            assert facts(node)["mode"] == kept[node.name]["mode"]
            assert facts(node)["visible"] == kept[node.name]["visible"]
            assert facts(node)["locked"] == kept[node.name]["locked"]
            assert facts(node)["opacity"] == kept[node.name]["opacity"]


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_comes_back(tmp_path: Path, mode: str) -> None:
    upper = layer_of("upper", noise(*SIZE, 2), mode=mode)
    document = Document(*SIZE, [layer_of("lower", noise(*SIZE, 1)), upper])
    back, told, _ = round_trip(document, tmp_path)
    assert told == []
    assert back.layers[1].mode == mode
    assert difference(back.composite(), document.composite()) == 0


def test_layers_clipped_with_a_mode_are_merged_with_their_base(tmp_path: Path) -> None:
    base = layer_of("base", noise(90, 80, 2), 30, 20, opacity=0.7, mode="screen")
    shade = layer_of("shade", noise(90, 80, 3), 50, 40, mode="multiply", clipping=True)
    document = Document(*SIZE, [layer_of("paper", noise(*SIZE, 1, opaque=True)), base, shade])
    back, told, _ = round_trip(document, tmp_path)
    assert [node.name for node in back.nodes()] == ["paper", "base"]
    assert (back.layers[1].mode, round(back.layers[1].opacity, 3)) == ("screen", 0.7)
    assert told == [
        "Merged, as OpenRaster has no masks for groups and no clipping with a mode: base."
    ]
    assert difference(back.composite(), document.composite()) <= 1


@pytest.mark.parametrize("passes", [True, False])
def test_a_group_with_a_mask_keeps_its_look(tmp_path: Path, passes: bool) -> None:
    inside = [layer_of("in", noise(200, 150, 2), 30, 20, mode="multiply" if passes else "normal")]
    group = Group(name="group", children=inside, passes_through=passes, opacity=0.6)
    group.mask = Mask(ellipse(SIZE, Rect(40, 30, 150, 120)))
    document = Document(*SIZE, [layer_of("paper", noise(*SIZE, 1, opaque=True)), group])
    back, told, _ = round_trip(document, tmp_path)
    assert len(told) == (2 if passes else 1)
    assert difference(back.composite(), document.composite()) <= 1


def test_names_with_what_xml_cannot_hold(tmp_path: Path) -> None:
    layer = layer_of('a <b> & "c" \x00\ud800 墨', noise(20, 20, 1))
    back, _, _ = round_trip(Document(60, 40, [layer]), tmp_path)
    assert back.layers[0].name == 'a <b> & "c" \ufffd\ufffd 墨'


# In


def test_what_other_programs_write(tmp_path: Path) -> None:
    deep = np.random.default_rng(1).integers(0, 65536, (20, 30), np.uint16)
    gray, red = png_of(deep), png_of(np.full((5, 5, 3), (200, 10, 20), np.uint8))
    body = (
        '<layer name="top" src="data/red.png" x="3" y="-2" composite-op="krita:dissolve"/>'
        '<text/><stack name="folder" opacity="0.5" isolation="auto" edit-locked="true">'
        '<layer src="data/gray.png" visibility="hidden"/></stack>'
    )
    path = written(tmp_path, IMAGE.format(body), gray=gray, red=red)
    opened = load_ora(path)
    folder, inner, top = opened.document.nodes()
    assert isinstance(folder, Group)
    assert (folder.name, folder.opacity, folder.locked) == ("folder", 0.5, True)
    assert (inner.name, inner.visible) == ("Layer", False)
    assert [str(note) for note in opened.notes] == ["dissolve became Normal: top."]
    np.testing.assert_array_equal(top.pixels(Rect(3, 0, 1, 1)), [[[200, 10, 20, 255]]])
    shown = inner.pixels(Rect(0, 0, 30, 20))[..., 0].astype(float)
    assert np.abs(shown - deep / 257).max() <= 0.51


@pytest.mark.parametrize(
    "body",
    [
        '<layer name="a"/>',
        '<layer src="data/none.png"/>',
        '<layer src="../../etc/passwd"/>',
        '<layer src="stack.xml"/>',
        '<layer src="data/good.png" opacity="2"/>',
        '<layer src="data/good.png" opacity="nan"/>',
        '<layer src="data/good.png" x="9999999999"/>',
        '<layer src="data/good.png" x="inf"/>',
        "<stack>" * 200 + "</stack>" * 200,
        "<stack>",
    ],
)
def test_stacks_that_are_not_right_are_refused(tmp_path: Path, body: str) -> None:
    path = written(tmp_path, IMAGE.format(body), good=png_of(noise(5, 5, 1)))
    with pytest.raises(PictureError, match="damaged or is no OpenRaster file"):
        load_ora(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused(tmp_path: Path, encoding: str) -> None:
    entities = "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(9))
    head = f'<!DOCTYPE image [<!ENTITY a0 "ha">{entities}]>'
    path = written(tmp_path, "")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("stack.xml", (head + IMAGE.format("&a9;")).encode(encoding))
    with pytest.raises(PictureError, match="damaged"):
        load_ora(path)


def test_bombs_are_refused_before_they_go_off(tmp_path: Path) -> None:
    path = tmp_path / "b.ora"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("stack.xml", b"<image>" + b" " * (8 * 2**20))
    with pytest.raises(PictureError, match="damaged"):
        load_ora(path)
    good = png_of(noise(5, 5, 1))
    huge = bytearray(good)
    huge[16:24] = (2**31 - 1).to_bytes(4, "big") * 2
    path = written(tmp_path, IMAGE.format('<layer src="data/a.png"/>'), a=bytes(huge))
    with pytest.raises(PictureError, match="GB of memory"):
        load_ora(path)
    path = written(tmp_path, IMAGE.format('<layer src="data/a.png"/>'), a=good + bytes(2**22))
    with pytest.raises(PictureError, match="damaged"):
        load_ora(path)
    path = written(tmp_path, IMAGE.format("").replace('"60"', '"200000"'))
    with pytest.raises(PictureError, match="more than a canvas can have"):
        load_ora(path)


def test_missing_foreign_and_oversized_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(MissingFileError):
        load_ora(tmp_path / "none.ora")
    path = tmp_path / "a.ora"
    for data in (b"", b"PK\x03\x04", png_of(noise(5, 5, 1))):
        path.write_bytes(data)
        with pytest.raises(PictureError, match="damaged or is no OpenRaster file"):
            load_ora(path)
    save_ora(rich(), path)
    free = psutil.virtual_memory()._replace(available=100_000)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    with pytest.raises(PictureError, match="GB of memory"):
        load_ora(path)


def test_truncated_and_mutated_files_are_one_sentence_or_a_document(tmp_path: Path) -> None:
    small = Document(60, 40, [layer_of("a", noise(60, 40, 1)), layer_of("b", noise(9, 9, 2))])
    save_ora(small, tmp_path / "a.ora")
    whole, chance = (tmp_path / "a.ora").read_bytes(), random.Random(4)
    path, refused = tmp_path / "b.ora", []
    for number in range(300):
        data = bytearray(whole)
        if number % 4 == 0:
            del data[chance.randrange(len(data)) :]
        for _ in range(chance.randint(1, 8)):
            if data:
                data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(data)
        try:
            load_ora(path)
        except StylekilnError as error:
            refused.append(error)
    assert len(refused) > 50
    assert all(isinstance(error, PictureError) and "\n" not in str(error) for error in refused)
