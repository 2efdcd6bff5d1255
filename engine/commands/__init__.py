"""The headless command line: one module per verb, and the console that follows a job.

A verb module has ``add_parser(subparsers)`` and ``run(args, engine) -> int`` (the exit status), and
imports no torch at its top: ``--help`` must answer at once.
"""
