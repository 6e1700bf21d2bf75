"""Measures K of a network over Fathom's sockets, with clients made from the contracts by protoc.

Usage: python-client.py ADDRESS NETWORK IMAGES LABELS. Prints one JSON object: the services that reflection lists, the
digest of the "complexity" artifact, and how a wrong request is refused.
"""

import importlib
import json
import pathlib
import sys
import tempfile

import grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
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


def main(address, network, images, labels):
    with tempfile.TemporaryDirectory() as target:
        compile_contracts(target)
        activation, activation_grpc = contract("activation")
        dictionary, dictionary_grpc = contract("dictionary")
        complexity, complexity_grpc = contract("complexity")
        operations, operations_grpc = contract("operations")
        from google.rpc import error_details_pb2, status_pb2

        # A proxy from the environment cannot reach this machine's own sockets.
        with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
            following = operations_grpc.OperationsServiceStub(channel)

            def result(started):
                operation = started.operation
                for update in following.WatchOperation(operations.WatchOperationRequest(name=operation.name)):
                    operation = update.operation
                if operation.state != operations.OPERATION_STATE_SUCCEEDED:
                    raise SystemExit(f"{operation.job}: {operation.error.message}")
                return operation.result

            networks = activation_grpc.ActivationServiceStub(channel)
            preprocessing = activation.Preprocessing(
                width=28, height=28, channel_order=activation.CHANNEL_ORDER_GRAY, scale=1 / 255, mean=[0.286], standard_deviation=[0.353]
            )
            register = activation.RegisterModelRequest(path=network, name="from Python", preprocessing=preprocessing)
            model = networks.RegisterModel(register).model
            source = activation.IdxSource(images_path=images, labels_path=labels)
            kept = result(networks.StartRegisterImages(activation.StartRegisterImagesRequest(name="images", idx=source)))
            activations = result(networks.StartExtract(activation.StartExtractRequest(model=model, images=kept)))
            atoms = dictionary_grpc.DictionaryServiceStub(channel)
            fit = dictionary.StartFitRequest(activations=activations, class_nmf=dictionary.ClassNmf(atoms_per_class=2), seed=7)
            fitted = result(atoms.StartFit(fit))
            codes = result(atoms.StartEncode(dictionary.StartEncodeRequest(dictionary=fitted, activations=activations)))
            measures = complexity_grpc.ComplexityServiceStub(channel)
            scores = result(measures.StartMeasure(complexity.StartMeasureRequest(activations=activations, codes=codes)))

            try:
                measures.StartMeasure(complexity.StartMeasureRequest(activations=activations, codes=codes, probe=complexity.Probe(folds=2)))
                raise SystemExit("two folds were taken")
            except grpc.RpcError as error:
                details = dict(error.trailing_metadata())["grpc-status-details-bin"]
                violations = error_details_pb2.BadRequest()
                for detail in status_pb2.Status.FromString(details).details:
                    detail.Unpack(violations)
                refusal = {"code": error.code().name, "field": violations.field_violations[0].field}

            services = sorted(ProtoReflectionDescriptorDatabase(channel).get_services())
    print(json.dumps({"services": services, "complexity": scores.content_digest, "refusal": refusal}))


if __name__ == "__main__":
    main(*sys.argv[1:])
