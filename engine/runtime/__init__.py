"""How work runs: the engine thread and its queue, jobs, events, errors, devices, safe file writes.

Nothing here knows about pictures or models, and nothing but the standard library, pydantic and
(in ``device.py`` only) torch may enter.
"""
