from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image

from engine.canvas import records, storage
from engine.canvas.brush import Brush
from engine.canvas.document import Document
from engine.canvas.layer import layer_of
from engine.canvas.rect import Rect
from engine.canvas.selection import ellipse
from engine.canvas.tiles import Tiles
from engine.project.project import Project
from engine.runtime.errors import MissingFileError, PictureError, StorageError


@pytest.fixture
def document() -> Document:
    pixels = np.random.default_rng(3).integers(0, 256, (40, 60, 4), np.uint8)
    made = Document(64, 48)
    made.add_layer("paper", pixels, x=-3, y=5)
    ink = made.add_layer("墨", recipe={"seed": 5, "prompt": "castle"})
    made.paint(ink.id, [(20, 20, 1), (40, 30, 0.5)], Brush(6, 0.5, (200, 10, 10)))
    made.set_opacity(ink.id, 0.35)
    made.set_locked(made.layers[0].id, True)
    made.select(ellipse(made.size, Rect(10, 10, 20, 20)))
    made.settings = {"prompt": "castle", "strength": 0.6}
    return made


def same_tiles(one: Tiles, other: Tiles) -> bool:
    return set(one) == set(other) and all(
        np.array_equal(one.get(key), other.get(key)) for key in one
    )


def same(one: Document, other: Document) -> bool:
    fields = ("id", "name", "x", "y", "opacity", "visible", "locked", "recipe")
    return (
        one.size == other.size
        and one.settings == other.settings
        and same_tiles(one.selection or Tiles(1), other.selection or Tiles(1))
        and len(one.layers) == len(other.layers)
        and all(
            same_tiles(a.tiles, b.tiles)
            and all(getattr(a, name) == getattr(b, name) for name in fields)
            for a, b in zip(one.layers, other.layers, strict=True)
        )
    )


def test_a_saved_document_opens_as_it_was(document: Document, tmp_path: Path) -> None:
    storage.save(document, tmp_path / "a.kiln")
    assert not document.modified
    opened = storage.load(tmp_path / "a.kiln")
    assert same(document, opened)
    assert not opened.modified
    np.testing.assert_array_equal(opened.composite(), document.composite())
    opened.paint(opened.layers[1].id, [(5, 5, 1)], Brush(3))
    assert opened.modified


def test_saving_again_encodes_only_layers_that_changed(
    document: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document.select(None)
    storage.save(document, tmp_path / "a.kiln")
    encoded = []
    png = records.png
    monkeypatch.setattr(records, "png", lambda pixels: encoded.append(pixels) or png(pixels))
    document.paint(document.layers[1].id, [(5, 5, 1)], Brush(3))
    storage.save(document, tmp_path / "a.kiln")
    assert len(encoded) == 1
    assert same(document, storage.load(tmp_path / "a.kiln"))


def test_equal_layers_share_one_blob(document: Document, tmp_path: Path) -> None:
    document.duplicate_layer(document.layers[0].id, "twin")
    storage.save(document, tmp_path / "a.kiln")
    with zipfile.ZipFile(tmp_path / "a.kiln") as archive:
        assert len([name for name in archive.namelist() if name.startswith("blobs/")]) == 3


def test_painting_while_a_frozen_copy_is_written_does_not_reach_the_file(
    document: Document, tmp_path: Path
) -> None:
    frozen = document.frozen()
    before = document.composite()
    document.paint(document.layers[1].id, [(30, 30, 1)], Brush(20))
    storage.save(frozen, tmp_path / "a.kiln")
    np.testing.assert_array_equal(storage.load(tmp_path / "a.kiln").composite(), before)
    document.mark_saved(frozen.version)
    assert document.modified
    storage.save(document, tmp_path / "a.kiln")
    assert same(document, storage.load(tmp_path / "a.kiln"))


def test_frozen_copies_share_the_pixels_of_layers_that_did_not_change(document: Document) -> None:
    first = document.frozen()
    document.paint(document.layers[1].id, [(30, 30, 1)], Brush(20))
    second = document.frozen()
    for key in first.layers[0].tiles:
        assert second.layers[0].tiles.get(key) is first.layers[0].tiles.get(key)
    assert second.layers[1].tiles.get((0, 0)) is not first.layers[1].tiles.get((0, 0))


def test_a_save_killed_halfway_leaves_the_earlier_file_readable(
    document: Document, tmp_path: Path
) -> None:
    path = tmp_path / "a.kiln"
    storage.save(document, path)
    script = textwrap.dedent("""
        import os, signal, sys
        from pathlib import Path
        from engine.canvas import storage
        document = storage.load(Path(sys.argv[1]))
        document.rename_layer(document.layers[0].id, "half saved")
        write, calls = storage.zipfile.ZipFile.writestr, []
        def dying(self, name, data):
            write(self, name, data)
            self.fp.flush()
            calls.append(name)
            if len(calls) == 2:
                os.kill(os.getpid(), signal.SIGKILL)
        storage.zipfile.ZipFile.writestr = dying
        storage.save(document, Path(sys.argv[1]))
    """)
    root = Path(__file__).parents[3]
    killed = subprocess.run(
        [sys.executable, "-c", script, str(path)],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert same(document, storage.load(path))


def test_a_save_that_fails_leaves_the_earlier_file_and_says_why(
    document: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.kiln"
    storage.save(document, path)
    data = path.read_bytes()
    document.rename_layer(document.layers[0].id, "other")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage.zipfile.ZipFile, "writestr", full)
    with pytest.raises(StorageError, match="disk is full"):
        storage.save(document, path)
    assert path.read_bytes() == data
    assert document.modified
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.kiln"]


def rewritten(path: Path, member: str, data: bytes | None) -> None:
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, kept in members.items():
            if not name.startswith(member):
                archive.writestr(name, kept)
            elif data is not None:
                archive.writestr(name, data)


@pytest.mark.parametrize(
    ("member", "data"),
    [
        ("project.json", None),
        ("project.json", b"{"),
        ("project.json", b"[]"),
        ("project.json", b'{"format_version": "x"}'),
        ("project.json", b'{"format_version": 1, "width": 5}'),
        ("blobs/", None),
        ("blobs/", b"not a png"),
    ],
)
def test_a_damaged_file_gets_one_clear_sentence(
    document: Document, tmp_path: Path, member: str, data: bytes | None
) -> None:
    path = tmp_path / "a.kiln"
    storage.save(document, path)
    rewritten(path, member, data)
    with pytest.raises(PictureError, match=r"a\.kiln is damaged"):
        storage.load(path)


@pytest.mark.parametrize("keep", [0, 10, 500])
def test_a_truncated_file_gets_one_clear_sentence(
    document: Document, tmp_path: Path, keep: int
) -> None:
    path = tmp_path / "a.kiln"
    storage.save(document, path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(PictureError, match="damaged"):
        storage.load(path)


def test_missing_and_newer_files_are_named(document: Document, tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="does not exist"):
        storage.load(tmp_path / "none.kiln")
    path = tmp_path / "a.kiln"
    storage.save(document, path)
    rewritten(path, "project.json", b'{"format_version": 99}')
    with pytest.raises(PictureError, match="newer version"):
        storage.load(path)


def changed_record(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    with zipfile.ZipFile(path) as archive:
        record = json.loads(archive.read("project.json"))
    change(record)
    rewritten(path, "project.json", json.dumps(record).encode())


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record.update(format_version=None),
        lambda record: record.update(format_version=["x"]),
        lambda record: record["layers"][0].update(opacity=float("nan")),
        lambda record: record["layers"][0].update(opacity=7),
        lambda record: record["layers"][0].update(x=10**12),
        lambda record: record["layers"][0].update(id=""),
        lambda record: record["layers"][0].update(id=record["layers"][1]["id"]),
        lambda record: record["layers"][0].update(pixels="../../secret"),
        lambda record: record["layers"][0]["tiles"].update({"0,0": "../../secret"}),
        lambda record: record["layers"][0]["tiles"].update({"one": "x"}),
        lambda record: record["layers"][0].update(mode="dissolve"),
        lambda record: record["layers"][0].update(mask={"tiles": {"0,0": "0"}}),
    ],
)
def test_values_no_document_can_have_are_refused(
    document: Document, tmp_path: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    path = tmp_path / "a.kiln"
    storage.save(document, path)
    changed_record(path, change)
    with pytest.raises(PictureError, match="damaged"):
        storage.load(path)


@pytest.mark.parametrize("text", [b"[" * 200_000, b" " * (storage.LONGEST_RECORD + 1)])
def test_a_record_that_would_exhaust_the_reader_is_refused(
    document: Document, tmp_path: Path, text: bytes
) -> None:
    path = tmp_path / "a.kiln"
    storage.save(document, path)
    rewritten(path, "project.json", text)
    with pytest.raises(PictureError, match="damaged"):
        storage.load(path)


def test_any_damaged_byte_is_noticed_or_harmless(document: Document, tmp_path: Path) -> None:
    path = tmp_path / "a.kiln"
    storage.save(document, path)
    sound, chance = path.read_bytes(), random.Random(1)
    refused = 0
    for _ in range(300):
        data = bytearray(sound)
        for _ in range(chance.choice([1, 2, 8])):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(data)
        try:
            assert same(document, storage.load(path))
        except PictureError:
            refused += 1
    assert refused > 200


def test_a_canvas_larger_than_the_usual_limit_for_pictures_opens_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    paper = layer_of("paper", np.full((48, 64, 4), 9, np.uint8))
    storage.save(Document(64, 48, [paper]), tmp_path / "a")
    assert (storage.load(tmp_path / "a").layers[0].pixels(Rect(0, 0, 64, 48)) == 9).all()


def test_layers_larger_than_the_free_memory_are_refused_before_one_is_decoded(
    document: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.kiln"
    storage.save(document, path)
    free = SimpleNamespace(available=64 * 48 * 4)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    monkeypatch.setattr(records, "read_picture", lambda *_: pytest.fail("decoded"))
    with pytest.raises(PictureError, match="memory"):
        storage.load(path)


def test_a_canvas_of_a_moved_project_names_its_loras_where_they_are_now(
    document: Document, tmp_path: Path
) -> None:
    old, new = Project.create(tmp_path / "old", "P").root, tmp_path / "new"
    document.settings = {"repaint": {"loras": [[str(old / "runs" / "a.safetensors"), 0.5]]}}
    document.layers[1].recipe = {"image": {"loras": [{"path": str(old / "b.safetensors")}]}}
    storage.save(document, old / "canvas" / "a.kiln")
    old.rename(new)
    opened = storage.load(new / "canvas" / "a.kiln")
    assert opened.settings["repaint"]["loras"] == [[str(new / "runs" / "a.safetensors"), 0.5]]
    assert opened.layers[1].recipe == {"image": {"loras": [{"path": str(new / "b.safetensors")}]}}


def test_recipes_are_read_without_pixels(document, tmp_path):
    path = tmp_path / "a.kiln"
    storage.save(document, path)
    assert storage.recipes_in(path) == [{"seed": 5, "prompt": "castle"}]
    path.write_bytes(path.read_bytes()[:100])
    assert storage.recipes_in(path) == []
