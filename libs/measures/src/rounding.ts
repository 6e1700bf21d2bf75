/** Rounded to a multiple of 1e-6, halves to the even one. */
export function roundToMillionth(value: number): number {
  const scaled = value * 1e6;
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  return (rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor) / 1e6;
}
