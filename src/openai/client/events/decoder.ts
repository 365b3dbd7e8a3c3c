// The text of an event stream, from its bytes.

/** It is left out here: a decoder that does it, and is given its bytes in parts, takes others for it on Node 24. */
const BOM = "\ufeff";
const KEEPS_BOM = { ignoreBOM: true };
/** Of bytes that end with a whole character. */
const whole = new TextDecoder("utf-8", KEEPS_BOM);
const LAST_ASCII = 0x7f;

/** Decodes UTF-8, ends each line with LF, as the parser would hold back a last CR, and each event with a blank line. */
export function createDecoder(): (bytes?: Uint8Array) => string {
  /** Exists while a character is not whole. */
  let decoder: TextDecoder | undefined;
  let hasBegun = false;
  const separate = createSeparator();
  let endedWithCr = false;

  /** What ends with a whole character, as events do, takes no decoder that remembers. */
  function decodeBytes(bytes: Uint8Array | undefined): string {
    const isWhole = bytes !== undefined && (bytes.at(-1) ?? 0) <= LAST_ASCII;
    if (!decoder && isWhole) return whole.decode(bytes);
    decoder ??= new TextDecoder("utf-8", KEEPS_BOM);
    const text = decoder.decode(bytes, { stream: bytes !== undefined });
    if (isWhole && text !== "") decoder = undefined;
    return text;
  }

  function decodeText(bytes: Uint8Array | undefined): string {
    const text = decodeBytes(bytes);
    if (hasBegun || text === "") return text;
    hasBegun = true;
    return text.startsWith(BOM) ? text.slice(1) : text;
  }

  return function decode(bytes) {
    const text = decodeText(bytes);
    const rest = endedWithCr && text.startsWith("\n") ? text.slice(1) : text;
    if (text !== "") endedWithCr = text.endsWith("\r");
    return separate(rest.includes("\r") ? rest.replace(/\r\n?/g, "\n") : rest);
  };
}

/** No JSON goes on like that: a line end stands between two of its values only behind a comma. */
const TWO_EVENTS = /\}\ndata: ?[{[]/;
const NEXT_EVENT = /^data: ?[{[]/;

/**
 * Yields a function that ends each event with a blank line, once it is seen that the server ends them with one line end alone.
 * Until then an event is known to be whole only when the next one comes.
 */
function createSeparator(): (text: string) => string {
  let isSingle = false;
  let isAtLineEnd = false;
  return (text) => {
    const begins = isAtLineEnd && NEXT_EVENT.test(text);
    isSingle ||= begins || (text.includes("}\ndata:") && TWO_EVENTS.test(text));
    if (text !== "") isAtLineEnd = text.endsWith("}\n");
    if (!isSingle) return text;
    return (begins ? "\n" : "") + text.replace(/\}\n(?!\n)/g, "}\n\n");
  };
}
