import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { changes, contrast, isDrawn, launchChromium } from './browser-page.fixture.js';
import { featuresCsv } from './data/feature-files.js';
import { simpleToComplex } from './data/feature-order.js';
import { reportFixture } from './data/report-data.fixture.js';
import { renderReport } from './render-report.js';

// A browser on a busy machine takes its time.
const PATIENCE_MS = 120_000;
jest.setTimeout(3 * PATIENCE_MS);

const chromiumPath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const data = reportFixture();
const ordered = simpleToComplex(data.features);
const PLOTS = [
  'distribution',
  'layers',
  'lateness',
  'readability',
  'checkpoints',
  'checkpoint-relation',
  'flow',
  'importance-std',
  'importance-raw',
  'ablation',
  'redundancy',
  'sensitivity',
  'hoyer',
  'relations',
];

if (existsSync(chromiumPath)) describe('the report in Chromium', inChromium);
else {
  test('the report in Chromium is left out, and this is recorded', () => {
    const record = process.env['FATHOM_LEFT_OUT'];
    const line = `report in Chromium: no browser at ${chromiumPath} (set CHROMIUM_PATH)`;
    if (record) {
      appendFileSync(record, `${line}\n`);
      expect(readFileSync(record, 'utf8')).toContain(line);
    } else console.warn(`left out: ${line}`);
  });
}

function inChromium(): void {
  let browser: Browser;
  let page: Page;
  const folder = mkdtempSync(join(tmpdir(), 'fathom-report-'));
  const file = join(folder, 'report.html');
  const complaints: string[] = [];

  const open = async (width: number, colorScheme: 'light' | 'dark', html = file): Promise<void> => {
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, acceptDownloads: true });
    context.setDefaultTimeout(PATIENCE_MS);
    page = await context.newPage();
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => /^(file|data|blob):/.test(request.url()) || complaints.push(`request ${request.url()}`));
    await page.goto(pathToFileURL(html).href);
    await page.waitForSelector('html[data-ready]');
    await page.waitForFunction((count) => document.querySelectorAll('.plot svg').length >= count, PLOTS.length);
  };

  const chosen = async (): Promise<number[]> =>
    (await page.locator('.portrait h3').allTextContents()).map((text) => Number(/#(\d+)/.exec(text)?.[1]));
  const column = async (key: string): Promise<string[]> => {
    const position = await page
      .locator('table.features thead th')
      .evaluateAll((cells, name) => cells.findIndex((cell) => (cell as HTMLElement).dataset['key'] === name), key);
    return page.locator(`table.features tbody tr > :nth-child(${position + 1})`).allTextContents();
  };

  beforeAll(async () => {
    writeFileSync(file, renderReport(data));
    browser = await launchChromium(chromiumPath, PATIENCE_MS);
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    await page.context().close();
    expect(complaints.splice(0)).toEqual([]);
  });

  test.each([
    [1440, 'light'],
    [1440, 'dark'],
    [390, 'light'],
    [390, 'dark'],
  ] as const)('at %i pixels in %s colours every chart is drawn, nothing overflows, and text has contrast', async (width, scheme) => {
    await open(width, scheme);
    for (const name of PLOTS) {
      const size = await page.locator(`[data-plot="${name}"]`).evaluate((place) => ({
        marks: place.querySelectorAll('svg circle, svg path').length,
        drawn: place.querySelector('svg')!.getBoundingClientRect().width,
        place: place.clientWidth,
      }));
      expect({ name, marks: size.marks > 3, fits: size.drawn > 0 && size.drawn <= size.place + 1 }).toEqual({ name, marks: true, fits: true });
    }
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    for (const [selector, needed] of [
      ['body', 7],
      ['h1', 7],
      ['.lede', 4.5],
      ['figcaption', 4.5],
      ['.numbers dt', 4.5],
      ['.contents a', 4.5],
      ['.digests code', 4.5],
      ['td', 4.5],
      ['thead button', 4.5],
      ['.hint', 4.5],
      ['.plot svg', 4.5],
      ['.card .name', 4.5],
    ] as const) {
      expect({ selector, enough: (await contrast(page, selector)) >= needed }).toEqual({ selector, enough: true });
    }
    expect(await page.locator('.strip canvas').first().evaluate(isDrawn)).toBe(true);
  });

  test('colours that tell features apart stand out from the page in both schemes', async () => {
    for (const scheme of ['light', 'dark'] as const) {
      await open(1440, scheme);
      for (let i = 0; i < 8; i++) {
        await page.evaluate((n) => document.body.style.setProperty('outline-color', `var(--chosen-${n})`), i);
        expect(await contrast(page, 'body', 'outlineColor')).toBeGreaterThanOrEqual(3);
      }
      await page.evaluate(() => document.body.style.setProperty('outline-color', 'var(--accent)'));
      expect(await contrast(page, 'body', 'outlineColor')).toBeGreaterThanOrEqual(4.5);
      if (scheme === 'light') await page.context().close();
    }
  });

  test('the button changes the colours and says so', async () => {
    await open(1440, 'light');
    const paper = (): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await paper();
    await page.locator('#theme').press('Enter');
    expect(await paper()).not.toBe(light);
    expect(await page.locator('#theme').getAttribute('aria-pressed')).toBe('true');
    await page.locator('#theme').press('Space');
    expect(await paper()).toBe(light);
  });

  test('the strip goes from simple to complex and is walked and chosen from by keys alone', async () => {
    await open(1440, 'light');
    expect(await page.locator('.card').first().getAttribute('id')).toBe(`card-${ordered[0]!.index}`);
    const list = page.locator('.cards');
    await list.focus();
    await list.press('End');
    expect(await list.getAttribute('aria-activedescendant')).toBe(`card-${ordered.at(-1)!.index}`);
    await list.press('ArrowLeft');
    await list.press('Enter');
    expect(await chosen()).toContain(ordered.at(-2)!.index);
    await list.press(' ');
    expect(await chosen()).not.toContain(ordered.at(-2)!.index);
    await list.press('Home');
    expect(await list.getAttribute('aria-activedescendant')).toBe(`card-${ordered[0]!.index}`);
    expect(await page.locator(`#card-${ordered[0]!.index}`).isVisible()).toBe(true);
    expect(await page.locator('#announcer').textContent()).toContain('features chosen');
  });

  test('Tab comes by every control, in the order of the page', async () => {
    await open(1440, 'light');
    const met: string[] = [];
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.className)).toBe('skip');
    for (let i = 0; i < 200; i++) {
      await page.keyboard.press('Tab');
      const name = await page.evaluate(() => {
        const at = document.activeElement as HTMLElement;
        if (at === document.body) return null;
        const visible = getComputedStyle(at.matches('[type=radio]') ? at.nextElementSibling! : at).outlineStyle !== 'none';
        return `${at.id || at.className || (at as HTMLInputElement).name || at.textContent}${visible ? '' : ' (focus not visible)'}`;
      });
      if (name === null) break;
      met.push(name);
    }
    const wanted = [
      'theme',
      'cards',
      'add-feature',
      'lateness',
      'flow',
      'ablation',
      'text',
      'bounded',
      'least',
      'most',
      'scroll table',
      'chip',
      'clear',
    ];
    expect(wanted.filter((name) => !met.includes(name))).toEqual([]);
    expect(met.filter((name) => name.includes('not visible'))).toEqual([]);
    const order = wanted.map((name) => met.indexOf(name));
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  test('a feature added by number is drawn through the layers and marked everywhere', async () => {
    await open(1440, 'light');
    const added = ordered[50]!;
    await page.locator('#add-feature').fill(String(added.index));
    await page.locator('#add-feature').press('Enter');
    expect(await chosen()).toContain(added.index);
    for (const name of ['layers', 'lateness', 'readability', 'importance-std', 'hoyer', 'distribution']) {
      const place = page.locator(`[data-plot="${name}"]`);
      await place.scrollIntoViewIfNeeded();
      await place
        .locator('svg text', { hasText: new RegExp(`^#${added.index}$`) })
        .first()
        .waitFor();
    }
    await page.locator('#add-feature').fill('no such feature');
    await page.locator('#add-feature').press('Enter');
    expect(await page.locator('#add-feature').evaluate((field) => (field as HTMLInputElement).validationMessage)).toContain('No live feature');
  });

  test('a click on a chart chooses the feature at the pointer', async () => {
    await open(1440, 'light');
    const before = await chosen();
    const chart = page.locator('[data-plot="hoyer"] svg');
    await chart.scrollIntoViewIfNeeded();
    const box = (await chart.boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.5);
    await page.mouse.click(box.x + box.width * 0.5, box.y + box.height * 0.5);
    await page.waitForFunction((count) => document.querySelectorAll('.portrait').length !== count, before.length);
  });

  test('charts change their view, by keys', async () => {
    await open(1440, 'light');
    for (const [name, plot] of [
      ['ablation', 'ablation'],
      ['flow', 'flow'],
      ['lateness', 'lateness'],
    ] as const) {
      const drawn = (): Promise<string> => page.locator(`[data-plot="${plot}"] svg`).first().innerHTML();
      const before = await drawn();
      await page.locator(`input[name="${name}"]`).first().focus();
      await page.keyboard.press('ArrowRight');
      await changes(drawn, before);
    }
  });

  test('the table sorts by its headings, from the keyboard, and says how', async () => {
    await open(1440, 'light');
    const heading = page.locator('th[data-key="importance"]');
    await heading.locator('button').press('Enter');
    expect(await heading.getAttribute('aria-sort')).toBe('ascending');
    const up = (await column('importance')).map(Number);
    expect(up).toHaveLength(25);
    expect(up).toEqual([...up].sort((a, b) => a - b));
    await heading.locator('button').press('Space');
    expect(await heading.getAttribute('aria-sort')).toBe('descending');
    const most = [...ordered].sort((a, b) => b.importance! - a.importance!)[0]!;
    expect((await column('feature'))[0]).toContain(`#${most.index} `);
    await page.locator('.pages button', { hasText: 'Next' }).click();
    expect(await page.locator('.pages').textContent()).toContain('26–50 of 98');
  });

  test('the table filters by text and by range, and what is downloaded is what is shown', async () => {
    await open(1440, 'light');
    await page.locator('[name=text]').fill('bag');
    await page.locator('[name=bounded]').selectOption('k_std');
    await page.locator('[name=least]').fill('0.3');
    const wanted = ordered.filter((f) => f.group === 'Bag' && f.kStd >= 0.3);
    expect(wanted.length).toBeGreaterThan(0);
    expect(await page.locator('#table-count').textContent()).toBe(`${wanted.length} of 98 features`);
    const saved = async (kind: 'csv' | 'json'): Promise<string> => {
      const [download] = await Promise.all([page.waitForEvent('download'), page.locator(`[data-download=${kind}]`).press('Enter')]);
      expect(download.suggestedFilename()).toBe(`fathom-features-${data.study.digest.slice(7, 19)}.${kind}`);
      const path = join(folder, kind);
      await download.saveAs(path);
      return readFileSync(path, 'utf8');
    };
    expect(await saved('csv')).toBe(featuresCsv(data, wanted));
    expect((JSON.parse(await saved('json')) as { features: unknown }).features).toEqual(wanted);
    await page.locator('[name=least]').fill('much');
    expect(await page.locator('[name=least]').getAttribute('aria-invalid')).toBe('true');
    await page.locator('#filters [type=reset]').click();
    await page.waitForFunction(() => document.querySelector('#table-count')?.textContent === '98 features');
  });

  test('a chosen row is marked in the charts, and let go again from the bar below', async () => {
    await open(390, 'light');
    const index = ordered[3]!.index;
    await page.locator(`tr[data-index="${index}"] input`).press('Space');
    expect(await chosen()).toContain(index);
    expect(await page.locator(`tr[data-index="${index}"]`).getAttribute('class')).toContain('chosen-row');
    await page.locator('.clear').press('Enter');
    expect(await chosen()).toEqual([]);
    expect(await page.locator('#chosen').isVisible()).toBe(false);
    expect(await page.locator(`tr[data-index="${index}"] input`).isChecked()).toBe(false);
  });

  test('charts are drawn again when the window changes its width', async () => {
    await open(1440, 'light');
    const width = (): Promise<number> => page.locator('[data-plot="ablation"] svg').evaluate((svg) => svg.getBoundingClientRect().width);
    const wide = await width();
    await page.setViewportSize({ width: 390, height: 900 });
    await page.waitForFunction((before) => document.querySelector('[data-plot="ablation"] svg')!.getBoundingClientRect().width < before / 2, wide);
    await page.waitForFunction(() => document.documentElement.scrollWidth === 390);
  });

  test('thousands of features stay a page: only what is in sight is there', async () => {
    const large = join(folder, 'large.html');
    writeFileSync(large, renderReport(reportFixture({ features: 3000 })));
    await open(1440, 'light', large);
    expect(await page.locator('.card').count()).toBeLessThan(60);
    expect(await page.locator('table.features tbody tr').count()).toBe(25);
    await page.locator('[data-go="1"]').click();
    await page.waitForFunction(() => document.querySelector('[aria-posinset="2998"]') !== null);
    expect(await page.locator('.card').count()).toBeLessThan(60);
  });
}
