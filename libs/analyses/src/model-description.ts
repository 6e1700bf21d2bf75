import type { Artifact } from '@fathom/artifacts';
import { activation } from '@fathom/contracts';
import { checkPreprocessing, type Preprocessing, type Resize } from '@fathom/engines';
import { InputError } from '@fathom/errors';

/** What a "model" artifact says of its network. */
export function descriptionOf(model: Artifact): activation.NetworkDescription {
  return activation.NetworkDescription.fromJSON(model.attributes);
}

const ORDERS: Partial<Record<activation.ChannelOrder, Preprocessing['channelOrder']>> = {
  [activation.ChannelOrder.GRAY]: 'GRAY',
  [activation.ChannelOrder.RGB]: 'RGB',
  [activation.ChannelOrder.BGR]: 'BGR',
};

/** A network's preprocessing as engines take it. Throws an InputError that names a wrong field. */
export function preprocessingOf(description: { preprocessing?: activation.Preprocessing | undefined }): Preprocessing {
  const given = description.preprocessing;
  if (!given)
    throw new InputError({
      field: 'preprocessing',
      problem: 'is missing',
      accepted: 'width, height, channel order, scale, mean and standard deviation',
    });
  const channelOrder = ORDERS[given.channelOrder];
  if (!channelOrder)
    throw new InputError({
      field: 'preprocessing.channel_order',
      problem: 'is not known',
      value: given.channelOrder,
      accepted: 'CHANNEL_ORDER_GRAY, CHANNEL_ORDER_RGB or CHANNEL_ORDER_BGR',
    });
  const { width, height, scale, mean, standardDeviation } = given;
  const preprocessing: Preprocessing = {
    ...{ channels: channelOrder === 'GRAY' ? 1 : 3, width, height, scale, mean, standardDeviation, channelOrder },
    ...(given.resize && { resize: resizeOf(given.resize) }),
    ...(given.centreCrop && { centreCrop: true }),
  };
  checkPreprocessing(preprocessing, preprocessing);
  return preprocessing;
}

function resizeOf({ to, interpolation: given }: activation.Resize): Resize {
  const known = [activation.Interpolation.UNSPECIFIED, activation.Interpolation.NEAREST, activation.Interpolation.BILINEAR];
  if (!known.includes(given))
    throw new InputError({
      field: 'preprocessing.resize.interpolation',
      problem: 'is not known',
      value: given,
      accepted: 'INTERPOLATION_NEAREST or INTERPOLATION_BILINEAR',
    });
  const interpolation = given === activation.Interpolation.NEAREST ? 'NEAREST' : 'BILINEAR';
  if (to?.$case === 'shorterSide') return { interpolation, shorterSide: to.value };
  if (to?.$case === 'size') return { interpolation, height: to.value.height, width: to.value.width };
  throw new InputError({ field: 'preprocessing.resize.to', problem: 'is missing', accepted: 'shorter_side or size' });
}
