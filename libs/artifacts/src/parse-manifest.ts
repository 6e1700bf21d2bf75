import { isDType } from '@fathom/tensors';
import type { Manifest } from './manifest.js';

/** Whether a document has the form of a manifest. What it claims is checked elsewhere. */
export function isManifest(document: unknown): document is Manifest {
  return (
    isRecord(document) &&
    document['format'] === 2 &&
    typeof document['kind'] === 'string' &&
    'attributes' in document &&
    isRecord(document['tensors']) &&
    Object.values(document['tensors']).every(isTensorRecord) &&
    Array.isArray(document['shards']) &&
    document['shards'].every(isShard) &&
    isProvenance(document['provenance'])
  );
}

function isTensorRecord(value: unknown): boolean {
  return (
    isRecord(value) &&
    isDType(value['dtype']) &&
    isList(value['shape'], isSize) &&
    isText(value['digest']) &&
    (value['ranges'] === null || isText(value['ranges']))
  );
}

function isShard(value: unknown): boolean {
  return (
    isRecord(value) &&
    typeof value['key'] === 'string' &&
    isSize(value['bytes']) &&
    isRecord(value['tensors']) &&
    Object.values(value['tensors']).every(isPart)
  );
}

function isPart(value: unknown): boolean {
  return (
    isRecord(value) &&
    isDType(value['dtype']) &&
    isSize(value['start']) &&
    isSize(value['end']) &&
    value['start'] <= value['end'] &&
    isList(value['trailing'], isSize) &&
    isList(value['blockDigests'], isText)
  );
}

function isProvenance(value: unknown): boolean {
  return (
    isRecord(value) &&
    isText(value['job']) &&
    isText(value['requestDigest']) &&
    'request' in value &&
    isList(value['inputs'], isText) &&
    isText(value['codeVersion']) &&
    (value['engine'] === null || (isRecord(value['engine']) && isText(value['engine']['name']) && isText(value['engine']['version']))) &&
    (value['arithmetic'] === undefined || isArithmetic(value['arithmetic'])) &&
    (value['determinism'] === 'PORTABLE' || value['determinism'] === 'ENGINE')
  );
}

function isArithmetic(value: unknown): boolean {
  return isRecord(value) && isText(value['name']) && isText(value['version']) && isText(value['way']);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isList(value: unknown, is: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(is);
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
