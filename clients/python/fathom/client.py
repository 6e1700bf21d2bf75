"""The services, with what is mostly wanted of them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Callable, Iterator, Mapping, Optional, Sequence, Union

import numpy as np

from . import operations, safetensors, transfer
from .connection import Places, Service, Tls, Token, addresses_of, open_channel
from .contracts import AREAS
from .errors import FathomError, InputError
from .progress import ProgressBar
from .table import FeatureTable
from .transfer import Content

Activations = Union[str, Mapping[str, Any]]
"""The digest of an "activations" artifact, or layers in forward order by name, each an array [n, width]."""

Codes = Union[str, Any]
"""The digest of a "codes" artifact, or an array [n, k] of numbers of at least 0."""


@dataclass(frozen=True)
class Artifact:
    """What an artifact is, without its numbers.

    digest: content digest, "sha256:" and 64 hexadecimal digits. tensors: type and shape by name. provenance: where it comes from.
    """

    digest: str
    kind: str
    attributes: dict[str, Any]
    tensors: dict[str, tuple[str, tuple[int, ...]]]
    provenance: Any


def connect(
    places: Places = None,
    *,
    tls: Optional[Tls] = None,
    token: Token = None,
    tenant: Optional[str] = None,
    timeout: float = 60.0,
    patience: float = 30.0,
    progress: Optional[bool] = None,
    max_message_bytes: int = 4 << 20,
) -> "Client":
    """Connects to Fathom's services, with the first call.

    places: a host (its ports 7301 to 7306, as `fathom serve` uses them), an address where all services are ("host:port", "unix:/path", or
        several replicas, "10.0.0.1:7301,10.0.0.2:7301", which are called in turn), or the address of each service by name. Services that are
        not named are on this machine.
    tls: for services that have TLS. token: a JSON Web Token, or a function that gives one before each call; sent by TLS or to this machine.
    tenant: whom to call for, where the token has the scope admin.
    timeout: seconds for a call that is no stream. patience: seconds to wait for a service that does not answer; one that is busy is waited
        for as long as it says.
    progress: whether to show progress bars on standard error; None where it is a terminal.
    """
    return Client(places, tls, token, tenant, timeout, patience, progress, max_message_bytes)


class Client:
    """Fathom's services. `activation`, `dictionary`, `complexity`, `importance`, `robustness`, `study`, `uploads`, `artifacts` and
    `capabilities` have the methods of the contracts, with the fields of the request as parameters; see connect()."""

    def __init__(self, places: Places, tls: Optional[Tls], token: Token, tenant: Optional[str], timeout: float, patience: float, progress: Optional[bool], max_message_bytes: int):
        self._patience, self._timeout, self._progress = patience, timeout, progress
        self._channels: dict[str, Any] = {}
        self._operations: dict[str, Service] = {}
        at = addresses_of(places)

        def service(area: str, name: str) -> Service:
            address = at[area]
            if address not in self._channels:
                self._channels[address] = open_channel(address, tls, token, max_message_bytes)
            return Service(self._channels[address], name, address, token, tenant, timeout)

        for area in AREAS:
            setattr(self, area, service(area, f"fathom.{area}.v1.{area.capitalize()}Service"))
            self._operations[area] = service(area, "fathom.operations.v1.OperationsService")
        self.uploads = service("activation", "fathom.upload.v1.UploadService")
        self.artifacts = service("activation", "fathom.artifact.v1.ArtifactService")
        self.capabilities = service("activation", "fathom.platform.v1.CapabilitiesService")

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of all connections. Operations go on."""
        for channel in self._channels.values():
            channel.close()

    def operations(self, area: str) -> Service:
        """The operations of a service, such as "complexity"."""
        return self._operations[area]

    def run(self, area: str, method: str, **fields: Any) -> str:
        """Starts an operation, such as run("complexity", "StartMeasure", activations=fathom…, codes=…), and returns the digest of its result.

        fields: of the request; an artifact is given by its digest. It is followed through broken connections, restarts of the service, and
        while that is busy. The same request is the same operation: it joins one that runs, and does not compute twice. On KeyboardInterrupt
        it is told to stop, and its finished parts are kept. Raises what it failed with.
        """
        request = {name: _reference(value) for name, value in fields.items()}
        return self._follow(area, lambda: getattr(getattr(self, area), method)(**request))

    def watch(self, area: str, name: str, after_sequence: int = 0) -> Iterator[Any]:
        """An operation after each of its changes; after a broken connection it goes on behind the last one seen."""
        return operations.watch(self._operations[area], name, after_sequence, operations.Patience(self._patience))

    def describe(self, digest: str) -> Artifact:
        """What an artifact is."""
        found = self.artifacts.GetArtifact(artifact=_reference(digest)).artifact
        tensors = {tensor.name: (tensor.dtype, tuple(tensor.shape)) for tensor in found.tensors}
        return Artifact(digest, found.kind, json.loads(found.attributes_json), tensors, found.provenance)

    def tensor(self, digest: str, name: str, first: int = 0, count: Optional[int] = None, via: str = "stream") -> np.ndarray:
        """Rows of a tensor of an artifact, checked against SHA-256.

        first, count: which rows; all by default. via: "stream", through the service, or "download", from the store's own URLs, which only a
        store in S3 has. Raises InputError for a tensor or rows that there are not.
        """
        if first < 0 or (count is not None and count < 1):
            raise InputError("count" if first >= 0 else "first", "is no number of rows", count if first >= 0 else first, "first of at least 0, count of at least 1")
        if via not in ("stream", "download"):
            raise InputError("via", "is no way to read a tensor", via, "stream, download")
        read = self._streamed if via == "stream" else self._downloaded
        patience = operations.Patience(self._patience)
        while True:
            try:
                return read(digest, name, first, count)
            except FathomError as error:
                patience.spend(error)

    def table(self, digest: str, via: str = "stream") -> FeatureTable:
        """All scores of an artifact that has a number for each feature."""
        found = self.describe(digest)
        return FeatureTable(digest, found.kind, found.attributes, {name: self.tensor(digest, name, via=via) for name in found.tensors})

    def upload(self, files: Mapping[str, Content], **content: Any) -> str:
        """Uploads files, makes an artifact of them, and removes them; returns its digest. The store must be S3.

        files: bytes or paths, by the names that content uses. content: one of model, images, activations, codes, as CommitUpload takes them.
        After an interruption the same call sends what is missing.
        """
        upload = transfer.put_files(self.uploads.CreateUpload, files, operations.Patience(self._patience), 600.0)
        made = self._follow("activation", lambda: self.uploads.CommitUpload(upload=upload, **content))
        self.uploads.DeleteUpload(upload=upload)
        return made

    def upload_activations(
        self, layers: Mapping[str, Any], images: str = "rows", labels: Optional[Any] = None, model: Optional[str] = None, first: int = 0
    ) -> str:
        """Uploads activations: the digest of an "activations" artifact.

        layers: in forward order by name, each [n, width] of floating-point numbers, the last the penultimate. labels: classes [n], whole
        numbers. images: what the rows are, any name or the digest of an "images" artifact; codes must say the same. first: the image of the
        first row. model: digest of the "model" artifact that they are of, which what looks at decisions needs.
        """
        arrays = {name: _matrix(name, values) for name, values in layers.items()}
        content: dict[str, Any] = {
            "rows": {"images": images, "first": first},
            "layers": [{"file": "activations", "tensor": name} for name in arrays],
        }
        if labels is not None:
            arrays = {**arrays, "labels": np.asarray(labels, dtype=np.int32)}
            content["labels"] = {"file": "activations", "tensor": "labels"}
        if model is not None:
            content["model"] = _reference(model)
        return self.upload({"activations": safetensors.encode(arrays)}, activations=content)

    def upload_codes(self, codes: Any, images: str = "rows", first: int = 0) -> str:
        """Uploads codes [n, k], at least 0: the digest of a "codes" artifact. images, first: as of the activations that they go with."""
        file = safetensors.encode({"z": _matrix("codes", codes)})
        return self.upload({"codes": file}, codes={"rows": {"images": images, "first": first}, "codes": {"file": "codes", "tensor": "z"}})

    def upload_images(self, images: Any, labels: Optional[Any] = None, name: str = "images") -> str:
        """Uploads images, uint8 [n, height, width] or [n, height, width, channels], and classes [n]: the digest of an "images" artifact."""
        arrays = {"images": np.asarray(images)}
        source = {"images_path": "images", "images_tensor": "images"}
        if labels is not None:
            arrays["labels"] = np.asarray(labels, dtype=np.int32)
            source.update(labels_path="images", labels_tensor="labels")
        return self.upload({"images": safetensors.encode(arrays)}, images={"name": name, "array": source})

    def upload_network(self, network: Content, preprocessing: Mapping[str, Any], name: str = "network", taps: Sequence[str] = ()) -> str:
        """Uploads an ONNX network, bytes or a path: the digest of a "model" artifact.

        preprocessing: how pixels become its input, the fields of fathom.activation.v1.Preprocessing; channel_order by number or name, such as
        "CHANNEL_ORDER_RGB". taps: tensors to read, for a network without residual blocks.
        """
        content = {"name": name, "preprocessing": dict(preprocessing), "taps": list(taps), "file": "network.onnx"}
        return self.upload({"network.onnx": network}, model=content)

    def scores(
        self,
        activations: Activations,
        codes: Codes,
        *,
        layers: Sequence[str] = (),
        probe: Optional[Mapping[str, Any]] = None,
        images: str = "rows",
    ) -> FeatureTable:
        """K of every feature: how much of the network it takes to compute it (docs/measures.md, section 4).

        activations: layers in forward order, arrays [n, width], or the digest of an artifact. codes: array [n, k] of the same rows, or a
        digest. Arrays are uploaded first, which needs a store in S3. layers: those to measure over; all by default. probe: fields of
        fathom.complexity.v1.Probe, such as {"folds": 5}. images: a name for the rows of arrays.

        Columns: k_std in [0, 1] and its standard error k_std_se, k_raw, k_published, depth_half (layers), variance, prevalence in [0, 1], live
        (0 = dead); r2 [k, layers] in [0, 1].
        """
        request = {
            "activations": activations if isinstance(activations, str) else self.upload_activations(activations, images),
            "codes": codes if isinstance(codes, str) else self.upload_codes(codes, images),
            "layers": list(layers),
            "probe": dict(probe or {}),
        }
        return self.table(self.run("complexity", "StartMeasure", **request))

    def _follow(self, area: str, start: Callable[[], Any]) -> str:
        bar = ProgressBar(self._progress)
        try:
            ended = operations.follow(self._operations[area], start, operations.Patience(self._patience, bar.write), bar.update)
        finally:
            bar.close()
        return ended.result.content_digest

    def _streamed(self, digest: str, name: str, first: int, count: Optional[int]) -> np.ndarray:
        info, content, sha256 = None, bytearray(), ""
        for piece in self.artifacts.ReadTensor(artifact=_reference(digest), tensor=name, first=first, count=count or 0):
            info = info or (piece.tensor.dtype, tuple(piece.tensor.shape))
            content += piece.data
            sha256 = piece.sha256
        if info is None or sha256 != hashlib.sha256(content).hexdigest():
            raise FathomError("CORRUPT_DATA", f"{name} did not arrive as it was sent")
        return safetensors.array_of(*info, content)

    def _downloaded(self, digest: str, name: str, first: int, count: Optional[int]) -> np.ndarray:
        parts, token, filled = [], "", 0
        while True:
            page = self.artifacts.GetDownload(artifact=_reference(digest), tensors=[name], page_token=token)
            info = next(tensor for tensor in page.artifact.tensors if tensor.name == name)
            rows = info.shape[0] if info.shape else 1
            end = rows if count is None else first + count
            if end > rows or first > rows:
                raise InputError("rows", "go beyond the tensor", f"{first} to {end}", f"0 to {rows}")
            for shard in page.shards:
                held = next(each for each in shard.rows if each.tensor == name)
                start, stop = max(first, held.first), min(end, held.first + held.count)
                if start < stop:
                    array = safetensors.decode(transfer.fetch(shard, 600.0))[name]
                    parts.append(array[start - held.first : stop - held.first] if info.shape else array)
                    filled += stop - start
            token = page.next_page_token
            if not token:
                break
        if filled != end - first:
            raise FathomError("CORRUPT_DATA", f"{name} did not arrive as it was sent")
        if not parts:
            return safetensors.array_of(info.dtype, (0, *info.shape[1:]), b"")
        return np.concatenate(parts) if info.shape else parts[0]


def _reference(value: Any) -> Any:
    """A digest as the requests name artifacts; anything else as it is."""
    return {"content_digest": value} if isinstance(value, str) and value.startswith("sha256:") else value


def _matrix(name: str, values: Any) -> np.ndarray:
    array = np.asarray(values)
    if array.ndim != 2 or array.dtype.kind != "f":
        raise InputError(name, "is no matrix of floating-point numbers", f"{array.dtype} {list(array.shape)}", "float32 or float64 [rows, columns]")
    return array
