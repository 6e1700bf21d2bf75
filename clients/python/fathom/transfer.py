"""Files from and to the store, by URLs that the services give out."""

from __future__ import annotations

import hashlib
import http.client
import io
import os
import pathlib
import re
import urllib.error
import urllib.request
from typing import Any, Callable, Mapping, Union

from .errors import FathomError
from .operations import Patience

Content = Union[bytes, str, pathlib.Path]
"""What to upload: bytes, or the path of a file, which is read piece by piece."""

_ATTEMPTS = 4
_PIECE = 1 << 20


def _open(request: urllib.request.Request, timeout: float) -> Any:
    # A proxy from the environment cannot reach this machine's own ports.
    local = re.match(r"^(localhost|127\.|\[::1\])", request.host) is not None
    return urllib.request.build_opener(*([urllib.request.ProxyHandler({})] if local else [])).open(request, timeout=timeout)


def fetch(shard: Any, timeout: float) -> bytes:
    """The bytes of a shard, checked against size and SHA-256, and fetched again where they differ."""
    problem = ""
    for _ in range(_ATTEMPTS):
        try:
            with _open(urllib.request.Request(shard.url), timeout) as response:
                content = response.read()
        except (OSError, http.client.HTTPException) as error:
            problem = f"a shard cannot be fetched: {error}"
            continue
        found = hashlib.sha256(content).hexdigest()
        if len(content) == shard.size_bytes and found == shard.sha256:
            return content
        problem = f"a shard arrived as {len(content)} bytes of SHA-256 {found}, not {shard.size_bytes} of {shard.sha256}"
    raise FathomError("CORRUPT_DATA" if "SHA-256" in problem else "UNAVAILABLE", problem)


def _pieces(content: Content) -> Any:
    if isinstance(content, bytes):
        yield content
        return
    with open(content, "rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def describe(name: str, content: Content) -> dict[str, Any]:
    """A file as CreateUpload announces it."""
    digest = hashlib.sha256()
    for piece in _pieces(content):
        digest.update(piece)
    size = len(content) if isinstance(content, bytes) else os.path.getsize(content)
    return {"name": name, "size_bytes": size, "sha256": digest.hexdigest()}


def put_files(create_upload: Callable[..., Any], files: Mapping[str, Content], patience: Patience, timeout: float) -> str:
    """Brings files into the store, and returns the name of the upload.

    What is there already, of an attempt that was interrupted or of another upload of the same files, is not sent again.
    """
    announced = [describe(name, content) for name, content in files.items()]
    fewest = len(files) + 1
    while True:
        created = create_upload(files=announced)
        if not created.targets:
            return created.upload
        if len(created.targets) < fewest:
            patience.renew()
        fewest = min(fewest, len(created.targets))
        trouble = None
        for target in created.targets:
            try:
                _put(target, files[target.name], timeout)
            except (OSError, http.client.HTTPException) as error:
                trouble = FathomError("UNAVAILABLE", f"a file cannot be put into the store: {error}")
        if trouble is not None:
            patience.spend(trouble)


def _put(target: Any, content: Content, timeout: float) -> None:
    with io.BytesIO(content) if isinstance(content, bytes) else open(content, "rb") as body:
        _open(urllib.request.Request(target.url, data=body, headers=dict(target.headers), method="PUT"), timeout).read()
