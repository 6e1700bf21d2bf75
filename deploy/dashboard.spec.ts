import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const dashboard = readFileSync(join(__dirname, 'grafana/fathom.json'), 'utf8');

/** What a dashboard of time series is, in the types that Grafana's own code has, with the words that JSON has for their enumerations. */
const TYPES = `
import type { Dashboard, FieldConfig, GraphFieldConfig, Panel, RowPanel } from '@grafana/schema';
import type { Options } from '@grafana/schema/dist/types/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen.d.ts';
type Plain<T> = T extends string ? \`\${T}\` : T extends number | boolean | null | undefined ? T : T extends (infer I)[] ? Plain<I>[] : { [K in keyof T]: Plain<T[K]> };
interface Query { refId: string; expr: string; legendFormat?: string }
interface TimeSeries extends Omit<Panel, 'type' | 'targets' | 'options' | 'fieldConfig'> {
  type: 'timeseries'; targets: Query[]; options: Partial<Options>;
  fieldConfig: { defaults: Omit<FieldConfig, 'custom'> & { custom?: GraphFieldConfig }; overrides: [] };
}
type Fathom = Plain<Omit<Dashboard, 'panels'> & { panels: (TimeSeries | RowPanel)[] }>;
`;

/** What the compiler finds wrong about a dashboard. */
function faults(json: string): string[] {
  const path = join(__dirname, 'dashboard-as-code.ts');
  const text = `${TYPES}export const dashboard: Fathom = ${json};`;
  const options: ts.CompilerOptions = {
    ...{ strict: true, noEmit: true, skipLibCheck: true, types: [], target: ts.ScriptTarget.ES2022 },
    ...{ module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (name) => name === path || fileExists(name);
  host.getSourceFile = (name, version, ...rest) => (name === path ? ts.createSourceFile(name, text, version) : getSourceFile(name, version, ...rest));
  return ts
    .getPreEmitDiagnostics(ts.createProgram([path], options, host))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

test("the dashboard is what Grafana's own types call one", () => {
  expect(faults(dashboard)).toEqual([]);
});

test.each([
  ['a field that nobody knows', (json: string) => json.replace('"legendFormat"', '"legend_format"'), /legend_format/],
  ['a word that is none of the list', (json: string) => json.replace('"displayMode": "list"', '"displayMode": "line"'), /"line"/],
  ['a unit that is no text', (json: string) => json.replace(/"unit": "\w+"/, '"unit": 1'), /number/],
  ['a panel of another kind', (json: string) => json.replace('"type": "timeseries"', '"type": "graph"'), /"graph"/],
])('%s would be found', (_what, change, message) => {
  const changed = change(dashboard);
  expect(changed).not.toBe(dashboard);
  expect(faults(changed).join('\n')).toMatch(message);
});
