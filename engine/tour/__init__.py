"""The guided journey over the sample art, stage by stage; window and command line run the same.

``plan.py`` is light and says what the stages are; ``stages.py`` carries them out in the engine
thread; ``report.py`` writes ``tour.json`` and ``index.html``. Everything below may be used here.
"""
