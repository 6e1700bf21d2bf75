/** What compose.yaml says, without Docker: variables filled in, and paths and names of containers as this machine's. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { load } from 'js-yaml';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The services by their names, with `variables` filled in. Throws where one is missing that has no default. */
export function composeServices(variables) {
  const { services } = load(readFileSync(join(ROOT, 'compose.yaml'), 'utf8'));
  return fillIn(services, variables);
}

/** Variables in a file of lines NAME=value. */
export function variablesOf(path) {
  const lines = readFileSync(path, 'utf8').split('\n');
  return Object.fromEntries(
    lines.filter((line) => line.includes('=')).map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

function fillIn(value, variables) {
  if (Array.isArray(value)) return value.map((item) => fillIn(item, variables));
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, fillIn(item, variables)]));
  if (typeof value !== 'string') return value;
  return value.replaceAll(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_whole, name, sign, rest) => {
    const given = variables[name];
    if (given) return given;
    if (sign === '-') return rest;
    throw new Error(`compose.yaml needs the variable ${name}: ${rest || 'run node deploy/make-secrets.mjs'}`);
  });
}

/** The entry point of the image, as deploy/Dockerfile names it. */
export function imageCommand(instruction) {
  const lines = readFileSync(join(ROOT, 'deploy/Dockerfile'), 'utf8').split('\n');
  return JSON.parse(lines.findLast((line) => line.startsWith(`${instruction} `) || line.includes(` ${instruction} `)).replace(/^[^[]*/, ''));
}
