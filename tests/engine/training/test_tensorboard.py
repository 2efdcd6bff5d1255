"""Event files are what TensorBoard reads; a reader of a few lines stands in for it here."""

from __future__ import annotations

import math
import struct

import pytest

from engine.runtime.errors import StorageError
from engine.training.config import TrainRequest
from engine.training.runs import Run
from engine.training.tensorboard import EventFile, board_of, crc32c, record


def test_the_checksum_is_the_one_of_the_standard():
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(bytes([255] * 32)) == 0x62A8AB43


def test_a_record_is_the_one_that_tensorflow_writes():
    # The first record of every file of TensorFlow's own writer: a time, and the version of events.
    data = bytes.fromhex("09000000000000f03f1a0d627261696e2e4576656e743a32")
    assert record(data)[:12] == bytes.fromhex("1800000000000000a37f4b22")
    assert record(data)[12:-4] == data
    assert len(record(data)) == 40


def masked(data):
    value = crc32c(data)
    return ((value >> 15 | value << 17) + 0xA282EAD8) & 0xFFFFFFFF


def fields(data):
    """The fields of a protocol buffer, each as (number, value)."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    found = []
    while at < len(data):
        key = varint()
        kind = key & 7
        size = {1: 8, 5: 4}.get(kind) or (varint() if kind == 2 else 0)
        if kind == 0:
            value = varint()
        else:
            value = data[at : at + size]
            at += size
        found.append((key >> 3, value))
    return found


def read(path):
    """(step, {curve: value}) of every record, its checksums proven."""
    data, at, found = path.read_bytes(), 0, []
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        assert struct.unpack_from("<I", data, at + 8)[0] == masked(data[at : at + 8])
        body = data[at + 12 : at + 12 + length]
        assert struct.unpack_from("<I", data, at + 12 + length)[0] == masked(body)
        at += length + 16
        event = dict(fields(body))
        points = [dict(fields(value)) for _, value in fields(event.get(5, b""))]
        curves = {p[1].decode(): struct.unpack("<f", p[2])[0] for p in points}
        found.append((event[2], curves, event.get(3)))
    return found


def test_numbers_come_back_under_their_names_and_steps(tmp_path):
    board = EventFile(tmp_path)
    board.add(1, {"loss/current": 0.5, "lr/unet": 1e-4})
    board.add(300, {"loss/current": 1e300, "名": math.nan})
    first, second, third = read(board.path)
    assert first == (0, {}, b"brain.Event:2")
    assert second[:2] == (1, {"loss/current": 0.5, "lr/unet": pytest.approx(1e-4)})
    assert third[0] == 300
    assert third[1]["loss/current"] > 1e38
    assert math.isnan(third[1]["名"])
    assert board.path.name.startswith("events.out.tfevents.")


def test_a_run_that_goes_on_takes_back_what_was_said_of_later_steps(tmp_path):
    board = EventFile(tmp_path, after=7)
    board.add(8, {"loss": 1.0})
    events = [dict(fields(body)) for body in bodies(board.path)]
    assert [event[2] for event in events] == [0, 8, 8]
    assert dict(fields(events[1][7])) == {1: 1}  # a session log that says START


def bodies(path):
    data, at = path.read_bytes(), 0
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        yield data[at + 12 : at + 12 + length]
        at += length + 16


def test_a_record_that_did_not_fit_on_the_disk_leaves_nothing_behind(tmp_path, room):
    board = EventFile(tmp_path)
    board.add(1, {"loss": 1.0})
    before = board.path.read_bytes()
    with room(len(before) + 7), pytest.raises(StorageError):
        board.add(2, {"loss": 2.0})
    assert board.path.read_bytes() == before
    board.add(2, {"loss": 2.0})
    assert [step for step, _, _ in read(board.path)] == [0, 1, 2]


def test_a_run_is_logged_in_its_own_folder_or_where_the_user_wants_it(train, tmp_path):
    result, _ = train()
    (path,) = (tmp_path / "run" / "tensorboard").iterdir()
    rows = {step: curves for step, curves, _ in read(path)}
    losses = Run.open(result.run).steps()["loss"]
    assert [rows[step]["loss/current"] for step in (1, 2, 3, 4)] == pytest.approx(losses.tolist())
    assert rows[1]["lr/unet"] == pytest.approx(1e-2)

    train(logging_dir=str(tmp_path / "logs"), log_prefix="mine-")
    (folder,) = (tmp_path / "logs").iterdir()
    assert folder.name.startswith("mine-20")
    assert read(next((folder / "network_train").iterdir()))[-1][0] == 4

    off, _ = train(log_with="none")
    assert not (tmp_path / "run-3" / "tensorboard").exists()
    assert off.run.endswith("run-3")


def test_no_board_where_none_is_wanted(tmp_path):
    assert board_of(TrainRequest(project="p", log_with="none"), tmp_path) is None
