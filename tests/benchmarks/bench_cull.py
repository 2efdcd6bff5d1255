"""Culling 20,000 pictures: look-alikes, thresholds that move, order; and what measuring costs.

python tests/benchmarks/bench_cull.py
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from engine.dataset.duplicates import find_pairs
from engine.dataset.similarity import Similarity
from engine.dataset.survey import Survey
from engine.dataset.thresholds import CULL_KINDS, Thresholds
from engine.imaging.adjust import resize
from engine.imaging.decode import encode_png, load_rgba
from engine.imaging.quality import measure
from tests.engine.dataset.query_case import picture

COUNT, PLANTED = 20_000, 500
SAMPLE = Path(__file__).parents[2] / "resources" / "sample" / "raw"


def library() -> list:
    """Pictures of soft blobs of color; every fortieth is a copy, a quarter of these turned."""
    chance = np.random.default_rng(1)
    pictures = []
    while len(pictures) < COUNT - PLANTED:
        rgba = resize(chance.integers(0, 256, (5, 5, 4), np.uint8), (64, 64))
        if chance.random() < 0.7:
            rgba[..., 3] = 255
        pictures.append(_measured(len(pictures), rgba))
        if len(pictures) % 39 == 0 and COUNT - len(pictures) > 0:
            copy = np.ascontiguousarray(np.rot90(rgba)) if len(pictures) % 4 == 0 else rgba
            pictures.append(_measured(len(pictures), resize(copy, (56, 56))))
    return pictures + [replace(p, id=p.id + COUNT) for p in pictures[: COUNT - len(pictures)]]


def _measured(key: int, rgba: np.ndarray):
    found = measure(rgba)
    return picture(
        key,
        path=f"/art/{key % 20}/{key}.png",
        width=found.width,
        height=found.height,
        sharpness=found.sharpness,
        dhash=found.dhash,
        mean_color=found.mean_color,
        descriptor=found.descriptor,
    )


def one_by_one(pictures: list) -> int:
    """Pairs by a loop, as a program without blocks would look for them."""
    found = 0
    hashes = [p.dhash for p in pictures]
    for row, first in enumerate(hashes):
        found += sum((first ^ second).bit_count() <= 8 for second in hashes[:row])
    return found


def histograms(survey: Survey, limits: Thresholds) -> list:
    """What the column of thresholds draws."""
    return [survey.histogram(kind, 32, limits) for kind in CULL_KINDS]


def seconds(work, times: int = 3) -> float:
    """The best of a few runs, in processor time of this thread."""
    best = 1e9
    for _ in range(times):
        began = time.thread_time()
        work()
        best = min(best, time.thread_time() - began)
    return best


def measuring() -> None:
    """What measuring costs beside opening the file."""
    clear = resize(load_rgba(SAMPLE / "lotus.png"), (512, 512))
    solid = clear.copy()
    solid[..., 3] = 255
    with tempfile.TemporaryDirectory() as folder:
        for name, rgba in (("cut out", clear), ("opaque", solid)):
            path = Path(folder) / f"{name}.png"
            path.write_bytes(encode_png(rgba))
            opening = seconds(lambda path=path: load_rgba(path), 20)
            took = seconds(lambda rgba=rgba: measure(rgba), 20)
            print(f"{took * 1e3:8.1f} measuring 512 px, {name}; {took / opening:.1f} openings")


def main() -> None:
    """Print milliseconds and ratios."""
    measuring()
    pictures = library()
    print(f"{len(pictures)} pictures; milliseconds")
    pairs = seconds(lambda: find_pairs(pictures), 2) * 1e3
    few = pictures[:2000]
    ratio = seconds(lambda: one_by_one(few), 1) / seconds(lambda: find_pairs(few))
    print(
        f"{pairs:8.1f} look-alikes, turned ones too; of 2,000 {ratio:.0f} times as fast as a loop"
    )
    survey = Survey(pictures)
    print(f"{len(survey.pairs.first)} pairs within 16 bits")
    for change in ({"sharpness": 0.3}, {"distance": 12}, {"short_side": 60}, {"different": 0.4}):
        limits = Thresholds(**change)
        moved = seconds(lambda limits=limits: survey.would_flag(limits)) * 1e3
        bars = seconds(lambda limits=limits: histograms(survey, limits)) * 1e3
        print(f"{moved:8.1f} what would be flagged, {bars:6.1f} five histograms: {change}")
    edited = [replace(p, caption="a") for p in pictures]
    print(f"{seconds(lambda: survey.following(edited)) * 1e3:8.1f} after captions changed")
    likeness = Similarity(pictures)
    print(f"{seconds(lambda: Similarity(pictures), 2) * 1e3:8.1f} vectors")
    print(f"{seconds(likeness.order, 1) * 1e3:8.1f} order by similarity")
    print(f"{seconds(likeness.outliers, 2) * 1e3:8.1f} what looks different")
    print(f"{seconds(lambda: likeness.neighbors(7, 20)) * 1e3:8.1f} neighbors of one picture")


if __name__ == "__main__":
    main()
