"""A project that is closed while its folders are read is left alone."""

from __future__ import annotations


def test_nobody_looks_for_folders_of_a_project_that_was_closed_meanwhile(
    opened, settle, loop, monkeypatch
) -> None:
    ordinary = opened.bridge.io
    closed = []

    async def closing(work, *args):
        result = await ordinary(work, *args)
        if work.__name__ == "_missing_of" and not closed:
            closed.append(True)
            await opened.close_project()
        return result

    monkeypatch.setattr(opened.bridge, "io", closing)
    loop.run_until_complete(opened.rescan())
    settle(opened)
    assert closed
    assert opened.library is None
    assert not opened._looking.isActive()
