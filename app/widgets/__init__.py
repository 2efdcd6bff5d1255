"""Widgets that every workspace shares. They know theme and language, not the engine's work.

What may enter: a control, list, chart or state used by at least two workspaces, with its look from
``app.theme`` and its words through ``app.i18n``.
"""
