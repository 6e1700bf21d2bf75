"""Brings PyTorch tensors to Fathom over its sockets and the store's presigned URLs alone, and fetches their K.

Usage: python-upload.py ADDRESS FOLDER. Leaves the tensors in FOLDER as `fathom score` reads them. Prints one JSON object: K of each
feature, how many files a second CreateUpload still asks for after one and after both have been put, and how a wrong file is refused.
"""

import hashlib
import json
import pathlib
import struct
import sys
import tempfile
import urllib.error
import urllib.request

import grpc
import torch

from python_contracts import compile_contracts, contract, result_of

# A proxy from the environment cannot reach this machine's own sockets.
HTTP = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def safetensors(tensors):
    """The bytes of a safetensors file of float32 tensors."""
    header, data = {}, b""
    for name, tensor in tensors.items():
        values = tensor.contiguous().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def float64_vector(file, name):
    """A tensor of one dimension in the bytes of a safetensors file."""
    length = struct.unpack("<Q", file[:8])[0]
    entry = json.loads(file[8 : 8 + length])[name]
    assert entry["dtype"] == "F64"
    start, end = entry["data_offsets"]
    return list(struct.unpack(f"<{(end - start) // 8}d", file[8 + length + start : 8 + length + end]))


def put(target, content):
    """Puts a file at its URL."""
    request = urllib.request.Request(target.url, data=content, headers=dict(target.headers), method="PUT")
    HTTP.open(request, timeout=60).read()


def main(address, folder):
    torch.manual_seed(7)
    layers, x = {}, torch.randn(1500, 24)
    for depth in range(3):
        x = torch.relu(x @ torch.randn(24, 24) / 5)
        layers[f"layer{depth}"] = x
    codes = torch.relu(x @ torch.randn(24, 10) - 0.5)
    files = {"layers.safetensors": safetensors(layers), "codes.safetensors": safetensors({"z": codes})}
    for name, content in files.items():
        (pathlib.Path(folder) / name).write_bytes(content)

    with tempfile.TemporaryDirectory() as target:
        compile_contracts(target)
        upload, upload_grpc = contract("upload")
        complexity, complexity_grpc = contract("complexity")
        artifact, artifact_grpc = contract("artifact")
        with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
            uploads = upload_grpc.UploadServiceStub(channel)
            announced = upload.CreateUploadRequest(
                files=[
                    upload.UploadFile(name=name, size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
                    for name, content in files.items()
                ]
            )
            first = uploads.CreateUpload(announced)
            try:
                put(first.targets[0], b"x" * len(files[first.targets[0].name]))
                refused = 0
            except urllib.error.HTTPError as error:
                refused = error.code
            put(first.targets[0], files[first.targets[0].name])
            second = uploads.CreateUpload(announced)
            for missing in second.targets:
                put(missing, files[missing.name])
            third = uploads.CreateUpload(announced)
            assert first.upload == second.upload == third.upload

            rows = upload.UploadedRows(images="1,500 made-up inputs")
            activations = upload.UploadedActivations(
                rows=rows, layers=[upload.UploadedTensor(file="layers.safetensors", tensor=name) for name in layers]
            )
            features = upload.UploadedCodes(rows=rows, codes=upload.UploadedTensor(file="codes.safetensors", tensor="z"))
            measured = complexity_grpc.ComplexityServiceStub(channel).StartMeasure(
                complexity.StartMeasureRequest(
                    activations=result_of(channel, uploads.CommitUpload(upload.CommitUploadRequest(upload=first.upload, activations=activations))),
                    codes=result_of(channel, uploads.CommitUpload(upload.CommitUploadRequest(upload=first.upload, codes=features))),
                )
            )
            scores = result_of(channel, measured)
            uploads.DeleteUpload(upload.DeleteUploadRequest(upload=first.upload))

            download = artifact_grpc.ArtifactServiceStub(channel).GetDownload(
                artifact.GetDownloadRequest(artifact=scores, tensors=["k_std"])
            )
            (shard,) = download.shards
            content = HTTP.open(shard.url, timeout=60).read()
            assert len(content) == shard.size_bytes and hashlib.sha256(content).hexdigest() == shard.sha256
            k_std = float64_vector(content, "k_std")
    print(json.dumps({"k_std": k_std, "asked": [len(each.targets) for each in (first, second, third)], "refused": refused}))


if __name__ == "__main__":
    main(*sys.argv[1:])
