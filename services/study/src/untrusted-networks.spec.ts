import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { activation } from '@fathom/contracts';
// eslint-disable-next-line @nx/enforce-module-boundaries -- networks of tests, not of the library
import { network } from '../../../libs/engines/src/networks.fixture.js';
// eslint-disable-next-line @nx/enforce-module-boundaries -- networks of tests, not of the library
import { onnxFile, type FileNode } from '../../../libs/engines/src/onnx-file.fixture.js';
import { oneProcess, type OneProcess } from './one-process.fixture.js';
import { networkPath, PREPROCESSING } from './small-material.fixture.js';

jest.setTimeout(120_000);

let one: OneProcess;
beforeAll(async () => {
  one = await oneProcess({
    security: { insecure: true, limits: { modelMemoryBytes: 2 ** 29, modelSeconds: 8, modelNodes: 500, tensorDimensions: 5 } },
  });
});
afterAll(() => one.close());

const preprocessing: activation.Preprocessing = {
  ...{ width: 4, height: 4, channelOrder: activation.ChannelOrder.RGB, scale: 1, mean: [0, 0, 0], standardDeviation: [1, 1, 1] },
};

/** Registers a network with these nodes between its first layer and its tap "y", while a good one is registered, and another after it. */
async function registered(name: string, nodes: readonly FileNode[], sizes: readonly number[]): Promise<unknown> {
  const path = join(one.folder, `${name}.onnx`);
  writeFileSync(path, onnxFile(network(nodes, 'y', { sizes: { dims: [sizes.length], values: sizes, type: 7 } })));
  const good = async (epoch: string) => {
    const { model } = await one.clients.activation.registerModel({ path: networkPath(epoch), name: epoch, preprocessing: PREPROCESSING, taps: [] });
    expect((await one.clients.activation.describeModel({ model })).description?.classes).toBe(10);
  };
  const [outcome] = await Promise.allSettled([
    one.clients.activation.registerModel({ path, name, preprocessing, taps: ['stem', 'y'] }),
    good('epoch-15'),
  ]);
  await good('epoch-05');
  return outcome.status === 'rejected' ? outcome.reason : undefined;
}

const unsupported = (message: string) => expect.objectContaining({ reason: 'UNSUPPORTED_MODEL', message: expect.stringContaining(message) });
/** A tensor that the file only names, of any size. */
const many: FileNode = ['ConstantOfShape', ['sizes'], ['many'], { value: { tensor: { dims: [1], values: [0.5] } } }];
const sumToTap: FileNode[] = [
  ['ReduceSum', ['last'], ['one'], { keepdims: { int: 0 } }],
  ['Add', ['stem', 'one'], ['y']],
];

describe('a network that would take the service with it', () => {
  it('by memory is refused, and the service goes on', async () => {
    const nodes: FileNode[] = [many, ['Identity', ['many'], ['last']], ...sumToTap];
    expect(await registered('memory', nodes, [2 ** 14, 2 ** 15])).toEqual(
      unsupported('took more than 536870912 bytes of memory; accepted: a network that is read and run within limits.modelMemoryBytes'),
    );
  });

  it('by time is refused, and the service goes on', async () => {
    const nodes: FileNode[] = [many, ['ReduceSum', ['stem'], ['all'], { keepdims: { int: 0 } }], ['Add', ['many', 'all'], ['m0']]];
    for (let i = 1; i <= 400; i++) nodes.push(['MatMul', [`m${i - 1}`, 'many'], [i === 400 ? 'last' : `m${i}`]]);
    expect(await registered('time', [...nodes, ...sumToTap], [3072, 3072])).toEqual(
      unsupported('did not end within 8 s; accepted: a network that is read and run within limits.modelSeconds'),
    );
  });

  it('by what it may not hold is refused by name', async () => {
    expect(await registered('loop', [['Loop', ['', '', 'stem'], ['y']]], [1])).toEqual(unsupported('operator Loop of node "y" is not accepted'));
    const long = Array.from({ length: 500 }, (_, i): FileNode => ['Relu', [i === 0 ? 'stem' : `r${i - 1}`], [i === 499 ? 'y' : `r${i}`]]);
    expect(await registered('long', long, [1])).toMatchObject({ field: 'model', value: 'more than 500', accepted: 'at most 500 operators' });
    const constant: FileNode = ['Constant', [], ['c'], { value: { tensor: { dims: [1, 1, 1, 1, 1, 1], values: [1] } } }];
    expect(await registered('deep', [constant, ['Add', ['stem', 'c'], ['y']]], [1])).toMatchObject({ value: '6', accepted: 'at most 5 dimensions' });
  });
});
