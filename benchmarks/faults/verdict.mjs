/** Holds a study that a fault has struck against the undisturbed one. */
import { inspectStore } from './inspect-store.mjs';

/** Parts that were begun after the store had them already. */
export function computedAgain({ parts, work }) {
  return work().filter(({ action, operation, part, begun, failure }) => {
    const since = action === 'part' && failure === undefined ? parts.finished.get(`${operation}/${part}`) : undefined;
    return since !== undefined && begun > since;
  });
}

/** The first line of a log that matches, as a person reads it. */
export function lineOf(house, pattern) {
  for (const { process: name, msg, error, job } of house.log()) {
    const text = `${msg}${error === undefined ? '' : `: ${error.message}`}${job === undefined ? '' : ` (${job})`}`;
    if (pattern.test(text)) return `${name}: ${text}`;
  }
  return undefined;
}

/**
 * @param house after the study
 * @param result what the client was told of it
 * @param undisturbed what it is without a fault
 * @param line what the log has to say
 * @param alone whether there was no other study
 * @returns what was found of each property, in words, and those that do not hold
 */
export async function verdict(house, result, undisturbed, line, { alone = true } = {}) {
  const { objects, wrong } = await inspectStore(house);
  const again = computedAgain(house);
  const ofStudy = [...house.parts.finished.keys()].filter((part) => !house.parts.registered.has(part));
  const computed = house
    .work()
    .filter(({ action, operation, part, failure }) => action === 'part' && failure === undefined && ofStudy.includes(`${operation}/${part}`)).length;
  const missing = [...undisturbed.parts].filter((part) => !house.parts.finished.has(part));
  const more = ofStudy.filter((part) => alone && !undisturbed.parts.has(part));
  const other = Object.keys({ ...undisturbed.steps, ...result.steps }).filter((name) => undisturbed.steps[name] !== result.steps[name]);
  const said = lineOf(house, line);
  const broken = [
    result.digest === undisturbed.digest && other.length === 0 ? '' : `another digest: ${result.digest}, steps ${other.join(', ')}`,
    again.length === 0 ? '' : `finished parts were computed again: ${again.map(({ job, part }) => `${job} ${part}`).join(', ')}`,
    missing.length === 0 ? '' : `parts are missing: ${missing.join(', ')}`,
    more.length === 0 ? '' : `parts that the undisturbed study has not: ${more.join(', ')}`,
    wrong.length === 0 ? '' : `half-written: ${wrong.slice(0, 5).join('; ')}`,
    said === undefined ? `the log has no line that matches ${line}` : '',
  ].filter((text) => text !== '');
  const inFlight = Math.max(0, computed - ofStudy.length);
  return { digest: result.digest, asked: result.asked, parts: ofStudy.length, inFlight, again: again.length, objects, said, broken };
}
