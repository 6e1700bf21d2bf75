import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeSafetensors } from '@fathom/tensors';
import { describeNetwork } from './network-description.js';
import { onnxruntime } from './onnxruntime.js';

/** A folder that models/fixtures/export_graphs.py has written. */
const folder = process.env['FATHOM_GRAPHS'] ?? '';
const NAMES = ['resnet18', 'resnet50', 'mobilenet_v2', 'preactivation', 'vit_small', 'vit_b_16'];
const present = NAMES.filter((name) => folder !== '' && existsSync(join(folder, `${name}.onnx`)));

interface Expected {
  inputShape: number[];
  residualAdditions: number;
  nonLinearityFollows: boolean;
  taps: { shape: number[] }[];
  penultimateWidth: number;
  classes: number;
}

describe('networks exported by PyTorch', () => {
  it('are checked where they have been made', () => {
    const missing = NAMES.filter((name) => !present.includes(name));
    const record = process.env['FATHOM_LEFT_OUT'];
    if (missing.length > 0 && record !== undefined) {
      appendFileSync(
        record,
        `taps of networks exported by PyTorch (${missing.join(', ')}): set FATHOM_GRAPHS to what models/fixtures/export_graphs.py writes\n`,
      );
    }
    expect([...missing, ...present].sort()).toEqual([...NAMES].sort());
  });

  for (const name of present) {
    const read = (ending: string) => readFileSync(join(folder, name + ending));

    it(`${name}: every residual addition is found, and nothing else`, () => {
      const expected = JSON.parse(read('.expected.json').toString()) as Expected;
      const { blocks, input, penultimate, head } = describeNetwork(read('.onnx'));
      expect([input.channels, input.height, input.width]).toEqual(expected.inputShape);
      expect(blocks).toHaveLength(expected.residualAdditions);
      expect(blocks.map(({ nonLinearity }) => nonLinearity !== null)).toEqual(expected.taps.map(() => expected.nonLinearityFollows));
      expect([penultimate.width, head.classes]).toEqual([expected.penultimateWidth, expected.classes]);
    });

    it(`${name}: the taps are those of the PyTorch modules, number for number`, async () => {
      const bytes = read('.onnx');
      const truth = decodeSafetensors(read('.safetensors'), name);
      const { blocks, penultimate, logits, head } = describeNetwork(bytes);
      const branches = blocks.flatMap(({ add, shortcut, main }) => [add, shortcut, main]);
      const taps = [...new Set([...blocks.map(({ tap }) => tap), ...branches, penultimate.tensor, logits])];
      const network = await onnxruntime.open(bytes, taps, { batch: 2 });
      const outputs = await network.run(truth.get('input')!.data as Float32Array, 2);
      await network.close();
      const data = (tap: string) => outputs.get(tap)!.data;
      const isTruth = (tap: string, expectedName: string) => {
        const expected = truth.get(expectedName)!;
        expect(outputs.get(tap)?.shape).toEqual([...expected.shape]);
        expect(farthest(data(tap), expected.data as Float32Array)).toBeLessThan(1e-4);
      };
      blocks.forEach(({ tap, add, shortcut, main }, i) => {
        isTruth(tap, `tap.${i}`);
        expect(
          farthest(
            data(add),
            data(shortcut).map((value, j) => value + data(main)[j]!),
          ),
        ).toBeLessThan(1e-4);
      });
      isTruth(penultimate.tensor, 'penultimate');
      isTruth(logits, 'logits');
      const expectedLogits = Float32Array.from({ length: 2 * head.classes }, (_, at) => {
        const [image, j] = [Math.floor(at / head.classes), at % head.classes];
        let y = head.bias[j]!;
        for (let i = 0; i < head.width; i += 1) y += data(penultimate.tensor)[image * head.width + i]! * head.weight[i * head.classes + j]!;
        return y;
      });
      expect(farthest(data(logits), expectedLogits)).toBeLessThan(1e-4);
    }, 120_000);
  }
});

/** The largest difference, as a share of the largest magnitude that is expected. */
function farthest(found: Float32Array, expected: Float32Array): number {
  let difference = 0;
  let magnitude = 0;
  expected.forEach((value, i) => {
    difference = Math.max(difference, Math.abs(value - found[i]!));
    magnitude = Math.max(magnitude, Math.abs(value));
  });
  return difference / magnitude;
}
