// Owns the one source of "chance" in the sandbox: a hash, so that the same request always gets the same answer.

/** A 32-bit FNV-1a hash of text. https://datatracker.ietf.org/doc/html/draft-eastlake-fnv */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let position = 0; position < text.length; position += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(position), 0x01000193);
  }
  return hash >>> 0;
}
