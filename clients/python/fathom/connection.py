"""Channels to the services: addresses, TLS, tokens, deadlines."""

from __future__ import annotations

import ipaddress
import pathlib
import re
from dataclasses import dataclass
from typing import Any, Callable, Iterator, Mapping, Optional, Union

import grpc

from .contracts import AREAS, methods
from .errors import InputError, error_of_call

Places = Union[str, Mapping[str, str], None]
Token = Union[str, Callable[[], str], None]

_SERVICE_CONFIG = (pathlib.Path(__file__).parent / "service_config.json").read_text()
_LOOPBACK = re.compile(r"^(localhost|127(\.\d{1,3}){3}|\[::1\])$")


@dataclass(frozen=True)
class Tls:
    """TLS of a client; paths of PEM files.

    ca: authorities of the services' certificates; None for those of the system.
    certificate, key: of the client, where the services ask for one.
    server_name: the name that the services' certificates must be for, where it is not the host of the address.
    """

    ca: Union[str, pathlib.Path, None] = None
    certificate: Union[str, pathlib.Path, None] = None
    key: Union[str, pathlib.Path, None] = None
    server_name: Optional[str] = None


def addresses_of(places: Places) -> dict[str, str]:
    """The address of each service. A host alone means its ports 7301 to 7306, an address that all services are there."""
    if isinstance(places, str):
        alone = re.fullmatch(r"[^:,/\s]+|\[[\da-fA-F:.]+\]", places) is not None
        return {area: f"{places}:{7301 + index}" if alone else places for index, area in enumerate(AREAS)}
    given = dict(places or {})
    for name in given:
        if name not in AREAS:
            raise InputError("places", "names no service", name, ", ".join(AREAS))
    return {area: given.get(area, f"127.0.0.1:{7301 + index}") for index, area in enumerate(AREAS)}


def target_of(address: str) -> tuple[str, bool]:
    """An address as gRPC reads it, and whether calls to it stay on this machine.

    "host:port", "dns:host:port", "unix:/path", or several IP addresses with ports, separated by commas.
    """
    if address.startswith("unix:"):
        return address, True
    parts = re.sub(r"^dns:(///)?", "", address).split(",")
    found = [re.fullmatch(r"(\[[\da-fA-F:.]+\]|[^:\[\]\s/]+):(\d{1,5})", part) for part in parts]
    if not all(match and int(match.group(2)) <= 65535 for match in found):
        raise InputError("address", "not an address", address, '"host:port", "unix:/path", or several IP addresses, separated by commas')
    hosts = [match.group(1) for match in found]
    local = all(_LOOPBACK.match(host) for host in hosts)
    if len(parts) == 1:
        return parts[0], local
    versions = {_version(host) for host in hosts}
    if len(versions) != 1 or None in versions:
        problem = "a list of several holds something else than IP addresses of one family"
        raise InputError("address", problem, address, 'such as "10.0.0.1:7301,10.0.0.2:7301"; a name may stand alone, and have several addresses')
    return f"ipv{versions.pop()}:" + ",".join(part.replace("localhost:", "127.0.0.1:") for part in parts), local


def _version(host: str) -> Optional[int]:
    try:
        return ipaddress.ip_address("127.0.0.1" if host == "localhost" else host.strip("[]")).version
    except ValueError:
        return None


def open_channel(address: str, tls: Optional[Tls], token: Token, max_message_bytes: int) -> grpc.Channel:
    """A channel that calls all replicas in turn, and repeats calls that may be where a server is UNAVAILABLE."""
    target, local = target_of(address)
    if token is not None and tls is None and not local:
        raise InputError("tls", "is missing: a token would be readable on its way", address, "fathom.Tls(ca=…)")
    options = [
        ("grpc.service_config", _SERVICE_CONFIG),
        ("grpc.service_config_disable_resolution", 1),
        ("grpc.max_receive_message_length", max_message_bytes),
        ("grpc.keepalive_time_ms", 60_000),
        # Calls are refused while a server that was away is not tried again.
        ("grpc.initial_reconnect_backoff_ms", 200),
        ("grpc.max_reconnect_backoff_ms", 1_000),
    ]
    if local:
        # A proxy from the environment cannot reach this machine's own sockets.
        options.append(("grpc.enable_http_proxy", 0))
    if tls is None:
        return grpc.insecure_channel(target, options)
    if tls.server_name is not None:
        options.append(("grpc.ssl_target_name_override", tls.server_name))
    elif target.startswith("unix:"):
        options.append(("grpc.ssl_target_name_override", "localhost"))
    return grpc.secure_channel(target, _credentials(tls), options)


def _credentials(tls: Tls) -> grpc.ChannelCredentials:
    def content(field: str, path: Union[str, pathlib.Path, None]) -> Optional[bytes]:
        if path is None:
            return None
        try:
            return pathlib.Path(path).read_bytes()
        except OSError as error:
            raise InputError(f"tls.{field}", f"cannot be read: {error.strerror}", path, "a PEM file") from error

    if (tls.certificate is None) != (tls.key is None):
        raise InputError("tls", "has only one of certificate and key", "", "both, which belong together")
    return grpc.ssl_channel_credentials(content("ca", tls.ca), content("key", tls.key), content("certificate", tls.certificate))


class Service:
    """A service, with its methods under their names in the contract.

    A method takes the fields of its request (messages as dicts), and `timeout` in seconds: for a plain method the connection's by default, for
    a stream none. It returns the response or an iterator of responses, and raises FathomError.
    """

    def __init__(self, channel: grpc.Channel, name: str, address: str, token: Token, tenant: Optional[str], timeout: float):
        self._address, self._token, self._tenant, self._timeout = address, token, tenant, timeout
        for method, shape in methods(name).items():
            make = channel.unary_stream if shape.streams else channel.unary_unary
            call = make(shape.path, request_serializer=shape.request.SerializeToString, response_deserializer=shape.response.FromString)
            setattr(self, method, self._streamed(call, shape) if shape.streams else self._plain(call, shape))

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{name} is no method of this service")

    def _plain(self, call: Any, shape: Any) -> Callable[..., Any]:
        def method(timeout: Optional[float] = None, **fields: Any) -> Any:
            request = _request(shape, fields)
            try:
                return call(request, timeout=self._timeout if timeout is None else timeout, metadata=self._metadata())
            except grpc.RpcError as error:
                raise error_of_call(error, self._address, shape.path) from error

        return method

    def _streamed(self, call: Any, shape: Any) -> Callable[..., Iterator[Any]]:
        def method(timeout: Optional[float] = None, **fields: Any) -> Iterator[Any]:
            stream = call(_request(shape, fields), timeout=timeout, metadata=self._metadata())
            try:
                yield from stream
            except grpc.RpcError as error:
                raise error_of_call(error, self._address, shape.path) from error
            finally:
                stream.cancel()

        return method

    def _metadata(self) -> list[tuple[str, str]]:
        token = self._token() if callable(self._token) else self._token
        own = [] if token is None else [("authorization", f"Bearer {token}")]
        return own if self._tenant is None else [*own, ("x-fathom-tenant", self._tenant)]


def _request(shape: Any, fields: Mapping[str, Any]) -> Any:
    try:
        return shape.request(**fields)
    except (TypeError, ValueError) as error:
        known = ", ".join(field.name for field in shape.request.DESCRIPTOR.fields)
        raise InputError("request", str(error), "", f"the fields of {shape.request.DESCRIPTOR.full_name}: {known}") from error
