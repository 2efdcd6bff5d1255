"""What the tour leaves behind: ``tour.json`` with figures, ``index.html`` with the pictures."""

from __future__ import annotations

import html
import os
import platform
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from engine.project.project import Project
from engine.runtime.files import write_json, write_text
from engine.tour.plan import STAGES, read_facts

_STYLE = """
body{background:#2e2e2e;color:#ebebeb;font:13px/20px Inter,system-ui,sans-serif;margin:44px auto;
 max-width:1080px;padding:0 24px}
h1{font-size:24px;line-height:32px;font-weight:600}
h2{font-size:15px;font-weight:600;margin:44px 0 8px;border-top:1px solid #3c3c3c;padding-top:24px}
p{color:#bdbdbd;max-width:70ch}
img{image-rendering:auto;vertical-align:top}
.row{display:flex;flex-wrap:wrap;gap:4px;margin:12px 0}
.row img{width:96px;height:96px;object-fit:contain;background:#383838}
.row.large img{width:auto;height:auto;max-width:100%}
figure{margin:0}figcaption{color:#a3a3a3;font-size:11px}
table{border-collapse:collapse;margin:12px 0;font-variant-numeric:tabular-nums}
td,th{padding:4px 16px 4px 0;text-align:right;border-bottom:1px solid #383838;font-weight:400}
th{color:#a3a3a3;font-size:11px}td:first-child,th:first-child{text-align:left}
.pick td{color:#62b0be}b{font-weight:600;color:#ebebeb}
"""


def write_report(project: Project, out: Path) -> Path:
    """Write both files into ``out`` from the stages' facts; returns the page. Raises StorageError.

    Paths in ``tour.json`` are relative to ``out``, so that the folder can be handed on.
    """
    facts = {stage.name: read_facts(project, stage.name) for stage in STAGES}
    told = _relative(
        {
            "seconds": round(sum(f["seconds"] for f in facts.values()), 1),
            "computer": {"system": platform.platform(), "cores": os.cpu_count()},
            "stages": facts,
            "pick": facts["validate"]["pick"],
        },
        out,
    )
    write_json(out / "tour.json", told)
    page = out / "index.html"
    write_text(page, _page(told))
    return page


def _page(told: dict[str, Any]) -> str:
    stages = told["stages"]
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><title>Stylekiln tour</title>",
        f"<style>{_STYLE}</style><h1>Raw art in, pictures in its style out</h1>",
        f"<p>{told['seconds']:.0f} seconds on {told['computer']['cores']} processor cores, with "
        "the built-in model, without a network.</p>",
        _dataset(stages["dataset"]),
        _train(stages["train"]),
        _validate(stages["validate"]),
        _canvas(stages["canvas"]),
    ]
    return "\n".join(parts) + "\n"


def _dataset(facts: dict[str, Any]) -> str:
    counts = facts["counts"]
    flagged = _table(("Rejected", "Why"), sorted(facts["flagged"].items()))
    return (
        _heading("1", "Dataset", facts)
        + f"<p>{counts['pictures']} pictures read, {counts['rejected']} rejected, "
        f"{counts['captioned']} captioned from their file names, {counts['held_out']} held out, "
        f"{counts['exported']} exported to train.</p>{flagged}{_row(facts['pictures'])}"
    )


def _train(facts: dict[str, Any]) -> str:
    rows = [
        (c["epoch"], c["step"], f"{c['loss']:.4f}", _number(c["held_out_loss"]))
        for c in facts["checkpoints"]
    ]
    table = _table(("Epoch", "Step", "Loss", "Held-out loss"), rows)
    return (
        _heading("2", "Train", facts)
        + f"<p>{facts['steps']} steps. Samples while training, from the base model on:</p>"
        f"{_row(facts['samples'])}{table}"
    )


def _validate(facts: dict[str, Any]) -> str:
    rows = [
        (
            f"epoch {row['epoch']}",
            f"{row['weight']:g}",
            _number(row["style_fit"]),
            _number(row["diversity"]),
            _number(row["copying"]),
            _number(row["kept"]),
        )
        for row in facts["rows"]
        if row["weight"]
    ]
    names = ("Checkpoint", "Weight", "Style fit", "Diversity", "Copying", "Subjects kept")
    style = [
        (name.replace("_", " "), f["blockiness"], f["colors"], f["flatness"], f["outline"])
        for name, f in facts["style"].items()
    ]
    cells = facts["cells"]
    return (
        _heading("3", "Validate", facts) + f"<p><b>{html.escape(facts['pick']['why'])}</b></p>"
        f"<p>{cells['drawn']} cells drawn, {cells['kept']} kept from before.</p>"
        + _table(names, rows)
        + _table(("Style of", "Blockiness", "Few colors", "Flatness", "Dark outline"), style)
        + _row([facts["picture"]], "large")
    )


def _canvas(facts: dict[str, Any]) -> str:
    return (
        _heading("4", "Canvas", facts)
        + f"<p>{facts['candidates']} candidates; seed {facts['seed']} became a layer. "
        f"{facts['changed_inside']} pixels changed inside the region, "
        f"{facts['outside']} outside.</p>"
        + _row([facts["before"], facts["after"]], "large")
        + _row(facts["candidate_files"])
    )


def _heading(number: str, title: str, facts: dict[str, Any]) -> str:
    return f"<h2>{number} {title}, {facts['seconds']:.1f} s</h2>"


def _row(files: Iterable[str], kind: str = "") -> str:
    pictures = "".join(
        f'<img src="{html.escape(f)}" alt="{html.escape(Path(f).stem)}" '
        f'title="{html.escape(Path(f).stem)}">'
        for f in files
    )
    return f'<div class="row {kind}">{pictures}</div>'


def _table(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(str(value))}</td>" for value in row) + "</tr>"
        for row in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _relative(value: Any, out: Path) -> Any:
    """``value`` with every path below ``out`` written relative to it, with forward slashes."""
    if isinstance(value, dict):
        return {_relative(key, out): _relative(item, out) for key, item in value.items()}
    if isinstance(value, list):
        return [_relative(item, out) for item in value]
    if isinstance(value, str) and value.startswith(str(out) + os.sep):
        return Path(value).relative_to(out).as_posix()
    return value
