"""Clients of Fathom's contracts, made by protoc, for the clients in Python beside this file."""

import importlib
import pathlib
import sys

from grpc_tools import protoc

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOREIGN = ROOT / "node_modules" / "google-proto-files"


def compile_contracts(target):
    """Clients of all contracts, as modules below `target`."""
    own = sorted(str(path) for path in (ROOT / "proto").rglob("*.proto"))
    foreign = [str(FOREIGN / "google" / "rpc" / name) for name in ("status.proto", "error_details.proto")]
    flags = [f"-I{ROOT / 'proto'}", f"-I{FOREIGN}", f"--python_out={target}", f"--grpc_python_out={target}"]
    if protoc.main(["protoc", *flags, *own, *foreign]) != 0:
        raise SystemExit("the contracts do not compile")
    sys.path.insert(0, target)


def contract(area):
    """Messages and stubs of an area."""
    name = f"fathom.{area}.v1.{area}_pb2"
    return importlib.import_module(name), importlib.import_module(f"{name}_grpc")


def result_of(channel, started):
    """The reference to the result of an operation that a call has started, once it has ended."""
    operations, operations_grpc = contract("operations")
    following = operations_grpc.OperationsServiceStub(channel)
    operation = started.operation
    for update in following.WatchOperation(operations.WatchOperationRequest(name=operation.name)):
        operation = update.operation
    if operation.state != operations.OPERATION_STATE_SUCCEEDED:
        raise SystemExit(f"{operation.job}: {operation.error.message}")
    return operation.result
