"""A real llama.cpp server on a tiny model that is written here: it speaks OpenAI's protocol and enforces JSON Schema.

The model is random: its texts say nothing, but tokens, limits, usage and errors are the real thing. One dimension is held
constant, so that a column of the output matrix is a bias: raw bytes, which would be invalid UTF-8, are never chosen.
"""

import os
import sys
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from tests.support.processes import Process, find_free_port, make_folder, remove_folder, start_process, wait_until

START_LIMIT_S: Final = 30
CONTEXT: Final = 32_768  # of each of the slots
SLOTS: Final = 2
ROOT: Final = Path(__file__).resolve().parents[2]
MODEL: Final = "tiny.gguf"

_WIDTH, _HEADS, _LAYERS, _INNER = 64, 4, 2, 128


def write_model(path: Path, *, seed: int = 0) -> None:
    """Write a llama of 0.5 MB whose vocabulary is printable ASCII, one character a token."""
    import gguf
    import numpy as np

    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", *map(chr, range(33, 127))]
    kinds = [2, 3, 3] + [6] * 256 + [1] * (len(tokens) - 259)
    rng = np.random.default_rng(seed)

    embedding = _draw(rng, len(tokens), _WIDTH)
    output = _draw(rng, len(tokens), _WIDTH)
    embedding[:, 0] = 4.0
    output[:, 0] = np.array([_bias(token) for token in tokens], np.float32) / (np.sqrt(_WIDTH) * 0.9)
    writer = gguf.GGUFWriter(path, "llama")
    _write_header(writer, tokens, kinds)
    ones = np.ones(_WIDTH, np.float32)
    tensors = {"token_embd": embedding, "output_norm": ones, "output": output}
    for layer in range(_LAYERS):
        tensors |= {f"blk.{layer}.{name}": tensor for name, tensor in _draw_layer(rng, ones).items()}
    for name, tensor in tensors.items():
        writer.add_tensor(f"{name}.weight", tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _draw(rng: Any, rows: int, columns: int, *, is_apart: bool = False) -> Any:
    matrix = (rng.standard_normal((rows, columns)) * 0.08).astype("float32")
    if is_apart:
        matrix[0, :] = 0  # writes nothing into the constant dimension
    return matrix


def _draw_layer(rng: Any, ones: Any) -> dict[str, Any]:
    return {
        "attn_norm": ones,
        "ffn_norm": ones,
        "attn_q": _draw(rng, _WIDTH, _WIDTH),
        "attn_k": _draw(rng, _WIDTH, _WIDTH),
        "attn_v": _draw(rng, _WIDTH, _WIDTH),
        "attn_output": _draw(rng, _WIDTH, _WIDTH, is_apart=True),
        "ffn_gate": _draw(rng, _INNER, _WIDTH),
        "ffn_up": _draw(rng, _INNER, _WIDTH),
        "ffn_down": _draw(rng, _WIDTH, _INNER, is_apart=True),
    }


def _bias(token: str) -> float:
    if token in ("<unk>", "<s>") or token.startswith("<0x"):
        return -60.0
    if token == "</s>":
        return -1.0
    if token == '"':
        return 2.5  # ends a text of JSON after some sixty characters; rarer, and the sampler leaves it out
    return 1.0 if token == "▁" or token.isalpha() else -4.0  # punctuation is rare


def _write_header(writer: Any, tokens: list[str], kinds: list[int]) -> None:
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(_WIDTH)
    writer.add_block_count(_LAYERS)
    writer.add_feed_forward_length(_INNER)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(_WIDTH // _HEADS)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_scores([0.0] * 259 + [-float(place) for place in range(len(tokens) - 259)])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_add_bos_token(True)
    writer.add_chat_template(
        "{% for m in messages %}<{{ m['role'] }}> {{ m['content'] }}\n{% endfor %}"
        "{% if add_generation_prompt %}<assistant> {% endif %}"
    )


class Llama:
    """A llama.cpp server of our own, in a process of its own."""

    def __init__(self, *, key: str = "") -> None:
        self.folder = make_folder("llama")
        self.port = find_free_port()
        write_model(self.folder / MODEL)
        env = {"PATH": os.environ.get("PATH", os.defpath), "LLAMA_KEY": key}
        command = [sys.executable, "-m", "tests.support.llama", str(self.folder / MODEL), str(self.port)]
        self.process: Process = start_process(
            f"llama on {self.port}", command, log=self.folder / "llama.log", env=env, cwd=ROOT
        )
        wait_until(self._answers, START_LIMIT_S, lambda: f"llama answers\n{self.process.tail()}")

    @property
    def url(self) -> str:
        """The address as `NIGHTDESK_TEXT_URL` wants it."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def model(self) -> str:
        """The name under which the server answers."""
        return MODEL

    def close(self) -> None:
        """Stop the server and remove its folder; safe to repeat."""
        self.process.kill9()
        remove_folder(self.folder)

    def _answers(self) -> bool:
        self.process.ensure_alive()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def serve(path: str, port: int, key: str) -> None:
    """Serve until the process is ended: the server's own threads do the work."""
    import signal

    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = path
    params.n_ctx = CONTEXT * SLOTS
    params.n_parallel = SLOTS
    params.warmup = False
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.cpuparams.n_threads = 1
    if key:
        params.api_keys = [key]
    server = xllamacpp.Server(params)
    signal.pause()
    del server


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), os.environ.get("LLAMA_KEY", ""))
