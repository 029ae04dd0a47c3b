"""Small ONNX models that stand in for large ones: same inputs, same outputs, and arithmetic that a test can foresee."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Side = int | str

#: The stand-in for a matting network finds what is red: this much of each channel, once it is normalised.
REDNESS = (3.0, -3.0, -3.0)


def save_matting(path: Path, *, side: Side, as_logits: bool = False) -> str:
    """Save a matting network: a picture (1, 3, side, side) in, an opinion (1, 1, side, side) out; return its sha256."""
    weights = np.asarray(REDNESS, np.float32).reshape(1, 3, 1, 1)
    nodes = [helper.make_node("Conv", ["picture", "weights"], ["logits"])]
    if not as_logits:
        nodes.append(helper.make_node("Sigmoid", ["logits"], ["matte"]))
    output = "logits" if as_logits else "matte"
    return _save(path, nodes, [("picture", 3, side)], [(output, 1, side)], {"weights": weights})


def save_lama(path: Path, *, side: Side, colour: Sequence[float], unit: float) -> str:
    """Save an inpainting network that fills holes with a colour (0 to 1) and answers in parts of `unit`."""
    constants = {
        "colour": np.asarray(colour, np.float32).reshape(1, 3, 1, 1),
        "one": np.asarray(1, np.float32),
        "unit": np.asarray(unit, np.float32),
    }
    nodes = [
        helper.make_node("Sub", ["one", "mask"], ["known"]),
        helper.make_node("Mul", ["image", "known"], ["kept"]),
        helper.make_node("Mul", ["colour", "mask"], ["filled"]),
        helper.make_node("Add", ["kept", "filled"], ["whole"]),
        helper.make_node("Mul", ["whole", "unit"], ["output"]),
    ]
    return _save(path, nodes, [("image", 3, side), ("mask", 1, side)], [("output", 3, side)], constants)


def save_endless(path: Path, *, side: int) -> str:
    """Save a matting network that would need hours: it blurs its picture again and again."""
    one, many = np.asarray(1, np.int64), np.asarray(2**40, np.int64)
    shape = [1, 3, side, side]
    body = helper.make_graph(
        [
            helper.make_node("AveragePool", ["before"], ["after"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
            helper.make_node("Identity", ["go_on"], ["goes_on"]),
        ],
        "again",
        [
            helper.make_tensor_value_info("round", TensorProto.INT64, []),
            helper.make_tensor_value_info("go_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("before", TensorProto.FLOAT, shape),
        ],
        [
            helper.make_tensor_value_info("goes_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("after", TensorProto.FLOAT, shape),
        ],
    )
    constants = {"rounds": many, "yes": np.asarray(True), "one": one}
    nodes = [helper.make_node("Loop", ["rounds", "yes", "picture"], ["matte"], body=body)]
    return _save(path, nodes, [("picture", 3, side)], [("matte", 3, side)], constants)


def _save(
    path: Path,
    nodes: Sequence[Any],
    inputs: Sequence[tuple[str, int, Side]],
    outputs: Sequence[tuple[str, int, Side]],
    constants: dict[str, Any],
) -> str:
    def describe(tensors: Sequence[tuple[str, int, Side]]) -> list[Any]:
        shapes = {
            name: [1, channels, side, f"{side}_wide" if isinstance(side, str) else side]
            for name, channels, side in tensors
        }
        return [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items()]

    graph = helper.make_graph(
        list(nodes),
        "stand_in",
        describe(inputs),
        describe(outputs),
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, str(path))
    return hashlib.sha256(path.read_bytes()).hexdigest()
