import type { ClusterView, ShownOperation, ShownService } from './cluster-view.js';

/** A column of the table of operations. */
interface Column {
  readonly title: string;
  readonly width: number;
  readonly right?: true;
  /** Columns of the highest number are left out first where there is no room. */
  readonly spare: number;
  cell(operation: ShownOperation): string;
}

const BAR = 12;
const DIGITS = 8;

const COLUMNS: readonly Column[] = [
  { title: 'JOB', width: 26, spare: 0, cell: ({ job }) => job },
  { title: 'OPERATION', width: DIGITS + 1, spare: 6, cell: ({ name }) => name.replace('operations/', '').slice(0, DIGITS) },
  { title: 'STATE', width: 11, spare: 1, cell: ({ state }) => state },
  { title: 'PROGRESS', width: BAR, spare: 4, cell: bar },
  { title: '%', width: 4, right: true, spare: 0, cell: percent },
  { title: 'PARTS', width: 11, right: true, spare: 3, cell: ({ partsDone, partsTotal }) => (partsTotal > 0 ? `${partsDone}/${partsTotal}` : '') },
  { title: 'RATE', width: 8, right: true, spare: 5, cell: ({ partsPerSecond }) => (partsPerSecond > 0 ? `${short(partsPerSecond)}/s` : '') },
  { title: 'LEFT', width: 8, right: true, spare: 2, cell: ({ secondsLeft }) => (secondsLeft >= 0 ? duration(secondsLeft) : '') },
  { title: 'STAGE', width: 24, spare: 7, cell: ({ stage }) => stage },
];

/** The cluster in lines of at most `columns` characters, and at most `rows` of them: what does not fit is counted in the last. */
export function clusterTable({ services, operations }: ClusterView, columns = Infinity, rows = Infinity): string[] {
  const top = [...serviceLines(services), ''];
  const kept = chosen(columns);
  const head = kept.map((column) => padded(column, column.title)).join(' ');
  const lines = operations.map((operation) => kept.map((column) => padded(column, column.cell(operation))).join(' '));
  const room = Math.max(0, rows - top.length - 2);
  const left = lines.length - room;
  const below =
    lines.length === 0 ? ['no operation runs, waits or has failed'] : [head, ...lines.slice(0, room), ...(left > 0 ? [`… and ${left} more`] : [])];
  return [...top, ...below].slice(0, rows).map((line) => cut(line.trimEnd(), columns));
}

function serviceLines(services: readonly ShownService[]): string[] {
  const width = Math.max(...services.map(({ service }) => service.length));
  return services.map(({ service, address, health, counts, problem }) => {
    const { running, waiting, succeeded, failed } = counts;
    const numbers = problem === undefined ? `${running} running, ${waiting} waiting, ${succeeded} succeeded, ${failed} failed` : problem;
    return `${service.padEnd(width)}  ${health.padEnd(11)}  ${health === 'unreachable' ? '' : `${numbers}  `}${address}`;
  });
}

function chosen(columns: number): Column[] {
  let kept = [...COLUMNS];
  const total = (): number => kept.reduce((sum, { width }) => sum + width + 1, -1);
  for (let spare = COLUMNS.length; total() > columns && spare > 0; spare -= 1) kept = kept.filter((column) => column.spare !== spare);
  return kept;
}

function padded({ width, right }: Column, text: string): string {
  const fitting = cut(text, width);
  return right ? fitting.padStart(width) : fitting.padEnd(width);
}

/** Names come from elsewhere: without control characters they cannot steer the terminal. */
function cut(text: string, most: number): string {
  const plain = text.replace(/\p{Cc}/gu, ' ');
  return plain.length <= most ? plain : `${plain.slice(0, Math.max(0, most - 1))}…`.slice(0, most);
}

function share({ state, partsDone, partsTotal }: ShownOperation): number {
  if (state === 'succeeded') return 1;
  return partsTotal > 0 ? Math.min(1, partsDone / partsTotal) : 0;
}

function bar(operation: ShownOperation): string {
  const full = Math.floor(BAR * share(operation));
  return '█'.repeat(full) + '░'.repeat(BAR - full);
}

function percent(operation: ShownOperation): string {
  return operation.partsTotal > 0 || operation.state === 'succeeded' ? String(Math.floor(100 * share(operation))) : '';
}

function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** "42s", "3m 20s", "5h 12m". */
function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${whole % 60}s`;
  return `${Math.floor(whole / 3600)}h ${Math.floor((whole % 3600) / 60)}m`;
}
