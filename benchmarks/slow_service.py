"""An outer service on loopback that answers every request after a second: `python -m benchmarks.slow_service`."""

import asyncio
from pathlib import Path
from typing import Final

from tests.support.environment import complete_environment
from tests.support.processes import Process, start_process, wait_until

ANSWER_AFTER_S: Final = 1.0
_ANSWER: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


def start_service(folder: Path, python: str) -> tuple[Process, int]:
    """Start the service as a process of its own and return it with its port."""
    process = start_process(
        "slow service",
        [python, "-m", "benchmarks.slow_service"],
        log=folder / "slow-service.log",
        env=complete_environment({}),
        cwd=folder,
    )
    process.wait_for_log("\n", 20)
    return process, int(wait_until(process.printed, 5, "the service says its port").split()[0])


async def _serve() -> None:
    server = await asyncio.start_server(_answer, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    await asyncio.sleep(ANSWER_AFTER_S)
    writer.write(_ANSWER)
    await writer.drain()
    writer.close()


if __name__ == "__main__":
    asyncio.run(_serve())
