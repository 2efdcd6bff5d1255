from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from PIL import Image

from engine.runtime.errors import JobCancelled
from engine.runtime.job import Job
from engine.runtime.words import Words
from engine.validation.evidence import CellEvidence
from engine.validation.export.report import Report, ReportRequest, report_of
from engine.validation.export.run import report
from engine.validation.overfit import Figures
from engine.validation.overfit_stats import Figure
from tests.engine.validation.exports import evidence_of, make_grid


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
        rows.append(dataclasses.replace(row, cells=tuple(ids), figures=figures))
    evidence = dataclasses.replace(evidence, rows=tuple(rows), cells=cells)
    first, second = grid.request.checkpoints[1:]

    def made(kind: str = "html", **values) -> ReportRequest:
        known = {
            "grid": str(grid.folder),
            "path": str(tmp_path / "out" / f"report.{kind}"),
            "format": kind,
            "evidence": evidence,
            "names": {first: "epoch 2", second: "epoch 4"},
            "losses": {first: 0.09, second: 0.08},
            "epochs": {first: 2, second: 4},
            "training": 376,
            "held_out": 42,
            "note": "Good for <props>.\n建筑需要 house。",
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
    assert told.rows[1].texts[-1] == "0.0900"


def test_red_flags_come_with_generated_and_nearest_training_picture(told: Report) -> None:
    assert told.flags
    pairs = [pair for flag in told.flags for pair in flag.pairs]
    assert pairs
    assert all(pair.generated and pair.training for pair in pairs)


def test_the_chart_has_every_checkpoint_the_limits_and_the_pick(told: Report) -> None:
    chart = told.chart
    assert chart is not None
    assert [words for _, words in chart.labels] == ["epoch 2", "epoch 4"]
    assert [curve.name for curve in chart.curves] == ["Style fit", "Diversity", "Copying"]
    assert {limit.value for limit in chart.limits} == {0.5, 0.35, 0.8}
    assert chart.picked in (0.0, 1.0)
    assert len(chart.curves[1].band) == 2


def test_how_it_was_measured_is_told(told: Report) -> None:
    facts = dict(told.facts)
    assert (facts["Training pictures"], facts["Held-out pictures"]) == ("376", "42")
    assert (facts["Seeds"], facts["Weights"]) == ("1, 2", "0.5, 1")
    assert facts["Prompt 2"] == "tower"
    assert dict(told.limits)["Least style fit"] == "0.5"


def test_the_page_is_whole_and_asks_no_network(request_of, grid) -> None:
    text = report(request_of(), Job.detached()).paths[0].read_text("utf-8")
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
    words = [*told.columns, *(label for label, _ in (*told.limits, *told.facts)), told.headline]
    words += [*told.reasons, *(row.texts[2] for row in told.rows), told.chart.title]
    words += [curve.name for curve in told.chart.curves]
    words += [part for flag in told.flags for part in (flag.headline, flag.detail)]
    assert [text for text in words if not re.search("[\u4e00-\u9fff]", text)] == []


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
