"""Writes a network as ONNX with tensor names a reader can point at."""

import io
from pathlib import Path

import onnx
import torch

from network import ResNet20

OPSET = 13


def export(network: ResNet20, path: Path) -> None:
    """Writes `network` in eval mode, batch norms folded into the convolutions.

    Input `image` [N, 1, 28, 28]; tensors `stem`, `block1.main`, `block1.shortcut`
    (projections only), `block1.add`, `block1` ... `block9`, `pool`, `penultimate`
    [N, 64]; output `logits` [N, 10].
    """
    network.eval()
    buffer = io.BytesIO()
    torch.onnx.export(
        network,
        torch.zeros(1, 1, 28, 28),
        buffer,
        opset_version=OPSET,
        input_names=["image"],
        output_names=["logits"],
        dynamic_axes={"image": {0: "N"}, "logits": {0: "N"}},
    )
    model = onnx.load_from_string(buffer.getvalue())
    rename(model.graph, readable_names(model.graph))
    model.graph.name = "resnet20"
    for node in model.graph.node:
        node.name = node.output[0]
        node.doc_string = ""
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString())


def readable_names(graph: onnx.GraphProto) -> dict[str, str]:
    """The new name of every tensor that the exporter numbered."""
    producer = {node.output[0]: node for node in graph.node}
    names: dict[str, str] = {}
    block = 0
    for node in graph.node:
        output = node.output[0]
        source = names.get(node.input[0], node.input[0])
        if node.op_type == "Add":
            block += 1
            names[output] = f"block{block}.add"
            names[node.input[0]] = f"block{block}.main"
            if producer[node.input[1]].op_type == "Conv":
                names[node.input[1]] = f"block{block}.shortcut"
        elif node.op_type == "Relu" and source.endswith(".add"):
            names[output] = f"block{block}"
        elif node.op_type == "Relu" and block == 0 and "stem" not in names.values():
            names[output] = "stem"
            names[node.input[0]] = "stem.conv"
        elif node.op_type == "Relu":
            names[output] = f"block{block + 1}.hidden"
            names[node.input[0]] = f"block{block + 1}.hidden.conv"
        elif node.op_type == "GlobalAveragePool":
            names[output] = "pool"
        elif node.op_type == "Flatten":
            names[output] = "penultimate"
    for node in graph.node:
        if node.op_type == "Conv":
            base = names[node.output[0]]
            names[node.input[1]] = f"{base}.weight"
            names[node.input[2]] = f"{base}.bias"
    return names


def rename(graph: onnx.GraphProto, names: dict[str, str]) -> None:
    """Renames tensors wherever they are made, read, stored or described."""
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    for described in [*graph.initializer, *graph.value_info]:
        described.name = names.get(described.name, described.name)
