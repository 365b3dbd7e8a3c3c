// Reads from an address to whom it belongs, as far as an address tells.

/**
 * What one client is likely to hold of the internet: an IPv4 address, or the /64 of an IPv6 address, from which a client can
 * choose any address it likes. `address` is as the kernel writes it; `::ffff:192.0.2.1` is the IPv4 address in it.
 * https://www.rfc-editor.org/rfc/rfc6177
 */
export function readNetwork(address: string): string {
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? [];
  if (mapped !== undefined) return mapped;
  if (!address.includes(":")) return address;
  const [start = "", end] = address.split("%", 1)[0]?.toLowerCase().split("::") ?? [];
  const groups = start === "" ? [] : start.split(":");
  // `::` stands for as many zeros as are missing; only those within the first half matter.
  const last = end === undefined || end === "" ? [] : end.split(":");
  const missing = end === undefined ? 0 : 8 - groups.length - last.length - (end.includes(".") ? 1 : 0);
  return [...groups, ...Array<string>(Math.max(0, missing)).fill("0"), ...last].slice(0, 4).join(":");
}
