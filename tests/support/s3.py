"""A private S3 server (moto) on a free loopback port, with one empty bucket; what is put there is gone when it ends."""

import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
from botocore.config import Config

from tests.support.processes import (
    Process,
    find_free_port,
    is_listening,
    make_folder,
    remove_folder,
    start_process,
    wait_until,
)

START_LIMIT_S = 30
KEY_ID = "test"
SECRET = "test-secret"  # moto takes any


class S3:
    """An S3 server of our own."""

    def __init__(self, bucket: str = "pictures") -> None:
        self.bucket = bucket
        self.folder = make_folder("s3")
        self.log = self.folder / "s3.log"
        self.port = find_free_port()
        self.process: Process | None = None
        self.start()

    @property
    def endpoint(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """The settings that let Nightdesk keep its pictures here."""
        return {
            "NIGHTDESK_S3_BUCKET": self.bucket,
            "NIGHTDESK_S3_ENDPOINT": self.endpoint,
            "NIGHTDESK_S3_KEY_ID": KEY_ID,
            "NIGHTDESK_S3_SECRET": SECRET,
        }

    def start(self) -> None:
        """Start the server, empty but for its bucket, on the same port as before."""
        command: list[str | Path] = [
            Path(sys.executable).with_name("moto_server"),
            "-H",
            "127.0.0.1",
            "-p",
            str(self.port),
        ]
        env = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(self.folder)}
        self.process = start_process(f"s3 on {self.port}", command, log=self.log, env=env, cwd=self.folder)
        wait_until(
            lambda: is_listening(self.port), START_LIMIT_S, lambda: f"S3 answers\n{self.log.read_text()[-3000:]}"
        )
        self.connect().create_bucket(Bucket=self.bucket)

    def connect(self) -> Any:
        """Make a client of its own, apart from the code under test."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=KEY_ID,
            aws_secret_access_key=SECRET,
            config=Config(s3={"addressing_style": "path"}),
        )

    def keys(self) -> list[str]:
        """List what lies in the bucket."""
        found = self.connect().list_objects_v2(Bucket=self.bucket)
        return sorted(item["Key"] for item in found.get("Contents", ()))

    def kill9(self) -> None:
        """SIGKILL the server: everything in it is gone."""
        if self.process is not None:
            self.process.kill9()
            self.process = None

    def close(self) -> None:
        """End the server and remove its folder; safe to repeat."""
        if self.process is not None:
            self.process.stop()
            self.process = None
        remove_folder(self.folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
