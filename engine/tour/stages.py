"""Carry out the stages of the tour. Each leaves its facts in ``<project>/tour/<stage>.json``."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.canvas.export import export_document
from engine.canvas.repaint_job import run as paint_region
from engine.dataset.captions import from_file_name
from engine.dataset.export import run as export
from engine.dataset.holdout import hold_out
from engine.dataset.library import Library
from engine.dataset.requests import ExportRequest
from engine.dataset.suggestions import suggest
from engine.imaging.alpha import fill_color
from engine.imaging.decode import load_rgba
from engine.project import links
from engine.project.project import Project
from engine.runtime.errors import BadInputError
from engine.runtime.files import write_json
from engine.runtime.job import Job
from engine.tour import painting, plan, proof, sheet
from engine.tour.plan import StageName, StageResult, TourRequest, read_facts, stage_file
from engine.training.loop import run as train
from engine.training.runs import Run
from engine.validation.evidence import RowEvidence, assess
from engine.validation.grid import run as draw_grid
from engine.validation.manifest import open_grid
from engine.validation.pick import pick


def run(request: TourRequest, job: Job) -> StageResult:
    """Do one stage. Raises BadInputError when the stage before it has not been done."""
    started = time.perf_counter()
    project = Project.open(Path(request.project))
    result = _STAGES[request.stage](project, job)
    report = {"stage": request.stage, "seconds": round(time.perf_counter() - started, 2)}
    facts = links.portable({**report, **result.report}, project.root)
    write_json(stage_file(project, request.stage), facts)
    return result


def prepare(project: Project, job: Job) -> StageResult:
    """Import, reject what is flagged, fill, caption, hold out, export."""
    library = Library(project.database)
    try:
        library.scan(project.file.folders, job)
        library.measure(job)
        flagged = _reject_flagged(library)
        kept = [p for p in library.pictures() if p.flag != "rejected" and not p.problem]
        library.set_captions(
            {p.id: plan.CAPTION.format(subject=from_file_name(p.name)) for p in kept}
        )
        hold_out(library, count=plan.HELD_OUT, seed=plan.SEED)
        job.emit("dataset.changed")
        export_folder = project.exports / "training"
        exported = export(
            ExportRequest(project=str(project.root), destination=str(export_folder)), job
        )
        pictures = library.pictures()
    finally:
        library.close()
    facts = {
        "pictures": len(pictures),
        "rejected": len(flagged),
        "captioned": len(kept),
        "held_out": sum(p.held_out for p in pictures),
        "exported": exported.count,
    }
    report = {
        "counts": facts,
        "flagged": flagged,
        "held_out": sorted(p.name for p in pictures if p.held_out),
        "files": {"export": str(export_folder)},
        "pictures": [str(p.path) for p in pictures],
    }
    return StageResult(
        "dataset",
        "{rejected} of {pictures} pictures rejected, {captioned} captioned, {held_out} held out; "
        "{exported} are ready to train.",
        facts,
        {},
        report,
    )


def _reject_flagged(library: Library) -> dict[str, str]:
    """Reject every picture with a reason to; gives name -> reason, the first of several."""
    pictures = {p.id: p for p in library.pictures()}
    reasons = {
        s.picture_id: f"{s.kind} {s.value:.2f}"
        for s in reversed(suggest(list(pictures.values())))
        if s.kind in ("blurred", "duplicate", "too-small", "unreadable") and not s.keep
    }
    library.set_flag(reasons, "rejected")
    return {pictures[key].path.name: reason for key, reason in sorted(reasons.items())}


def learn(project: Project, job: Job) -> StageResult:
    """Train the LoRA and keep a checkpoint every twelve epochs."""
    _require(project, "dataset")
    request = plan.train_request(project)
    trained = train(request, job)
    found = Run.open(Path(trained.run))
    checkpoints = [
        {
            "epoch": c.epoch,
            "step": c.step,
            "file": str(c.path),
            "loss": c.loss,
            "held_out_loss": c.held_out_loss,
        }
        for c in found.checkpoints()
    ]
    report = {
        "run": str(found.folder),
        "steps": trained.steps,
        "final_loss": trained.final_loss,
        "held_out_loss_of_the_base_model": found.held_out()[0][2],
        "checkpoints": checkpoints,
        "samples": [str(s.path) for s in found.samples()],
    }
    return StageResult(
        "train",
        "{steps} steps, loss {loss}. {count} checkpoints, from too early to too late.",
        {"steps": trained.steps, "loss": f"{trained.final_loss:.4f}", "count": len(checkpoints)},
        {"run": str(found.folder)},
        report,
    )


def prove(project: Project, job: Job) -> StageResult:
    """Draw the grid, measure it, pick a checkpoint and say why."""
    learned = _require(project, "train")
    checkpoints = {c["file"]: c for c in learned["checkpoints"]}
    request = plan.grid_request(project, tuple(checkpoints))
    drawn = draw_grid(request, job)
    grid = open_grid(drawn.folder)
    training, held_out = _picture_paths(project)
    evidence = assess(grid, training, held_out)
    losses = {file: c["held_out_loss"] for file, c in checkpoints.items()}
    names = {file: f"epoch {c['epoch']}" for file, c in checkpoints.items()}
    chosen = pick(evidence, losses, names)
    report = {
        "grid": str(drawn.folder),
        "picture": str(drawn.picture),
        "cells": {"drawn": drawn.rendered, "kept": drawn.cached, "failed": drawn.failed},
        "pick": {
            "checkpoint": chosen.checkpoint,
            "epoch": checkpoints[chosen.checkpoint]["epoch"],
            "weight": chosen.weight,
            "sound": chosen.sound,
            "why": str(chosen),
        },
        "rows": [_row_facts(row, checkpoints) for row in evidence.rows],
        "base": _row_facts(evidence.base, checkpoints) if evidence.base else None,
        "style": proof.style_figures(grid, chosen, held_out),
        "between_training_pictures": evidence.between_training,
    }
    return StageResult(
        "validate",
        chosen.headline.template,
        dict(chosen.headline.facts),
        {"run": learned["run"]},
        report,
    )


def repaint(project: Project, job: Job) -> StageResult:
    """Sketch on a sheet of icons, repaint that field with the pick, accept the best candidate."""
    chosen = _require(project, "validate")["pick"]
    _, held_out = _picture_paths(project)
    icons = {path.name: fill_color(load_rgba(path), "#FFFFFF") for path in held_out[:5]}
    document = painting.icon_sheet(icons)
    folder, file = project.canvas / "tour", sheet.free_document(project)
    before_file = folder / "before.png"
    export_document(document, before_file)
    before = document.composite()
    request = plan.repaint_request(before_file, chosen["checkpoint"], chosen["weight"], folder)
    document.settings |= sheet.panel_settings(request)
    sheet.keep(project, document, file, [])
    image, used = request.image, ((chosen["checkpoint"], chosen["weight"]),)
    handed = {"document": str(file), "loras": used, "prompt": image.prompt}
    seeds = tuple(image.seed + number for number in range(image.count))
    job.emit("tour.sheet", **handed, seeds=seeds, strength=image.strength)
    repainted = paint_region(request, job)
    best = proof.nearest_in_style(repainted.candidates, held_out)
    layer = document.add_layer(
        f"Apple, seed {best.seed}", best.pixels, x=best.x, y=best.y, recipe=best.recipe
    )
    after = document.composite()
    accepted = {best.seed: layer.id}
    sheet.keep(project, document, file, sheet.shelved(repainted.candidates, accepted))
    export_document(document, folder / "after.png")
    facts = {
        "candidates": len(repainted.candidates),
        "seed": best.seed,
        "outside": painting.differing_outside(before, after, painting.SKETCH_FIELD),
    }
    report = {
        **facts,
        "changed_inside": painting.differing_inside(before, after, painting.SKETCH_FIELD),
        "document": str(file),
        "before": str(before_file),
        "after": str(folder / "after.png"),
        "candidate_files": [c.path for c in repainted.candidates],
    }
    return StageResult(
        "canvas",
        "{candidates} candidates painted; seed {seed} is a layer now. {outside} pixels changed "
        "outside the region.",
        facts,
        handed,
        report,
    )


def _picture_paths(project: Project) -> tuple[list[Path], list[Path]]:
    """Paths of the pictures that are trained on, and of those held out."""
    library = Library(project.database)
    try:
        pictures = library.pictures()
    finally:
        library.close()
    trained = [p.path for p in pictures if p.usable]
    held_out = [p.path for p in pictures if p.held_out and p.flag != "rejected" and not p.problem]
    return trained, held_out


def _row_facts(row: RowEvidence, checkpoints: dict[str, dict[str, Any]]) -> dict[str, Any]:
    facts = asdict(row)
    known = checkpoints.get(facts.pop("checkpoint"))
    return {"epoch": known["epoch"] if known else None, **facts}


def _require(project: Project, stage: StageName) -> dict[str, Any]:
    """The facts of an earlier stage."""
    try:
        return read_facts(project, stage)
    except (OSError, ValueError) as error:
        raise BadInputError(
            "The tour's stage {stage} has not been done yet.",
            stage=stage,
            remedy="Do the stages in order.",
        ) from error


_STAGES: dict[str, Callable[[Project, Job], StageResult]] = {
    "dataset": prepare,
    "train": learn,
    "validate": prove,
    "canvas": repaint,
}
