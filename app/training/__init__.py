"""The Train workspace: set up a run, watch it, and look back at earlier ones.

Widgets, the state behind them and what a user can do live here. A run is a frozen ``TrainRequest``
given to the engine; everything shown about it comes from its events or from its run folder.
"""
