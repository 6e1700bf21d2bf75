"""A client of Fathom's services in Python: the same as simplest-features.ts, and what it gets for a wrong request.

    python3 simplest_features.py STUBS STORE ACTIVATION DICTIONARY COMPLEXITY NETWORK IMAGES LABELS

STUBS is a folder with code generated from proto/ (docs/api.md shows how), STORE the folder that the services keep artifacts
in; then the addresses of three services, and paths of files below their input roots. Needs grpcio and protobuf.
"""
import json
import struct
import sys
from pathlib import Path

import grpc

stubs, store, *places = sys.argv[1:]
sys.path.insert(0, stubs)
from fathom.activation.v1 import activation_pb2, activation_pb2_grpc  # noqa: E402
from fathom.artifact.v1 import artifact_pb2  # noqa: E402
from fathom.complexity.v1 import complexity_pb2, complexity_pb2_grpc  # noqa: E402
from fathom.dictionary.v1 import dictionary_pb2, dictionary_pb2_grpc  # noqa: E402
from fathom.operations.v1 import operations_pb2, operations_pb2_grpc  # noqa: E402
from google.rpc import error_details_pb2, status_pb2  # noqa: E402


class Area:
    """A service, and the operations that it runs."""

    def __init__(self, stub, address):
        # A proxy from the environment cannot reach this machine's own sockets.
        channel = grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)])
        self.service = stub(channel)
        self.operations = operations_pb2_grpc.OperationsServiceStub(channel)

    def finished(self, response):
        """The reference to an operation's result, once it has ended."""
        operation = response.operation
        while operation.state == operations_pb2.OPERATION_STATE_RUNNING:
            request = operations_pb2.WaitOperationRequest(name=operation.name, timeout_ms=30_000)
            operation = self.operations.WaitOperation(request, timeout=60).operation
        if operation.state != operations_pb2.OPERATION_STATE_SUCCEEDED:
            raise RuntimeError(f"{operation.job}: {operation.error.message or 'stopped; start it again'}")
        return operation.result


def reason_of(error):
    """The ErrorInfo of a failed call."""
    trailers = dict(error.trailing_metadata())
    status = status_pb2.Status.FromString(trailers["grpc-status-details-bin"])
    info = error_details_pb2.ErrorInfo()
    for detail in status.details:
        if detail.Unpack(info):
            return info


def column(digest, name):
    """A tensor of an artifact, F64 [k], from a store that is a folder (libs/artifacts/README.md)."""
    root = Path(store)

    def blob(sha):
        return (root / "blobs" / sha[:2] / sha).read_bytes()

    pointer = json.loads((root / "artifacts" / digest.removeprefix("sha256:")).read_text())
    values = []
    for shard in json.loads(blob(pointer["manifest"]))["shards"]:
        if name not in shard["tensors"]:
            continue
        raw = (root / shard["key"]).read_bytes()
        (size,) = struct.unpack("<Q", raw[:8])
        begin, end = json.loads(raw[8 : 8 + size])[name]["data_offsets"]
        values += struct.unpack(f"<{(end - begin) // 8}d", raw[8 + size + begin : 8 + size + end])
    return values


act = Area(activation_pb2_grpc.ActivationServiceStub, places[0])
dic = Area(dictionary_pb2_grpc.DictionaryServiceStub, places[1])
com = Area(complexity_pb2_grpc.ComplexityServiceStub, places[2])
network, images_path, labels_path = places[3:]

preprocessing = activation_pb2.Preprocessing(
    width=28, height=28, channel_order=activation_pb2.CHANNEL_ORDER_GRAY, scale=1 / 255, mean=[0.286], standard_deviation=[0.353]
)
model = act.service.RegisterModel(activation_pb2.RegisterModelRequest(path=network, name="fashion", preprocessing=preprocessing)).model
source = activation_pb2.IdxSource(images_path=images_path, labels_path=labels_path)
images = act.finished(act.service.StartRegisterImages(activation_pb2.StartRegisterImagesRequest(name="fashion test", idx=source)))
rows = artifact_pb2.RowRange(first=0, count=300)
activations = act.finished(act.service.StartExtract(activation_pb2.StartExtractRequest(model=model, images=images, rows=rows)))
nmf = dictionary_pb2.ClassNmf(atoms_per_class=3)
dictionary = dic.finished(dic.service.StartFit(dictionary_pb2.StartFitRequest(activations=activations, class_nmf=nmf)))
codes = dic.finished(dic.service.StartEncode(dictionary_pb2.StartEncodeRequest(dictionary=dictionary, activations=activations)))
complexity = com.finished(com.service.StartMeasure(complexity_pb2.StartMeasureRequest(activations=activations, codes=codes)))
k_std = column(complexity.content_digest, "k_std")
print("simplest:", *sorted(range(len(k_std)), key=lambda j: k_std[j])[:5])

try:
    act.service.StartExtract(activation_pb2.StartExtractRequest(model=model))
except grpc.RpcError as error:
    print("refused:", error.code().name, reason_of(error).reason, reason_of(error).metadata["field"])
