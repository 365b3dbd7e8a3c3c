// Addresses among the values of a result. Loads none.

/** A path alone. `//name` and `/\name` begin with another host's name. */
const PATH = /^\/(?![/\\])/;
const WEB = /^https?:\/\//i;
/** Stands for the page where only the path counts. */
const ANY_PAGE = "http://localhost";

/** Whether the value is an `http:` or `https:` URL, or a path of the server that has sent it. */
export function isAddress(value: string): boolean {
  return PATH.test(value) ? URL.canParse(value, ANY_PAGE) : WEB.test(value) && URL.canParse(value);
}

/** The path of an address. */
export function pathOf(address: string): string {
  return new URL(address, ANY_PAGE).pathname;
}

/**
 * Whether the page may load what is at the address. What other hosts have is offered as links: an answer that makes the page
 * load a foreign address could tell its host what the page holds. So is an address of this server with a query, which may be
 * an operation.
 */
export function isLoadable(address: string, pageUrl: string): boolean {
  if (/^data:/i.test(address)) return true;
  const { origin, search } = new URL(address, pageUrl);
  return origin === new URL(pageUrl).origin && search === "";
}

/** Whether the text may be base64. Its ends tell as much as the whole, which may have megabytes. */
export function isBase64(value: string): boolean {
  return /^[A-Za-z\d+/]*={0,2}$/.test(value.slice(0, 64)) && /^[A-Za-z\d+/]*={0,2}$/.test(value.slice(-64));
}
