/** Finds the first name that occurs twice in one object of a JSON text, which JSON.parse would drop silently. The text must be valid JSON. */
export function duplicateName(json: string): string | undefined {
  /** For each open bracket: the names so far of an object, undefined for an array. */
  const open: (Set<string> | undefined)[] = [];
  let expectsName = false;
  for (let i = 0; i < json.length; i++) {
    const c = json[i];
    if (c === '"') {
      const end = endOfString(json, i);
      const names = open.at(-1);
      if (expectsName && names !== undefined) {
        const name = JSON.parse(json.slice(i, end + 1)) as string;
        if (names.has(name)) return name;
        names.add(name);
      }
      expectsName = false;
      i = end;
    } else if (c === '{' || c === '[') {
      open.push(c === '{' ? new Set() : undefined);
      expectsName = c === '{';
    } else if (c === '}' || c === ']') {
      open.pop();
      expectsName = false;
    } else if (c === ',') {
      expectsName = open.at(-1) !== undefined;
    }
  }
  return undefined;
}

/** Index of the quote that ends the string whose first quote is at `start`. */
function endOfString(json: string, start: number): number {
  for (let i = start + 1; ; i++) {
    if (json[i] === '\\') i++;
    else if (json[i] === '"') return i;
  }
}
