type Attributes = Readonly<Record<string, string | number | boolean | null>>;

/** A new element with attributes (false and null leave one out) and children; text goes in as text, never as markup. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false && value !== null) made.setAttribute(name, value === true ? '' : String(value));
  }
  made.append(...children);
  return made;
}

/** The element that the page was written with. */
export function find<E extends HTMLElement = HTMLElement>(selector: string): E | null {
  return document.querySelector<E>(selector);
}
