// Bytes with places for values of a fixed length: filling them in costs almost nothing compared with writing JSON.

/** A copy of `bytes` in which each of `values` (ASCII, as they stand in it) can be replaced by others of their length. */
export class Template {
  /** @param {string | Uint8Array} bytes @param {readonly string[]} values */
  constructor(bytes, values) {
    this.bytes = Buffer.from(bytes);
    this.places = values.map((value) => findAll(this.bytes, value));
  }

  /** Fills in the values. The bytes are the template's own, until it is filled again. */
  fill(values) {
    const { bytes, places } = this;
    for (let index = 0; index < places.length; index++) {
      for (const place of places[index]) bytes.latin1Write(values[index], place);
    }
    return bytes;
  }
}

function findAll(bytes, value) {
  const places = [];
  for (let at = bytes.indexOf(value); at !== -1; at = bytes.indexOf(value, at + value.length)) places.push(at);
  return places;
}
