"""Measures K of a network over Fathom's sockets, with clients made from the contracts by protoc.

Usage: python-client.py ADDRESS NETWORK IMAGES LABELS. Prints one JSON object: the services that reflection lists, the
digest of the "complexity" artifact, and how a wrong request is refused.
"""

import json
import sys
import tempfile

import grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from python_contracts import compile_contracts, contract, result_of


def main(address, network, images, labels):
    with tempfile.TemporaryDirectory() as target:
        compile_contracts(target)
        activation, activation_grpc = contract("activation")
        dictionary, dictionary_grpc = contract("dictionary")
        complexity, complexity_grpc = contract("complexity")
        from google.rpc import error_details_pb2, status_pb2

        # A proxy from the environment cannot reach this machine's own sockets.
        with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
            def result(started):
                return result_of(channel, started)

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
