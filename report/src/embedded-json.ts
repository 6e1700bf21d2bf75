/** JSON that may stand inside a script element: no `<` (could end the element or open a comment), no line separators of old JavaScript. */
export function embeddedJson(value: unknown): string {
  return JSON.stringify(value).replace(/[<\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
