// Owns quoting: how the sandbox repeats a part of what it was asked.

/**
 * The beginning of the text on one line, with an ellipsis if it was cut. Lone surrogates are replaced, because JSON
 * readers refuse them.
 */
export function quote(text: string, maxLength: number): string {
  const beginning = Buffer.from(text.slice(0, maxLength * 4)).toString();
  const line = beginning.replace(/\s+/g, " ").trim();
  const characters = Array.from(line);
  return characters.length > maxLength ? `${characters.slice(0, maxLength).join("")}…` : line;
}
