"""Is memorizing seen where it happens? Two real runs on the starter model, drawn and judged.

Run by hand: ``python tests/benchmarks/bench_overfit.py``. One learns 8 pictures of the pixel sample
for 100 steps of all 8, far too long; one learns 28 of them for a few epochs, with 8 held out. It
prints a row for each checkpoint, the verdicts, and what share of the drawing time measuring took,
with an empty cache and with a full one. Nothing here is tuned: limits are the defaults.

Measured once, with two seeds: on 8 pictures copying rises 0.54, 0.62, 0.65, 0.70 over the
checkpoints of 25 to 100 steps (base model 0.48, training pictures among themselves 0.69) and
diversity falls 0.40, 0.32, 0.28, 0.21; the last is told to copy, the one before to be the one to
use. The run of 48 steps on 28 pictures has style fit 0.72, copying 0.66 (0.73 among the training)
and no sign of over-fitting.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from engine.validation.judging import WORD_LABELS, RowVerdict
from tests.engine.validation.pictures import paths
from tests.engine.validation.real_runs import RealRun, draw, judged, train_on

SHOWN = ("copy_mean", "copy_share", "excess", "entropy", "diversity", "vendi_ratio", "change")


def tell(name: str, run: RealRun) -> None:
    """Draw, measure and judge ``run``, and print what comes of it."""
    started = time.perf_counter()
    grid = draw(run, seen=3, unseen=3, seeds=3)
    drawing = time.perf_counter() - started
    seconds = []
    for _ in range(2):
        started = time.perf_counter()
        evidence, verdict = judged(run, grid)
        seconds.append(time.perf_counter() - started)
    shares = " and ".join(f"{one / drawing:.1%}" for one in seconds)
    print(f"\n{name}: {len(evidence.cells)} cells; measuring took {shares} of drawing")
    print(
        f"copy threshold {evidence.threshold:.2f}, training among themselves "
        f"{evidence.between_training:.2f}, held-out {evidence.held_out_copying or 0:.2f}, "
        f"expected diversity {evidence.expected_diversity:.2f}"
    )
    rows: list[RowVerdict] = [*([verdict.base] if verdict.base else []), *verdict.rows]
    for row in rows:
        figures = [(key, getattr(row.row.figures, key)) for key in SHOWN]
        told = " ".join(f"{key} {figure.value:.2f}" for key, figure in figures if figure)
        fit, loss = row.row.style_fit or 0.0, row.row.held_out_loss or 0.0
        label = verdict.names.get(row.row.checkpoint, "base")
        print(f"{label:14} {WORD_LABELS[row.word]:16} fit {fit:.2f} loss {loss:.3f} {told}")
    print(verdict.pick)


def main() -> None:
    """Both runs."""
    files = paths("pixel")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        over = train_on(folder / "over", files[:8], files[8:20], epochs=100, every=25)
        tell("over-fitted", over)
        sound = train_on(folder / "sound", files[:28], files[28:], epochs=12, every=6)
        tell("sound", sound)


if __name__ == "__main__":
    main()
