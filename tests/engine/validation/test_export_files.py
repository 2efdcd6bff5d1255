from __future__ import annotations

import csv
import dataclasses
import errno
import io
import itertools
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from psd_tools import PSDImage

from engine.runtime.errors import BadInputError, JobCancelled, StorageError
from engine.runtime.job import Job
from engine.runtime.words import Words
from engine.validation.export import html, pdf_text, sheet, table
from engine.validation.export.arrangement import Names, arranged
from engine.validation.export.request import ExportGridRequest
from engine.validation.export.run import run
from engine.validation.limits import Limits
from engine.validation.overfit import Figures
from engine.validation.overfit_stats import Figure
from tests.engine.validation.exports import PROMPTS, color_of, evidence_of, make_grid

FORMATS = ("png", "pdf", "html", "csv", "psd")


@pytest.fixture
def grid(tmp_path: Path):
    return make_grid(tmp_path / "grid")


@pytest.fixture
def export(grid, tmp_path: Path):
    def made(kind: str, **values):
        path = tmp_path / "out" / f"sheet.{kind}"
        request = ExportGridRequest(
            grid=str(values.pop("grid", grid).folder), path=str(path), format=kind, **values
        )
        return run(request, Job.detached())

    return made


def drawn(grid, **wanted):
    """The cells with a LoRA whose position has these values."""
    return [
        cell
        for cell in grid.cells
        if cell.position.uses_lora
        and all(getattr(cell.position, name) == value for name, value in wanted.items())
    ]


def colors(grid) -> dict[str, tuple[int, int, int]]:
    """The color of each cell by identifier."""
    found = {}
    for cell in grid.cells:
        at = cell.position
        epoch = int(Path(at.checkpoint).stem[-1]) if at.uses_lora else 0
        found[cell.id] = color_of(at.seed, at.prompt, at.weight if at.uses_lora else 0, epoch)
    return found


def test_the_sheet_shows_every_cell_once_at_its_place(grid, export) -> None:
    written = export("png")
    assert (written.shown, written.missing) == (24, 0)
    with Image.open(written.paths[0]) as image:
        pixels = np.asarray(image.convert("RGB"))
    known = colors(grid)
    for cell in drawn(grid):
        count = int((pixels == known[cell.id]).all(axis=2).sum())
        assert count == 64 * 64
    base = next(cell for cell in grid.cells if not cell.position.uses_lora)
    assert int((pixels == known[base.id]).all(axis=2).sum()) == 2 * 64 * 64  # at both weights


def test_cells_become_smaller_when_asked_for(grid, export) -> None:
    for kind in ("png", "psd"):
        with Image.open(export(kind, cell=32).paths[0]) as image:
            small = image.size
        with Image.open(export(kind).paths[0]) as image:
            assert image.width - small[0] >= 4 * 32


def test_a_psd_has_a_layer_for_every_cell_with_its_pixels_and_name(grid, export) -> None:
    written = export("psd", language="zh_CN", names={grid.request.checkpoints[1]: "第 2 轮"})
    document = PSDImage.open(written.paths[0])
    groups = [layer for layer in document if layer.is_group()]
    assert [group.name for group in reversed(groups)] == [
        "种子 1, 基础模型",
        "种子 1, 第 2 轮",
        "种子 1, e2",
        "种子 2, 基础模型",
        "种子 2, 第 2 轮",
        "种子 2, e2",
    ]
    known = colors(grid)
    for group in groups:
        paper, *cells = list(group)
        assert paper.size[0] == document.size[0]
        assert len(cells) == 4
        for layer in cells:
            assert layer.size == (64, 64)
    # The paper of a row hides nothing of another: the first of a page has the names above it.
    bands = sorted((group[0].top, group[0].bottom) for group in groups)
    assert all(above[1] == below[0] for above, below in itertools.pairwise(bands))
    assert bands[-1][1] == document.size[1]
    layer = next(
        one for one in document.descendants() if one.name.startswith("种子 2, 第 2 轮, 0.5, t")
    )
    cell = drawn(grid, checkpoint=grid.request.checkpoints[1], weight=0.5, seed=2, prompt="tower")[
        0
    ]
    assert (np.asarray(layer.topil().convert("RGB")) == known[cell.id]).all()
    merged = np.asarray(document.topil().convert("RGB"))
    left, top, right, bottom = layer.bbox
    assert (merged[top:bottom, left:right] == known[cell.id]).all()


def test_a_sheet_that_would_be_too_large_is_refused_with_its_size(
    grid, export, monkeypatch
) -> None:
    monkeypatch.setattr("engine.validation.export.psd.LARGEST_SIDE", 200)
    with pytest.raises(
        BadInputError, match="at most 30,000 pixels a side; this sheet would be"
    ) as e:
        export("psd")
    assert "Choose a smaller cell size" in str(e.value)
    monkeypatch.setattr(sheet, "LARGEST_PIXELS", 100_000)
    with pytest.raises(BadInputError, match="more than 0 megapixels"):
        export("png")


class Page(HTMLParser):
    """Collects every address of a page and the cells with what they tell."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.cells: list[dict[str, str]] = []
        self.policy = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs) -> None:
        known = dict(attrs)
        self.addresses += [known[name] for name in ("src", "href", "action") if name in known]
        if known.get("http-equiv") == "Content-Security-Policy":
            self.policy = known["content"]
        if (known.get("class") or "").startswith("c "):
            self.cells.append(known)


def test_the_page_holds_every_picture_and_asks_no_network(grid, export) -> None:
    written = export("html", evidence=evidence_of(grid), language="zh_CN")
    text = written.paths[0].read_text("utf-8")
    page = Page(text)
    assert page.addresses == []
    assert re.findall(r"url\((?!data:)", text) == []
    assert "https:" not in text
    assert "default-src 'none'" in page.policy
    assert '<html lang="zh-CN">' in text
    assert len(page.cells) == 24
    assert len(re.findall(r"url\(data:image/webp", text)) == 20  # the base model's are there once
    assert sum("p" in cell["class"] for cell in page.cells) == 24
    assert text.count('class="flag">0.95') == 4  # of one checkpoint and seed
    assert "/home/somebody" not in text
    assert str(grid.folder) not in text


def test_a_prompt_cannot_break_out_of_the_page(tmp_path, export) -> None:
    evil = make_grid(tmp_path / "evil", prompts=('</td><script>alert("1")</script>', "tower"))
    text = export("html", grid=evil).paths[0].read_text("utf-8")
    assert "<script>alert" not in text
    assert text.count("<script") == 1


def test_a_page_stays_below_its_bound(grid, export, monkeypatch) -> None:
    rng = np.random.default_rng(1)
    for cell in grid.cells:
        Image.fromarray(rng.integers(0, 256, (64, 64, 3), np.uint8)).save(cell.path)
    whole = len(export("html", cell=0).paths[0].read_bytes())
    monkeypatch.setattr(html, "LARGEST_PICTURES", 40_000)
    monkeypatch.setattr(html, "SIDES", (48, 32, 16))
    small = len(export("html", cell=0).paths[0].read_bytes())
    frame = 17_000
    assert small < 40_000 + frame < whole


def test_the_tables_can_be_read_by_a_spreadsheet_and_run_nothing(grid, export) -> None:
    written = export("csv", evidence=evidence_of(grid), names={grid.request.checkpoints[2]: "=A"})
    cells, rows = written.paths
    assert cells.read_bytes().startswith(b"\xef\xbb\xbf")
    read = list(csv.DictReader(io.StringIO(cells.read_text("utf-8-sig"), newline="")))
    assert len(read) == 24
    assert {line["prompt"] for line in read} == {f"'{PROMPTS[0]}", "tower"}
    copies = [line for line in read if line["copying"] == "0.95"]
    assert {(line["checkpoint"], line["seed"], line["nearest"]) for line in copies} == {
        ("'=A", "1", "苹果.png")
    }
    measured = list(csv.DictReader(io.StringIO(rows.read_text("utf-8-sig"), newline="")))
    assert [line["weight"] for line in measured] == ["0.0", "0.5", "1.0", "0.5", "1.0"]
    assert measured[0]["checkpoint"] == "Base model"
    assert measured[1]["style_fit"] == "0.1"
    assert [line["copies"] for line in measured] == ["0", "1", "1", "2", "2"]
    assert {line["copy_threshold"] for line in measured} == {"0.85"}


def test_the_table_of_checkpoints_has_all_measures_and_copies_by_the_limits_that_hold(
    grid, export
) -> None:
    evidence = evidence_of(grid)
    last = evidence.rows[-1]
    cells = [cell for cell in grid.cells if cell.position.checkpoint == last.checkpoint]
    ids = tuple(cell.id for cell in cells if cell.position.weight == last.weight)
    figures = Figures(
        copy_p90=Figure(0.6, 0.5, 0.7), copy_share=Figure.plain(0.5), vendi=Figure.plain(3.5)
    )
    changed = replace(last, figures=figures, cells=ids, count=len(ids))
    evidence = replace(evidence, rows=(*evidence.rows[:-1], changed))
    rows = export("csv", evidence=evidence, limits=Limits(copy_similarity=0.3)).paths[1]
    *_, line = csv.DictReader(io.StringIO(rows.read_text("utf-8-sig"), newline=""))
    assert (line["copies"], line["copy_threshold"]) == (str(len(ids)), "0.3")
    assert line["copy_share"] == "1.0"
    assert [line[f"copy_p90{end}"] for end in ("", "_low", "_high")] == ["0.6", "0.5", "0.7"]
    assert [line[f"vendi{end}"] for end in ("", "_low", "_high")] == ["3.5", "", ""]
    assert line["trigger_effect"] == ""
    alone = replace(changed, copying=None, copies=0, figures=Figures(), cells=())
    none = replace(evidence, rows=(alone,), cells={})
    rows = export("csv", evidence=none).paths[1]
    *_, line = csv.DictReader(io.StringIO(rows.read_text("utf-8-sig"), newline=""))
    assert (line["copies"], line["copy_threshold"], line["copy_share"]) == ("", "", "")


def test_a_table_tells_every_axis_of_a_grid(tmp_path: Path, export) -> None:
    axes = [
        {"setting": "steps", "values": [10, 20]},
        {"setting": "second_checkpoint", "values": ["", str(tmp_path / "two.safetensors")]},
        {"setting": "replace", "values": [["tower", "tower"], ["tower", "=A1"]]},
    ]
    (tmp_path / "two.safetensors").write_bytes(b"lora")
    grid = make_grid(tmp_path / "more", checkpoints=("",), weights=(1.0,), seeds=(1,), axes=axes)
    (path,) = export("csv", grid=grid).paths
    read = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline="")))
    told = {
        (line["prompt"], line["steps"], line["second_checkpoint"], line["replace"]) for line in read
    }
    assert len(read) == len(told) == 2 * 2 * 2 * 2
    assert ("tower", "20", "two.safetensors", "'=A1") in told


def test_without_evidence_there_is_one_table_without_metrics(export) -> None:
    written = export("csv")
    assert len(written.paths) == 1
    assert "drawn,,," in written.paths[0].read_text("utf-8-sig")


def test_pages_are_cut_between_groups_and_repeat_the_names(tmp_path, export) -> None:
    large = make_grid(tmp_path / "large", side=256, seeds=tuple(range(5)))
    data = export("pdf", grid=large).paths[0].read_bytes()
    assert data.startswith(b"%PDF")
    assert len(re.findall(rb"/Type /Page\b", data)) == 3  # one for each checkpoint's seeds
    assert b"StylekilnSans" in data
    wide = export("pdf", grid=large, paper="A3").paths[0].read_bytes()
    assert re.search(rb"/MediaBox \[ 0 0 1190\.\d+ 841\.\d+ \]", wide)


def test_only_the_wanted_cells_are_shown_with_their_rows_and_columns(grid, export) -> None:
    wanted = drawn(grid, seed=2, weight=1.0, prompt="tower")
    kept = arranged(grid, Names(grid.request, Words()), {cell.id for cell in wanted})
    assert [(head.title, head.label) for head in kept.rows] == [("Seed 2", "e1"), ("Seed 2", "e2")]
    assert [(head.title, head.label) for head in kept.columns] == [("tower", "1")]
    written = export("png", cells=tuple(cell.id for cell in wanted[:1]))
    assert written.shown == 1


@pytest.mark.parametrize("kind", FORMATS)
def test_cells_that_failed_or_are_gone_are_told_in_every_format(tmp_path, export, kind) -> None:
    broken = make_grid(tmp_path / "broken", fail_seed=2)
    gone, damaged = drawn(broken, seed=1)[:2]
    gone.path.unlink()
    damaged.path.write_bytes(b"no picture")
    written = export(kind, grid=broken)
    assert written.missing == (14 if kind != "csv" else 13)  # a table reads no pictures
    assert written.paths[0].stat().st_size > 0


@pytest.mark.parametrize("kind", FORMATS)
def test_a_full_disk_is_one_sentence_and_leaves_the_old_file(export, monkeypatch, kind) -> None:
    path = export(kind).paths[0]
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("engine.runtime.files.os.fsync", full)
    with pytest.raises(StorageError, match=r"The disk is full; .*sheet\.\w+ was not written\."):
        export(kind)
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir() if one.name.startswith(".new")] == []


@pytest.mark.parametrize("kind", ["png", "pdf", "html", "psd"])
def test_a_cancelled_export_leaves_nothing(grid, tmp_path, kind) -> None:
    seen: list[str] = []

    def stop() -> None:
        seen.append(kind)
        if len(seen) == 5:
            job.handle.cancel()

    job = Job.detached(stop)
    path = tmp_path / "out" / f"sheet.{kind}"
    with pytest.raises(JobCancelled):
        run(ExportGridRequest(grid=str(grid.folder), path=str(path), format=kind), job)
    assert not path.exists()
    assert not path.parent.exists() or list(path.parent.iterdir()) == []


def test_what_is_done_is_told(grid, tmp_path) -> None:
    job = Job.detached()
    path = tmp_path / "sheet.png"
    run(ExportGridRequest(grid=str(grid.folder), path=str(path), format="png"), job)
    progress = job.handle.progress
    assert (progress.key, progress.facts) == ("Exporting {n} of {all}", {"n": 24, "all": 24})


def test_an_empty_grid_is_refused(tmp_path, export) -> None:
    nothing = make_grid(tmp_path / "nothing", fail_seed=1, seeds=(1,))
    with pytest.raises(BadInputError, match="There is nothing to export yet"):
        export("png", grid=nothing)


def test_a_cell_of_another_shape_fits_into_its_place(grid, export) -> None:
    first = drawn(grid)[0]
    Image.new("RGB", (96, 48), "#123456").save(first.path)
    with Image.open(export("png").paths[0]) as image:
        pixels = np.asarray(image.convert("RGB"))
    assert int((pixels == (0x12, 0x34, 0x56)).all(axis=2).sum()) == 96 * 48


def test_a_request_is_kept_as_it_is_in_a_record(grid) -> None:
    request = ExportGridRequest(
        grid=str(grid.folder), path="a.html", format="html", evidence=evidence_of(grid)
    )
    again = ExportGridRequest.model_validate(request.model_dump(mode="json"))
    assert dataclasses.asdict(again.evidence) == dataclasses.asdict(request.evidence)


def test_any_axis_has_its_side_and_its_name(tmp_path) -> None:
    other = make_grid(
        tmp_path / "other",
        axes=[
            {"setting": "steps", "values": [4, 8]},
            {"setting": "trigger", "values": [True, False]},
        ],
        trigger="hvisl",
        prompts=("hvisl tower", "hvisl key"),
        seeds=(1,),
    )
    kept = arranged(other, Names(other.request, Words("zh_CN")))
    assert len(kept.rows) * len(kept.columns) == len(list(kept.places())) == len(other.cells)
    told = {f"{head.title}|{head.label}" for head in (*kept.rows, *kept.columns)}
    assert any("步数 8" in text for text in told)
    assert any("触发词 关" in text for text in told)


@pytest.mark.parametrize("opener", ["=", "+", "-", "@", "＝", "＋", "－", "＠"])
def test_whatever_begins_a_formula_is_quoted(opener: str) -> None:
    assert table._plain(f"{opener}SUM(A1)") == f"'{opener}SUM(A1)"


def test_letters_that_no_font_has_are_boxes_on_paper_and_not_lost() -> None:
    pdf_text.load_fonts()
    for text, shown in (
        ("a 😀 tower", "a □ tower"), ("👍🏽", "□"), ("x\ufe0f 红", "x 红"), ("\ud800", "□"),
        ("é", "é"), ("👩\u200d🎨", "□□"),
    ):  # fmt: skip
        pieces = "".join(letters for _, letters in pdf_text.parts(text, pdf_text.REGULAR))
        assert pieces == shown
        assert pdf_text.width(text, 10) == pytest.approx(pdf_text.width(pieces, 10))
