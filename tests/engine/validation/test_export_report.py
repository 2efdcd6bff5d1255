from __future__ import annotations

import dataclasses
import hashlib
import io
import re
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save_file

from engine.dataset.edits import Fill, Recipe
from engine.dataset.library import Library
from engine.models.hashes import data_sha256
from engine.project.project import Project, SourceFolder
from engine.runtime.errors import JobCancelled
from engine.runtime.job import Job
from engine.runtime.words import Words
from engine.validation.dismissed import Dismissal
from engine.validation.evidence import CellEvidence
from engine.validation.export.chart import svg
from engine.validation.export.pdf_flow import Lines
from engine.validation.export.pdf_text import load_fonts, wrapped
from engine.validation.export.report import report_of
from engine.validation.export.report_parts import Report
from engine.validation.export.report_request import ApprovedRow, ReportRequest
from engine.validation.export.run import report
from engine.validation.judging import judge
from engine.validation.manifest import open_grid
from engine.validation.overfit import Figures
from engine.validation.overfit_stats import Figure
from tests.engine.validation.exports import PROMPTS, color_of, evidence_of, make_grid

LOSSES = {
    "style-e1.safetensors": Figure(0.09, 0.085, 0.095),
    "style-e2.safetensors": Figure.plain(0.08),
}


@pytest.fixture
def grid(tmp_path: Path):
    return make_grid(tmp_path / "check")


@pytest.fixture
def request_of(grid, tmp_path: Path):
    """A judged grid; the nearest training picture is a green one."""
    nearest = tmp_path / "art" / "训练.png"
    nearest.parent.mkdir()
    Image.new("RGB", (40, 40), "#208020").save(nearest)
    evidence = evidence_of(grid)
    cells = {key: CellEvidence(one.copying, nearest) for key, one in evidence.cells.items()}
    figures = Figures(diversity=Figure(0.6, 0.5, 0.7), copy_mean=Figure(0.5, 0.45, 0.55))
    rows = []
    for row in evidence.rows:
        ids = [c.id for c in grid.cells if (c.position.checkpoint, c.position.weight)
               == (row.checkpoint, row.weight)]  # fmt: skip
        loss = LOSSES[Path(row.checkpoint).name]
        own = dataclasses.replace(figures, held_out_loss=loss)
        rows.append(dataclasses.replace(row, cells=tuple(ids), figures=own))
    evidence = dataclasses.replace(evidence, rows=tuple(rows), cells=cells)
    first, second = grid.request.checkpoints[1:]

    def made(kind: str = "html", **values) -> ReportRequest:
        known = {
            "grid": str(grid.folder),
            "path": str(tmp_path / "out" / f"report.{kind}"),
            "format": kind,
            "evidence": evidence,
            "names": {first: "epoch 2", second: "epoch 4"},
            "epochs": {first: 2, second: 4},
            "training": 376,
            "held_out": 42,
        }
        return ReportRequest(**known | values)

    return made


@pytest.fixture
def told(grid, request_of) -> Report:
    return report_of(request_of(), grid, Words(), Job.detached())


def test_it_says_the_recommendation_and_never_hides_the_baseline(told: Report) -> None:
    assert "epoch" in told.headline
    assert told.rows[0].texts[:3] == ("Base model", "", "base model")
    assert len(told.rows) == 5
    assert sum(row.picked for row in told.rows) == 1
    assert told.rows[1].texts[4] == "0.60 (0.50–0.70)"
    assert told.rows[1].texts[-2] == "0.0900 (0.0850–0.0950)"
    assert told.rows[-1].texts[-2] == "0.0800"


def test_the_change_without_the_trigger_and_the_rise_of_the_loss_are_told(grid, request_of) -> None:
    evidence = request_of().evidence
    figures = Figures(bleed=Figure(0.4, 0.3, 0.5), loss_rise=Figure(0.031, 0.01, 0.05))
    rows = tuple(dataclasses.replace(row, figures=figures) for row in evidence.rows)
    asked = request_of(evidence=dataclasses.replace(evidence, rows=rows, extractor="embedded 2"))
    told = report_of(asked, grid, Words(), Job.detached())
    assert told.columns[-3:] == (
        "Change without the trigger",
        "Held-out loss",
        "Rise of the held-out loss",
    )
    assert (told.rows[1].texts[-3], told.rows[1].texts[-1]) == ("0.50", "0.03")  # seeds differ 0.8
    limits = {one.label: one.limit for one in told.limits}
    assert limits["Rise of the held-out loss"] == "at most 0.02"
    assert limits["Most alike picture"] == "a copy above 0.85"  # that of the training pictures
    assert dict(told.facts)["Compared with"] == "built-in descriptors"


def test_red_flags_come_with_generated_and_nearest_training_picture(told: Report) -> None:
    assert told.flags
    pairs = [pair for flag in told.flags for pair in flag.pairs]
    assert pairs
    assert all(pair.generated and pair.training for pair in pairs)


def test_a_flag_of_all_weights_is_told_once_with_its_worst_pair_first(grid, request_of) -> None:
    evidence = request_of().evidence
    rows = tuple(
        dataclasses.replace(row, copies=row.count) if row.checkpoint and row.weight else row
        for row in evidence.rows
    )
    checkpoint = rows[-1].checkpoint
    low, high = (row for row in rows if row.checkpoint == checkpoint and row.weight)
    assert low.weight < high.weight
    levels = {cell: 0.9 + 0.01 * place for place, cell in enumerate((*high.cells, *low.cells))}
    cells = {
        key: dataclasses.replace(one, copying=levels.get(key, one.copying))
        for key, one in evidence.cells.items()
    }
    asked = request_of(evidence=dataclasses.replace(evidence, rows=rows, cells=cells))
    told = report_of(asked, grid, Words(), Job.detached())
    copies = [one for one in told.flags if one.headline == "Epoch 4 repeats training pictures"]
    assert len(copies) == 1
    assert f"The same at weight {low.weight:g}." in copies[0].detail
    shown = [pair.similarity for pair in copies[0].pairs]
    assert shown == [f"{one:.2f}" for one in sorted(levels.values(), reverse=True)[: len(shown)]]
    assert copies[0].pairs[0].caption.startswith(f"Epoch 4 at {low.weight:g}, seed ")
    assert copies[0].pairs[0].prompt in grid.request.prompts
    headlines = [one.headline for one in told.flags]
    assert len(headlines) == len(set(headlines))


def test_the_chart_has_every_checkpoint_the_limits_and_the_pick(told: Report) -> None:
    chart = told.chart
    assert chart is not None
    assert [words for _, words in chart.labels] == ["epoch 2", "epoch 4"]
    assert [curve.name for curve in chart.curves] == ["Style fit", "Diversity", "Copying"]
    assert [one.words for one in chart.limits] == [
        "style fit at least 0.50",
        "diversity at least 0.56",
        "copying at most 0.35",
    ]
    assert chart.picked in (0.0, 1.0)
    assert len(chart.curves[1].band) == 2


def test_the_held_out_loss_lies_below_on_an_axis_of_its_own(told: Report) -> None:
    chart = told.chart
    assert chart is not None
    assert chart.losses is not None
    assert chart.losses.points == ((0.0, 0.09), (1.0, 0.08))
    assert chart.losses.band == ((0.0, 0.085, 0.095), (1.0, 0.08, 0.08))
    text = svg(chart, 1040, 390)
    assert min(_y_of(text, "0.0950"), _y_of(text, "0.0800")) > _y_of(text, "0")
    assert _y_of(text, "0.0950") < _y_of(text, "0.0800")


def _y_of(text: str, words: str) -> float:
    found = re.search(rf'y="([\d.]+)"[^>]*>{re.escape(words)}<', text)
    assert found is not None
    return float(found.group(1))


def test_without_losses_the_chart_has_one_axis(grid, request_of) -> None:
    evidence = request_of().evidence
    rows = tuple(dataclasses.replace(row, figures=Figures()) for row in evidence.rows)
    asked = request_of(evidence=dataclasses.replace(evidence, rows=rows))
    chart = report_of(asked, grid, Words(), Job.detached()).chart
    assert chart is not None
    assert chart.losses is None


def test_flags_are_told_in_whole_sentences(grid, request_of) -> None:
    evidence = request_of().evidence
    figures = Figures(excess=Figure(0.4, 0.3, 0.5), entropy=Figure(0.1, 0.0, 0.2))
    rows = tuple(dataclasses.replace(row, figures=figures) for row in evidence.rows)
    asked = request_of(evidence=dataclasses.replace(evidence, rows=rows))
    told = report_of(asked, grid, Words(), Job.detached())
    suspicion = next(one for one in told.flags if "over-fitted" in one.headline)
    assert suspicion.headline.startswith("Epoch ")
    sentences = suspicion.detail.split(". ")
    assert len(sentences) >= 3
    assert all(one[0].isupper() or one[0].isdigit() for one in sentences)
    assert suspicion.detail.endswith(".")
    asked = request_of(evidence=asked.evidence, language="zh_CN")
    chinese = report_of(asked, grid, Words("zh_CN"), Job.detached())
    assert all(one.detail.endswith("。") and ". " not in one.detail for one in chinese.flags)


def test_training_pictures_are_shown_as_they_were_trained_on(tmp_path: Path, request_of) -> None:
    art = tmp_path / "cut"
    art.mkdir()
    image = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    image.paste((200, 0, 0, 255), (32, 0, 64, 64))
    image.save(art / "cut.png")
    project = Project.create(tmp_path / "project", "Icons", [SourceFolder(path=str(art))])
    project.save(project.file.model_copy(update={"fill": Fill(color="#00FF00")}))
    with closing(Library(project.database)) as library:
        library.scan(project.file.folders)
        library.set_recipe([one.id for one in library.pictures()], Recipe(crop=(0, 0, 40, 64)))
    grid = make_grid(project.grids / "check")
    evidence = request_of().evidence
    ids = [cell.id for cell in grid.cells]
    cells = dict.fromkeys(ids, CellEvidence(0.9, art / "cut.png"))
    rows = tuple(
        dataclasses.replace(
            row, checkpoint=grid.request.checkpoints[1 + number // 2], cells=(ids[-1],)
        )
        for number, row in enumerate(evidence.rows)
    )
    evidence = dataclasses.replace(evidence, cells=cells, rows=rows)
    asked = request_of(grid=str(grid.folder), evidence=evidence, names={})
    told = report_of(asked, grid, Words(), Job.detached())
    data = told.closest[0].training
    assert data is not None
    shown = Image.open(io.BytesIO(data)).convert("RGB")
    assert shown.size == (40, 64)
    assert _is(shown.getpixel((5, 30)), (0, 255, 0))
    assert _is(shown.getpixel((38, 30)), (200, 0, 0))


def _is(color, wanted) -> bool:
    return max(abs(one - other) for one, other in zip(color, wanted, strict=True)) < 12


def test_how_it_was_measured_is_told(told: Report) -> None:
    facts = dict(told.facts)
    assert (facts["Training pictures"], facts["Held-out pictures"]) == ("376", "42")
    assert (facts["Seeds"], facts["Weights"]) == ("1, 2", "0.5, 1")
    assert facts["Prompt 2"] == "tower"
    assert ("Style fit", "at least 0.50") in [(one.label, one.limit) for one in told.limits]


def test_the_page_is_whole_and_asks_no_network(request_of, grid) -> None:
    approved = ApprovedRow(
        checkpoint=grid.request.checkpoints[1], weight=1.0, note="Good for <props>."
    )
    asked = request_of(approved=approved)
    text = report(asked, Job.detached()).paths[0].read_text("utf-8")
    assert "default-src 'none'" in text
    assert re.findall(r'src="(?!data:)', text) == []
    assert "https:" not in text
    assert "Good for &lt;props&gt;." in text
    assert text.count("<polyline") >= 3
    assert text.count('<img alt="" src="data:image/jpeg') >= 4
    assert str(grid.folder) not in text
    assert "训练.png" not in text


def test_pages_have_text_in_both_languages(request_of) -> None:
    data = report(request_of("pdf", language="zh_CN"), Job.detached()).paths[0].read_bytes()
    assert data.startswith(b"%PDF")
    assert b"StylekilnSansSC" in data
    assert len(re.findall(rb"/Type /Page\b", data)) >= 1
    assert data.count(b"/DCTDecode") >= 2


def test_in_chinese_no_heading_is_english(grid, request_of) -> None:
    names = {path: "第 2 轮" for path in grid.request.checkpoints[1:]}
    asked = request_of(language="zh_CN", names=names)
    told = report_of(asked, grid, Words("zh_CN"), Job.detached())
    words = [*told.columns, *(label for label, _ in told.facts), told.headline]
    words += [text for one in told.limits for text in (one.label, one.limit)]
    words += [*(row.title for row in told.compared), *(label for label, _ in told.about[:-1])]
    words += [*told.reasons, *(row.texts[2] for row in told.rows), told.chart.title]
    words += [curve.name for curve in told.chart.curves]
    words += [part for flag in told.flags for part in (flag.headline, flag.detail)]
    assert [text for text in words if not re.search("[\u4e00-\u9fff]", text)] == []


def test_the_answer_says_which_file_of_which_project_it_is_about(
    tmp_path: Path, request_of
) -> None:
    project = Project.create(tmp_path / "project", "Harvest Isles", [])
    grid = make_grid(project.grids / "check")
    evidence = evidence_of(grid)
    names = dict.fromkeys(grid.request.checkpoints[1:], "epoch")
    told = report_of(
        request_of(grid=str(grid.folder), evidence=evidence, names=names),
        grid,
        Words(),
        Job.detached(),
    )
    about = dict(told.about)
    picked = Path(judge(evidence).pick.checkpoint)
    assert (about["Project"], about["Grid"]) == ("Harvest Isles", "check")
    assert about["File"] == picked.name
    assert about["SHA-256 of the file"] == hashlib.sha256(picked.read_bytes()).hexdigest()
    drawn = about["SHA-256 of the file"]
    kept = picked.read_bytes()
    for old in (False, True):  # a grid that noted no hashes is judged by what its cells are named
        noted = dataclasses.replace(grid, files={}) if old else open_grid(grid.folder)
        asked = request_of(grid=str(grid.folder), evidence=evidence, names=names)
        picked.write_bytes(b"another one")
        told = dict(report_of(asked, noted, Words(), Job.detached()).about)
        assert told["SHA-256 of the file"] == ("not known" if old else drawn)
        assert told["File now"] == "another one than the pictures were drawn with"
        picked.write_bytes(kept)
        told = dict(report_of(asked, noted, Words(), Job.detached()).about)
        assert told["SHA-256 of the file"] == drawn
        assert "File now" not in told
    picked.unlink()
    gone = report_of(
        request_of(grid=str(grid.folder), evidence=evidence, names=names),
        grid,
        Words(),
        Job.detached(),
    )
    assert dict(gone.about)["SHA-256 of the file"] == drawn
    assert dict(gone.about)["File now"] == "the file is gone"


def test_base_and_pick_are_shown_above_each_other_for_the_same_prompts_and_seeds(
    grid, request_of
) -> None:
    evidence = request_of().evidence
    picked = judge(evidence).pick

    def cells(checkpoint: str, weight: float) -> tuple[str, ...]:
        return tuple(
            cell.id
            for cell in grid.cells
            if (cell.position.checkpoint, cell.position.weight) == (checkpoint, weight)
        )

    base = dataclasses.replace(evidence.base, cells=cells("", 1.0))
    told = report_of(
        request_of(evidence=dataclasses.replace(evidence, base=base)), grid, Words(), Job.detached()
    )
    below = next(row for row in told.compared if "at weight" in row.title)
    above = next(row for row in told.compared if row.title == "Base model")
    shown = [(seed, prompt) for prompt in PROMPTS for seed in (1, 2)]
    epoch = 1 + grid.request.checkpoints[1:].index(picked.checkpoint)
    for row, weight, number in ((above, 0, 0), (below, picked.weight, epoch)):
        assert len(row.pictures) == 4
        for data, (seed, prompt) in zip(row.pictures, shown, strict=True):
            drawn = Image.open(io.BytesIO(data)).convert("RGB").getpixel((30, 30))
            assert _is(drawn, color_of(seed, prompt, weight, number))


def test_what_was_not_measured_says_why(told: Report) -> None:
    row = next(one for one in told.limits if one.label == "Loss of prompt following")
    assert (row.holds, row.limit) == (None, "at most 0.10")
    assert "it takes a text-image model" in row.value


def test_a_page_is_broken_between_rows_and_pictures_never_through_them(request_of) -> None:
    load_fonts()
    words = Lines("Copying is 0.78, more than it may be. " * 8, 9)
    assert words.wrap(200, 400)[1] > 60
    assert words.split(200, 20) == []
    many = dataclasses.replace(request_of().evidence, rows=request_of().evidence.rows * 12)
    path = report(request_of("pdf", evidence=many), Job.detached()).paths[0]
    assert len(re.findall(rb"/Type /Page\b", path.read_bytes())) >= 3


def test_words_are_broken_where_a_reader_breaks_them() -> None:
    load_fonts()
    lines = wrapped("The share of copies is 10 % of all, so the loss rises again.", 8, 60)
    assert all(line == line.strip() for line in lines)
    assert not any(line.startswith("%") for line in lines)
    assert " ".join(lines).count("loss") == 1
    chinese = wrapped("复制度为 0.69，不高于训练图片之间的相似度（0.73）。此处最低。", 8, 70)
    assert len(chinese) > 2
    assert not any(line[0] in "，。）" for line in chinese)


def test_pictures_that_are_gone_leave_their_place_empty(request_of, tmp_path) -> None:
    (tmp_path / "art" / "训练.png").unlink()
    text = report(request_of(), Job.detached()).paths[0].read_text("utf-8")
    assert "<i></i>" in text
    assert report(request_of("pdf"), Job.detached()).paths[0].stat().st_size > 1000


def test_a_cancelled_report_leaves_nothing(request_of) -> None:
    job = Job.detached()
    job.handle.cancel()
    with pytest.raises(JobCancelled):
        report(request_of(), job)
    assert not Path(request_of().path).exists()


def test_a_dismissed_flag_is_told_last_and_struck_through(grid, request_of) -> None:
    whole = report_of(request_of(), grid, Words(), Job.detached())
    verdict = judge(request_of().evidence, names=request_of().names)
    flag = verdict.told[0]
    aside = Dismissal(flag.kind, flag.checkpoint, flag.weight, "swords <look> so")
    request = request_of(dismissed=(aside,))
    told = report_of(request, grid, Words(), Job.detached())
    assert len(told.flags) == len(whole.flags)
    assert [bool(one.dismissed) for one in told.flags] == [False] * (len(whole.flags) - 1) + [True]
    page = report(request, Job.detached()).paths[0].read_text("utf-8")
    assert f"<s>{told.flags[-1].headline}</s>" in page
    assert "Dismissed: swords &lt;look&gt; so" in page
    plain = report(request_of(), Job.detached()).paths[0].read_text("utf-8")
    assert "<s>" not in plain
    assert report(request_of("pdf", dismissed=(aside,)), Job.detached()).paths[0].stat().st_size


def test_it_is_about_what_was_approved_and_says_where_that_differs(grid, request_of) -> None:
    picked = judge(request_of().evidence).pick
    assert picked is not None
    other = next(
        row
        for row in request_of().evidence.rows
        if (row.checkpoint, row.weight) != (picked.checkpoint, picked.weight)
    )
    approved = ApprovedRow(
        checkpoint=other.checkpoint, weight=other.weight, note="Good for <props>."
    )
    request = request_of(approved=approved, run="style-v2", left_out=("epoch 6",))
    told = report_of(request, grid, Words("en"), Job.detached())
    name = request.names[other.checkpoint]
    assert told.headline == f"Approved for the team: {name} at {other.weight:g}."
    assert told.reasons[0] == "The approval differs from the recommendation, which is:"
    assert f"at weight {picked.weight:g}" in told.reasons[1]
    assert told.reasons[-1] == "Not in this grid: epoch 6."
    assert told.note == "Note: Good for <props>."
    assert told.subject == "of what is approved"
    about = dict(told.about)
    assert (about["Run"], about["File"]) == ("style-v2", Path(other.checkpoint).name)
    assert told.compared[-1].title.endswith(f"at weight {other.weight:g}")
    (marked,) = [row for row in told.rows if row.picked]
    assert marked.texts[1] == f"{other.weight:g}"
    same = ApprovedRow(checkpoint=picked.checkpoint, weight=picked.weight)
    told = report_of(request_of(approved=same), grid, Words("en"), Job.detached())
    assert not any("differs" in one for one in told.reasons)
    (away,) = {0.85} - set(grid.request.weights)
    unseen = ApprovedRow(checkpoint=picked.checkpoint, weight=away)
    told = report_of(request_of(approved=unseen), grid, Words("en"), Job.detached())
    assert told.reasons[0] == "The grid does not show this weight."
    assert told.limits == ()


def test_the_hash_of_the_weights_is_told_as_the_models_page_shows_it(
    tmp_path: Path, grid, request_of
) -> None:
    path = Path(grid.request.checkpoints[1])
    save_file({"lora.weight": np.ones((2, 2), np.float32)}, path)
    approved = ApprovedRow(checkpoint=str(path), weight=1.0)
    asked = request_of(approved=approved)
    changed = dict(report_of(asked, grid, Words(), Job.detached()).about)
    assert "Hash of the weights" not in changed  # of another file than was judged
    files = {str(path): hashlib.sha256(path.read_bytes()).hexdigest()}
    drawn = dataclasses.replace(grid, files=files)
    told = dict(report_of(asked, drawn, Words(), Job.detached()).about)
    assert told["Hash of the weights"].replace(" ", "") == data_sha256(path)[:12]
