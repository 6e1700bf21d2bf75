/** How many features can be followed at once: as many as there are colours that stay apart. */
export const MOST_CHOSEN = 8;

const slots: (number | null)[] = Array.from({ length: MOST_CHOSEN }, () => null);
const order: number[] = [];
const listeners: (() => void)[] = [];

/** Chosen features in the order in which they were chosen. */
export function chosen(): readonly number[] {
  return order;
}

/** Colour of a chosen feature; it keeps it for as long as it is chosen. */
export function colourOf(index: number): string {
  return `var(--chosen-${Math.max(0, slots.indexOf(index))})`;
}

export function isChosen(index: number): boolean {
  return order.includes(index);
}

/** Chooses features, or lets them go; a ninth takes the place of the first. */
export function toggle(...indices: readonly number[]): void {
  for (const index of indices) {
    if (isChosen(index)) release(index);
    else {
      if (order.length === MOST_CHOSEN) release(order[0]!);
      slots[slots.indexOf(null)] = index;
      order.push(index);
    }
  }
  for (const listener of listeners) listener();
}

export function clear(): void {
  toggle(...order.slice());
}

export function onChoice(listener: () => void): void {
  listeners.push(listener);
}

function release(index: number): void {
  order.splice(order.indexOf(index), 1);
  slots[slots.indexOf(index)] = null;
}
