/** Colour of a place between simple (0) and complex (1): the page's own ramp, which follows light and dark by itself. */
export function ramp(place: number): string {
  const t = Math.min(1, Math.max(0, place));
  return t < 0.5 ? mix('--simple', '--middling', t * 2) : mix('--middling', '--complex', t * 2 - 1);
}

function mix(from: string, to: string, share: number): string {
  return `color-mix(in oklab, var(${to}) ${(share * 100).toFixed(1)}%, var(${from}))`;
}
