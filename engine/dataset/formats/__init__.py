"""Datasets as other tools keep them: written from a project, and read into one.

Every writer bakes the edits and owns its folder; every reader treats the file as hostile, writes
captions through the library only, and reports what has no place here. No torch, no models, no Qt.
"""
