// The text of an event stream, from its bytes.

/** Decodes UTF-8 and ends each line with LF: the parser would hold back a last CR until it sees what follows. */
export function createDecoder(): (bytes?: Uint8Array) => string {
  const decoder = new TextDecoder();
  let endedWithCr = false;
  return function decode(bytes) {
    const text = decoder.decode(bytes, { stream: bytes !== undefined });
    const rest = endedWithCr && text.startsWith("\n") ? text.slice(1) : text;
    if (text !== "") endedWithCr = text.endsWith("\r");
    return rest.includes("\r") ? rest.replace(/\r\n?/g, "\n") : rest;
  };
}
