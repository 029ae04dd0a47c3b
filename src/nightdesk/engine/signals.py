"""What the engine tells whoever listens in the worker's process. Listeners must be quick; an error is logged."""

from django.dispatch import Signal

#: A claim succeeded, the body is about to start. Arguments: run (Run).
run_started = Signal()
#: A fenced write of a run's end was accepted. Arguments: run (Run), state (str).
run_accepted = Signal()
#: A fenced write was refused: the run was a zombie's. Arguments: run (Run).
run_refused = Signal()
