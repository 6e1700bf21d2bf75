"""Calls a server of OperationsService in the ways that gRPC knows, with grpcio. Its names say what the server does:
`echo`, `gzip` (a long answer), `invalid`, `busy`, `hang` (until the call is over).

Usage: python-conformance.py ADDRESS LIMIT. Prints one JSON object.
"""

import json
import sys
import tempfile
import threading

import grpc

from python_contracts import compile_contracts, contract

SERVICE = "/fathom.operations.v1.OperationsService/"


def main(address, limit):
    with tempfile.TemporaryDirectory() as target:
        compile_contracts(target)
        operations, operations_grpc = contract("operations")
        from google.rpc import error_details_pb2, status_pb2

        def details(error):
            found = {}
            status = status_pb2.Status.FromString(dict(error.trailing_metadata())["grpc-status-details-bin"])
            for detail in status.details:
                message = getattr(error_details_pb2, detail.type_url.rsplit(".", 1)[1])()
                detail.Unpack(message)
                found[type(message).__name__] = message
            return status, found

        def code(call):
            try:
                call()
                return "OK"
            except grpc.RpcError as error:
                return error.code().name

        def get(name):
            return operations.GetOperationRequest(name=name)

        keepalive = [("grpc.enable_http_proxy", 0), ("grpc.keepalive_time_ms", 500), ("grpc.keepalive_timeout_ms", 5000), ("grpc.http2.max_pings_without_data", 0)]
        with grpc.insecure_channel(address, options=keepalive) as channel:
            stub = operations_grpc.OperationsServiceStub(channel)
            seen = {}

            response, call = stub.GetOperation.with_call(get("echo"), metadata=[("x-request-id", "from-python")])
            seen["echo"] = response.operation.name
            seen["stream"] = [each.operation.sequence for each in stub.WatchOperation(operations.WatchOperationRequest(name="echo"))]

            try:
                stub.GetOperation(get("invalid"))
            except grpc.RpcError as error:
                status, found = details(error)
                violation = found["BadRequest"].field_violations[0]
                seen["invalid"] = [error.code().name, status.message == error.details(), violation.field, dict(found["ErrorInfo"].metadata)]
            try:
                stub.GetOperation(get("busy"))
            except grpc.RpcError as error:
                seen["busy"] = [error.code().name, details(error)[1]["RetryInfo"].retry_delay.seconds]

            seen["deadline"] = code(lambda: stub.GetOperation(get("hang"), timeout=0.5))
            started, cancelled = threading.Event(), stub.WatchOperation(operations.WatchOperationRequest(name="hang"))
            for _ in cancelled:
                started.set()
                break
            cancelled.cancel()
            seen["cancelled"] = [started.is_set(), cancelled.code().name]

            packed = stub.GetOperation(get("gzip"), compression=grpc.Compression.Gzip)
            seen["gzip"] = [packed.operation.name, len(packed.operation.job)]

            frame = len(get("").SerializeToString()) + 4
            name = "x" * (int(limit) - frame)
            seen["limit"] = [len(get(name).SerializeToString()), code(lambda: stub.GetOperation(get(name))), code(lambda: stub.GetOperation(get(name + "x")))]

            unknown = channel.unary_unary(SERVICE + "Unknown", lambda _: b"", lambda each: each)
            seen["unknown"] = [code(lambda: unknown(b"")), code(lambda: channel.unary_unary("/no.Service/Call", lambda _: b"", lambda each: each)(b""))]
            damaged = channel.unary_unary(SERVICE + "GetOperation", lambda _: b"\x0a\xff", lambda each: each)
            seen["damaged"] = code(lambda: damaged(b""))

            # Twice as long as keepalive waits for an answer to its pings would take, if there were none.
            idle = stub.WatchOperation(operations.WatchOperationRequest(name="idle"))
            seen["keepalive"] = [each.operation.sequence for each in idle]
            seen["after"] = stub.GetOperation(get("echo")).operation.name
    print(json.dumps(seen))


if __name__ == "__main__":
    main(*sys.argv[1:])
