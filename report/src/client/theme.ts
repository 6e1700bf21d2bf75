import { find } from './element.js';

/** The button that turns light into dark: at first as the reader's system has it. */
export function startTheme(): void {
  const button = find<HTMLButtonElement>('#theme');
  const system = matchMedia('(prefers-color-scheme: dark)');
  let picked: boolean | null = null;
  const apply = (): void => {
    const dark = picked ?? system.matches;
    document.documentElement.dataset['theme'] = dark ? 'dark' : 'light';
    button?.setAttribute('aria-pressed', String(dark));
  };
  button?.addEventListener('click', () => {
    picked = !(picked ?? system.matches);
    apply();
  });
  system.addEventListener('change', apply);
  apply();
}
