"""Runs of ONNX models: one session a file and process, and runs that end within a moment when they are to stop."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nightdesk.core.errors import Misconfigured, Permanent
from nightdesk.providers.images.protocol import Work

Floats = NDArray[np.float32]

#: Seconds between two looks whether a run is to stop.
_LOOK_EVERY_S: Final = 0.05

_sessions: Final[dict[tuple[str, int], Any]] = {}
_lock: Final = threading.Lock()


@dataclass(slots=True)
class _Answer:
    outputs: Sequence[Floats] = ()
    error: Exception | None = None
    done: threading.Event = field(default_factory=threading.Event)


def open_session(path: Path, *, threads: int, setting: str) -> Any:
    """Return the session of a model's file, loaded once a process. `threads` 0: one for each core.

    Raises:
        Misconfigured: the file is no model that onnxruntime can run.
    """
    import onnxruntime

    key = (str(path), threads)
    with _lock:
        if key not in _sessions:
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = threads
            # By default its threads wait by spinning, and take the cores from what refines its answer.
            options.add_session_config_entry("session.intra_op.allow_spinning", "0")
            options.log_severity_level = 3  # errors are raised; its warnings are about graphs nobody here can change
            try:
                session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
            except Exception as error:
                # onnxruntime has a class for each status and no common root; what interrupts a run must pass through.
                if not type(error).__module__.startswith("onnxruntime"):
                    raise
                raise Misconfigured(
                    f"The file that {setting} names cannot be run as an ONNX model ({type(error).__name__}). "
                    "Fetch it again, or choose another.",
                    setting=setting,
                ) from error
            _sessions[key] = session
        return _sessions[key]


def run_session(session: Any, inputs: Mapping[str, Floats], work: Work) -> Sequence[Floats]:
    """Run a model once and return its outputs; whatever `work.check` raises ends the run first.

    onnxruntime holds no lock of Python's while it computes, so the run gets a thread and this one keeps listening.

    Raises:
        Permanent: the model cannot work on this input.
    """
    import onnxruntime

    options, answer = onnxruntime.RunOptions(), _Answer()

    def compute() -> None:
        try:
            answer.outputs = session.run(None, dict(inputs), options)
        except Exception as error:  # noqa: BLE001 - raised in the other thread, as what it means
            answer.error = error
        finally:
            answer.done.set()

    thread = threading.Thread(target=compute, name="onnx", daemon=True)
    thread.start()
    try:
        while not answer.done.wait(_LOOK_EVERY_S):
            work.check()
    finally:
        options.terminate = True  # heeded between two operators of the graph; without effect once it is done
        thread.join()
    if answer.error is not None:
        raise Permanent(
            f"The model could not work on this picture ({type(answer.error).__name__}). Choose another provider, or "
            "check that the model's settings fit its file."
        ) from answer.error
    return answer.outputs
