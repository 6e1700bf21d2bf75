/** The figure of docs/performance.md: time and memory of K over n, k and d, both axes logarithmic, as plain SVG for light and dark pages. */

const [WIDTH, HEIGHT] = [300, 210];
const MARGIN = { left: 58, right: 14, top: 34, bottom: 38 };
const STYLE = `
  text { font: 11px system-ui, sans-serif; fill: #333; }
  .title { font-weight: 600; }
  .axis { stroke: #999; fill: none; }
  .grid { stroke: #ddd; }
  .measured { stroke: #0b62a8; fill: #0b62a8; }
  .floor { stroke: #b4530a; fill: #b4530a; }
  path { fill: none !important; stroke-width: 1.6; }
  path.floor { stroke-dasharray: 5 4; }
  @media (prefers-color-scheme: dark) {
    text { fill: #ddd; } .axis { stroke: #777; } .grid { stroke: #3a3a3a; }
    .measured { stroke: #6cb6ff; fill: #6cb6ff; } .floor { stroke: #f0a35e; fill: #f0a35e; }
  }`;

/** Powers of ten and their halves that enclose the values. */
function ticks(values) {
  const all = [];
  for (let power = -4; power <= 12; power++) for (const step of [1, 2, 5]) all.push(Number(`${step}e${power}`));
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const enclosing = all.filter((tick, at) => (all[at + 1] ?? Infinity) > least && (all[at - 1] ?? 0) < most);
  return enclosing.length <= 7
    ? enclosing
    : enclosing.filter((tick, at) => at === 0 || at === enclosing.length - 1 || Number.isInteger(Math.log10(tick)));
}

const short = (value) =>
  value >= 10_000 ? `${Number((value / 1000).toPrecision(3))}k` : String(value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
const place = (value, from, to, start, end) => start + ((Math.log(value) - Math.log(from)) / (Math.log(to) - Math.log(from))) * (end - start);

function panel({ title, unit, variable, lines }, column, row) {
  const xs = lines[0].points.map(([x]) => x);
  const marks = ticks(lines.flatMap(({ points }) => points.map(([, y]) => y)));
  const x = (value) => place(value, xs[0], xs.at(-1), MARGIN.left, WIDTH - MARGIN.right);
  const y = (value) => place(value, marks[0], marks.at(-1), HEIGHT - MARGIN.bottom, MARGIN.top);
  const text = (at, up, content, anchor = 'middle', kind = '') =>
    `<text x="${at.toFixed(1)}" y="${up.toFixed(1)}" text-anchor="${anchor}"${kind && ` class="${kind}"`}>${content}</text>`;
  const parts = [text(MARGIN.left, 16, title, 'start', 'title')];
  for (const mark of marks) {
    parts.push(`<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${y(mark).toFixed(1)}" y2="${y(mark).toFixed(1)}"/>`);
    parts.push(text(MARGIN.left - 6, y(mark) + 4, `${short(mark)} ${unit}`, 'end'));
  }
  for (const value of xs) parts.push(text(x(value), HEIGHT - MARGIN.bottom + 16, short(value)));
  parts.push(text((MARGIN.left + WIDTH - MARGIN.right) / 2, HEIGHT - 6, variable));
  for (const { kind, points } of lines) {
    parts.push(`<path class="${kind}" d="M${points.map(([px, py]) => `${x(px).toFixed(1)},${y(py).toFixed(1)}`).join('L')}"/>`);
    if (kind === 'measured')
      for (const [px, py] of points) parts.push(`<circle class="measured" cx="${x(px).toFixed(1)}" cy="${y(py).toFixed(1)}" r="3"/>`);
  }
  return `<g transform="translate(${column * WIDTH} ${row * HEIGHT})">${parts.join('')}</g>`;
}

/** @param {{ title: string, unit: string, variable: string, lines: { kind: 'measured' | 'floor', points: number[][] }[] }[][]} rows panels, row by row */
export function scaleFigure(rows, description) {
  const [width, height] = [WIDTH * rows[0].length, HEIGHT * rows.length + 26];
  const body = rows.flatMap((panels, row) => panels.map((each, column) => panel(each, column, row))).join('\n');
  const legend = `<g transform="translate(58 ${height - 12})"><path class="measured" d="M0,-4H24"/><text x="30">measured</text><path class="floor" d="M110,-4H134"/><text x="140">arithmetic floor, counted</text></g>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${description}">\n<style>${STYLE}\n</style>\n${body}\n${legend}\n</svg>\n`;
}
