import { activation } from '@fathom/contracts';
import { InputError } from '@fathom/errors';
import type { JsonField } from './json-field.js';

const { ChannelOrder, Interpolation } = activation;

const ORDERS = { GRAY: ChannelOrder.GRAY, RGB: ChannelOrder.RGB, BGR: ChannelOrder.BGR } as const;
const INTERPOLATIONS = { nearest: Interpolation.NEAREST, bilinear: Interpolation.BILINEAR } as const;

/** How pixels of a study file's images become the input of its networks. */
export interface StudyPreprocessing {
  readonly width: number;
  readonly height: number;
  readonly channelOrder: keyof typeof ORDERS;
  readonly scale: number;
  readonly mean: readonly number[];
  readonly standardDeviation: readonly number[];
  /** To what size images are brought first. @default they stay as they are */
  readonly resize?: {
    readonly to: { readonly shorterSide: number } | { readonly width: number; readonly height: number };
    readonly interpolation: keyof typeof INTERPOLATIONS;
  };
  /** Whether the middle width × height is taken of what is larger then. @default false */
  readonly centreCrop?: boolean;
}

/** Reads the preprocessing of a study file. Throws an InputError that names the key. */
export function readPreprocessing(field: JsonField): StudyPreprocessing {
  const required = ['width', 'height', 'channelOrder', 'scale', 'mean', 'standardDeviation'] as const;
  const { width, height, channelOrder, scale, mean, standardDeviation, resize, centreCrop } = field.object(required, ['resize', 'centreCrop']);
  return {
    width: width.whole(),
    height: height.whole(),
    channelOrder: channelOrder.oneOf(keysOf(ORDERS)),
    scale: scale.number(),
    mean: mean.list().map((entry) => entry.number()),
    standardDeviation: standardDeviation.list().map((entry) => entry.number()),
    ...(resize ? { resize: readResize(resize) } : {}),
    ...(centreCrop ? { centreCrop: centreCrop.flag() } : {}),
  };
}

function readResize(field: JsonField): StudyPreprocessing['resize'] {
  const { shorterSide, width, height, interpolation } = field.object([], ['shorterSide', 'width', 'height', 'interpolation']);
  const how = { interpolation: interpolation?.oneOf(keysOf(INTERPOLATIONS)) ?? 'bilinear' };
  if (shorterSide && !width && !height) return { to: { shorterSide: shorterSide.whole() }, ...how };
  if (width && height && !shorterSide) return { to: { width: width.whole(), height: height.whole() }, ...how };
  throw new InputError({ field: field.name, problem: 'has no one size', value: field.value, accepted: 'shorterSide, or width and height' });
}

/** The preprocessing as the activation service takes it. */
export function preprocessingMessage({ resize, centreCrop, ...rest }: StudyPreprocessing): activation.Preprocessing {
  return {
    ...rest,
    channelOrder: ORDERS[rest.channelOrder],
    mean: [...rest.mean],
    standardDeviation: [...rest.standardDeviation],
    ...(resize ? { resize: { to: sizeMessage(resize.to), interpolation: INTERPOLATIONS[resize.interpolation] } } : {}),
    ...(centreCrop === undefined ? {} : { centreCrop }),
  };
}

function sizeMessage(to: NonNullable<StudyPreprocessing['resize']>['to']): activation.Resize['to'] {
  return 'shorterSide' in to ? { $case: 'shorterSide', value: to.shorterSide } : { $case: 'size', value: to };
}

function keysOf<K extends string>(choices: Readonly<Record<K, unknown>>): K[] {
  return Object.keys(choices) as K[];
}
