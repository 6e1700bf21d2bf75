import { chromium, type Browser, type Page } from 'playwright-core';

/** A browser that speaks to nobody. */
export function launchChromium(executablePath: string, timeout: number): Promise<Browser> {
  return chromium.launch({
    executablePath,
    timeout,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** Waits until what is looked at is no longer what it was; gives up after some twenty seconds. */
export async function changes(look: () => Promise<string>, before: string): Promise<void> {
  for (let i = 0; i < 400 && (await look()) === before; i++) await new Promise((resolve) => setTimeout(resolve, 50));
  expect((await look()) === before).toBe(false);
}

/** Whether a canvas holds a picture, at the latest after a hundred frames; runs in the page. */
export function isDrawn(canvas: SVGElement | HTMLElement): Promise<boolean> {
  const has = (): boolean => {
    const { width, height } = canvas as HTMLCanvasElement;
    const copy = Object.assign(document.createElement('canvas'), { width, height }).getContext('2d', { willReadFrequently: true })!;
    copy.drawImage(canvas as HTMLCanvasElement, 0, 0);
    return copy.getImageData(0, 0, width, height).data.some((value) => value > 0);
  };
  return new Promise((resolve) => {
    const look = (left: number): void => {
      if (has() || left === 0) resolve(has());
      else requestAnimationFrame(() => look(left - 1));
    };
    look(100);
  });
}

/** WCAG contrast of an element's colour with the paper, from computed colours (read through a canvas: any notation). */
export function contrast(page: Page, selector: string, property: 'color' | 'outlineColor' = 'color'): Promise<number> {
  return page
    .locator(selector)
    .first()
    .evaluate((element, name) => {
      const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true })!;
      const luminance = (colour: string): number => {
        context.fillStyle = colour;
        context.fillRect(0, 0, 1, 1);
        const [r, g, b] = [...context.getImageData(0, 0, 1, 1).data].slice(0, 3).map((value) => {
          const share = value / 255;
          return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
      };
      const [a, b] = [luminance(getComputedStyle(element)[name]), luminance(getComputedStyle(document.body).backgroundColor)];
      return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    }, property);
}
