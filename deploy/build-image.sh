#!/usr/bin/env bash
# Builds the image with buildah, which needs no daemon; in chroot isolation also where there are no user namespaces.
#
#   deploy/build-image.sh                # on the base that deploy/Dockerfile names
#   deploy/build-image.sh --local-base   # without a registry of images: on Debian by debootstrap, with this machine's Node and npm
#
# Where NODE_EXTRA_CA_CERTS names more authorities of certificates, npm trusts them while it builds; they do not go into the image.
set -euo pipefail
cd "$(dirname "$0")/.."
version=$(node -p "require('./package.json').version")
# Docker's format, since the other one has no HEALTHCHECK.
options=(--format docker --isolation chroot --ignorefile .dockerignore -f deploy/Dockerfile -t "fathom:$version")

local_base() {
  local rootfs container node_modules
  rootfs=$(mktemp -d)
  debootstrap --variant=minbase --include=ca-certificates,libstdc++6 bookworm "$rootfs" >&2
  cp "$(command -v node)" "$rootfs/usr/bin/node"
  node_modules=$(npm root -g)
  mkdir -p "$rootfs/usr/lib/node_modules"
  cp -r "$node_modules/npm" "$rootfs/usr/lib/node_modules/npm"
  ln -sf ../lib/node_modules/npm/bin/npm-cli.js "$rootfs/usr/bin/npm"
  container=$(buildah from scratch)
  buildah add --quiet "$container" "$rootfs" / >&2
  buildah config --env NODE_VERSION="$(node -p process.versions.node)" "$container"
  buildah commit --quiet --rm "$container" localhost/fathom-base >&2
  rm -rf "$rootfs"
}

if [ "${1:-}" = --local-base ]; then
  local_base
  options+=(--build-arg BASE=localhost/fathom-base)
fi
if [ -n "${NODE_EXTRA_CA_CERTS:-}" ]; then
  options+=(--volume "$NODE_EXTRA_CA_CERTS:/run/authorities.crt:ro" --build-arg NODE_EXTRA_CA_CERTS=/run/authorities.crt)
fi
exec buildah build "${options[@]}" .
