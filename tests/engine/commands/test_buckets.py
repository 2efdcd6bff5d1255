"""The buckets verb prints the golden rows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.commands import cli

GOLDEN = json.loads(
    (Path(__file__).resolve().parents[2] / "golden" / "bucket_examples.json").read_text("utf-8")
)
CASES = [case for case in GOLDEN["cases"] if case["valid"]]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_rows_equal_the_golden_file_in_every_field(capsys, case):
    width, height = case["resolution"]
    words = ["buckets", "--resolution", f"{width}x{height}",
             "--min", str(case["min_bucket_reso"]), "--max", str(case["max_bucket_reso"]),
             "--step", str(case["bucket_reso_steps"])]  # fmt: skip
    if case["bucket_no_upscale"]:
        words.append("--no-upscale")
    rows = [row for row in case["images"] if "bucket" in row]
    words += [f"{w}x{h}" for w, h in (row["image"] for row in rows)]
    assert cli.main(words) == 0
    printed = json.loads(capsys.readouterr().out)
    for found, wanted in zip(printed, rows, strict=True):
        for key, value in wanted.items():
            if isinstance(value, float):
                assert found[key] == pytest.approx(value, abs=1e-6)
            else:
                assert found[key] == pytest.approx(value) if isinstance(value, list) else value
