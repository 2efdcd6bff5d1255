"""A project that is opened is tidied up, off the UI thread."""

from __future__ import annotations

import os
import threading

import numpy as np

from app.dataset.view import View
from engine.dataset.library import Library
from engine.dataset.masks import MaskStore


def test_masks_that_nothing_names_are_gone_after_a_project_is_opened(
    qtbot, session, art, settle, monkeypatch
) -> None:
    session.open_folder(art)
    settle(session)
    root = session.project.root
    store = MaskStore(session.project.masks)
    lost = store.path(store.add(np.zeros((4, 4), np.uint8)))
    fresh = store.path(store.add(np.ones((4, 4), np.uint8)))
    os.utime(lost, (1e9, 1e9))
    threads = []
    collect = Library.collect_masks

    def noted(library):
        threads.append(threading.current_thread())
        return collect(library)

    monkeypatch.setattr(Library, "collect_masks", noted)
    view = View(session)
    qtbot.addWidget(view)
    settle(session)
    assert not lost.exists()
    assert fresh.exists()
    os.utime(fresh, (1e9, 1e9))
    session.open_folder(root)
    settle(session)
    assert not fresh.exists()
    assert len(threads) == 2
    assert threading.main_thread() not in threads
    view.thumbnails.close()
