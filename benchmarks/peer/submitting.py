"""Ask the peer for work: `python -m benchmarks.peer.submitting noop|call|mail COUNT [PORT]`; prints when it began."""

import sys
import time

import django

from benchmarks.peer.app import app, call, mail, noop


def main(task: str, count: int, arguments: list[int]) -> None:
    """Send `count` messages, one after the other, as a web process would."""
    django.setup()
    asked = {"noop": noop, "call": call, "mail": mail}[task]
    with app.connection_for_write():
        print(time.time())
        for number in range(count):
            asked.delay(*([number] if task == "mail" else arguments))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), [int(word) for word in sys.argv[3:]])
