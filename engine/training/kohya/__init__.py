"""Kohya's files, in and out: the form of its window (JSON), the arguments of its scripts (TOML) and
its dataset file. What lives here turns settings into settings; nothing is trained and no picture is
opened. Light: the window imports it.
"""
