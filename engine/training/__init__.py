"""Pictures to an adapter: the training schema, batches, objective, loop and run folders.

``config``, ``jobfile``, ``runs``, ``schedules``, ``captions``, ``batches``, ``prompts`` and all
that finds and draws pictures (``pictures``, ``looks``, ``ways``, ``sources_*``) stay importable
without torch; what needs torch is reached only through the handler of ``TrainRequest``.
Nothing about drawing charts or judging the result may enter.
"""
