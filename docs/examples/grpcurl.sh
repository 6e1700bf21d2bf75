# What a server offers and has, without any file of the contracts: sh docs/examples/grpcurl.sh [ADDRESS]
at=${1:-127.0.0.1:7301}

grpcurl -plaintext "$at" list
grpcurl -plaintext "$at" describe fathom.artifact.v1.ArtifactService
grpcurl -plaintext -msg-template "$at" describe fathom.operations.v1.WatchOperationRequest
grpcurl -plaintext -d '{"service": "fathom.artifact.v1.ArtifactService"}' "$at" grpc.health.v1.Health/Check
grpcurl -plaintext "$at" fathom.platform.v1.CapabilitiesService/GetCapabilities
grpcurl -plaintext -d '{"kind": "activations", "page_size": 5}' "$at" fathom.artifact.v1.ArtifactService/ListArtifacts

# An operation by its name, and its changes until it has ended:
name=$(grpcurl -plaintext -d '{"page_size": 1}' "$at" fathom.operations.v1.OperationsService/ListOperations | sed -n 's/.*"name": "\(operations[^"]*\)".*/\1/p')
grpcurl -plaintext -max-time 60 -d "{\"name\": \"$name\", \"after_sequence\": 0}" "$at" fathom.operations.v1.OperationsService/WatchOperation

# What is wrong with a request, with its details:
grpcurl -plaintext -format-error -d '{"artifact": {"content_digest": "sha256:1"}}' "$at" fathom.artifact.v1.ArtifactService/GetArtifact
