import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
// eslint-disable-next-line @nx/enforce-module-boundaries -- what is deployed is held against the services' own configuration
import { loadConfig, SERVICES, type ServiceName } from '@fathom/platform';
import { describeWithTool } from './go-tool.fixture.js';

const { loadAll } = jest.requireActual<{ loadAll: (text: string) => unknown }>('js-yaml'); // it has no types
const ROOT = resolve(__dirname, '..');

interface Probe {
  readonly grpc?: { readonly port: number; readonly service?: string };
}
interface Container {
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: object }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly resources: { readonly requests: object; readonly limits: object };
  readonly securityContext: object;
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}
interface Thing {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec: {
    readonly replicas?: number;
    readonly clusterIP?: string;
    readonly ports?: readonly { readonly port: number }[];
    readonly selector?: Readonly<Record<string, string>>;
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: {
        readonly containers: readonly Container[];
        readonly securityContext: object;
        readonly automountServiceAccountToken: boolean;
        readonly volumes: readonly {
          readonly name: string;
          readonly configMap?: { readonly name: string };
          readonly secret?: { readonly secretName: string };
        }[];
      };
    };
  };
}

function rendered(kustomize: string, folder: string): Thing[] {
  const { status, stdout, stderr } = spawnSync(kustomize, ['build', join(ROOT, 'deploy', folder)], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return loadAll(stdout) as Thing[];
}

function renderedTests(kustomize: string, folder: string, replicas: number): void {
  const things = rendered(kustomize, folder);
  const named = (kind: string, name: string): Thing => things.find((thing) => thing.kind === kind && thing.metadata.name === name)!;
  const workloads = things.filter(({ kind }) => ['Deployment', 'StatefulSet', 'Job'].includes(kind));
  const configMap = things.find(({ kind }) => kind === 'ConfigMap')!;
  const scratch = mkdtempSync(join(tmpdir(), 'fathom-kustomize-'));
  afterAll(() => rmSync(scratch, { recursive: true }));

  const configOf = (name: ServiceName) => {
    const [container] = named('Deployment', name).spec.template.spec.containers;
    const env = Object.fromEntries(container!.env.map((variable) => [variable.name, variable.value ?? 'from-a-secret']));
    const file = join(scratch, `${name}.json`);
    writeFileSync(file, configMap.data![env['FATHOM_CONFIG']!.slice('/etc/fathom/'.length)]!);
    return { container: container!, env, config: loadConfig({ file, env }) };
  };

  test('all is in one namespace, and no secret is made here', () => {
    expect(things.filter(({ kind }) => kind === 'Secret')).toEqual([]);
    expect(new Set(things.map(({ metadata }) => metadata.namespace))).toEqual(new Set(['fathom']));
  });

  test.each(workloads.map((thing) => [thing.metadata.name, thing] as const))(
    '%s has limits, few rights, and credentials from secrets alone',
    (_name, thing) => {
      const { containers, securityContext, automountServiceAccountToken, volumes } = thing.spec.template.spec;
      expect(automountServiceAccountToken).toBe(false);
      expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      for (const { image, resources, securityContext: own, env } of containers) {
        expect(image).toMatch(/:[\w.-]*\d[\w.-]*$/); // a version
        for (const each of [resources.requests, resources.limits]) expect(Object.keys(each).sort()).toEqual(['cpu', 'memory']);
        expect(own).toEqual({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } });
        for (const { name, value } of env) if (/KEY|PASSWORD|USER|SECRET|TOKEN/.test(name)) expect([name, value]).toEqual([name, undefined]);
      }
      for (const { configMap: map } of volumes) if (map) expect(map.name).toBe(configMap.metadata.name);
    },
  );

  test.each(SERVICES)('%s: its configuration is one that Fathom knows, and addresses, ports and probes agree', (name) => {
    const { container, env, config } = configOf(name);
    const known = [...Object.keys(env)].filter((variable) => variable.startsWith('FATHOM_'));
    expect(known.sort()).toEqual(['FATHOM_CONFIG', 'FATHOM_S3_ACCESS_KEY', 'FATHOM_S3_ENDPOINT', 'FATHOM_S3_SECRET_KEY']);
    expect(container.args).toEqual(['serve', name]);
    expect(config.store).toMatchObject({ location: 's3://fathom', s3: { endpoint: 'http://store:9000' } });
    const ports = Object.fromEntries(container.ports!.map((port) => [port.name, port.containerPort]));
    expect(config.addresses[name]).toBe(`0.0.0.0:${ports['grpc']}`);
    expect([config.metricsAddress, config.healthAddress]).toEqual([`0.0.0.0:${ports['metrics']}`, `0.0.0.0:${ports['health']}`]);
    expect(container.livenessProbe!.grpc).toEqual({ port: ports['health'] });
    expect(container.readinessProbe!.grpc).toEqual({ port: ports['health'], service: 'ready' });
    expect(container.startupProbe!.grpc).toEqual({ port: ports['health'] });
    expect(named('Service', name).spec).toMatchObject({ clusterIP: 'None', ports: [{ port: ports['grpc'] }] });
    expect(named('Service', name).spec.selector).toEqual({ 'app.kubernetes.io/name': name });
    expect(named('Deployment', name).spec.template.metadata.labels).toMatchObject({ 'app.kubernetes.io/name': name });
    expect(named('Deployment', name).spec.replicas).toBe(replicas);
    expect(named('PodDisruptionBudget', name)).toBeDefined();
  });

  test('every service has TLS and tokens, and every file that its configuration names is mounted', () => {
    for (const name of SERVICES) {
      const { container, config } = configOf(name);
      const files = [config.tls!.certFile, config.tls!.keyFile, config.tls!.caFile!, config.tokens!.jwksFile!];
      if (config.clientTokenFile) files.push(config.clientTokenFile, ...Object.values(config.clientTls!));
      for (const file of files) expect(container.volumeMounts.some(({ mountPath }) => file.startsWith(`${mountPath}/`))).toBe(true);
      expect([name, config.insecure, config.tls!.caFile !== undefined]).toEqual([name, false, true]);
    }
  });

  test('the study service finds the others at their services', () => {
    const { config } = configOf('study');
    for (const name of SERVICES.filter((each) => each !== 'study')) {
      expect(config.addresses[name]).toBe(`${name}:${named('Service', name).spec.ports![0]!.port}`);
    }
    expect(config.clientTokenFile).toBeDefined();
  });

  test('nothing is reached but what is allowed by name', () => {
    expect(named('NetworkPolicy', 'deny-all').spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  });
}

describeWithTool('kustomize', 'the base, rendered', (kustomize) => renderedTests(kustomize, 'base', 1));
describeWithTool('kustomize', 'two replicas, rendered', (kustomize) => renderedTests(kustomize, 'overlays/two-replicas', 2));
