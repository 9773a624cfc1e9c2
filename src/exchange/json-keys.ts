/** Keys that stand twice in one JSON object: `JSON.parse` keeps the last and says nothing. */

/**
 * The first key that an object of the text names twice, or undefined.
 *
 * @param text valid JSON
 */
export function duplicateKey(text: string): string | undefined {
  const open: Set<string>[] = [];
  // In valid JSON, braces outside strings open and close objects, and a string before a colon is a key.
  for (const [token, key] of text.matchAll(/("(?:\\.|[^"\\])*")\s*:|"(?:\\.|[^"\\])*"|[{}]/g)) {
    if (token === "{") open.push(new Set());
    else if (token === "}") open.pop();
    else if (key !== undefined) {
      const name: unknown = JSON.parse(key);
      const keys = open.at(-1);
      if (typeof name !== "string" || keys === undefined) continue;
      if (keys.has(name)) return name;
      keys.add(name);
    }
  }
  return undefined;
}
