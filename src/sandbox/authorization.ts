// Owns the check of the API key: the sandbox accepts exactly one. Knows no endpoint.
import { HttpError } from "./shared/http-error.ts";

const keysPage = "https://platform.openai.com/account/api-keys";

/** Throws 401 in OpenAI's words unless the header holds the key; the message quotes a wrong key, masked. */
export function checkAuthorization(header: string | undefined, apiKey: string): void {
  const given = /^bearer\s+(.*)$/is.exec(header ?? "")?.[1]?.trim() ?? "";
  if (given === apiKey && given !== "") return;
  if (given === "") {
    throw new HttpError(
      401,
      "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth " +
        "(i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're accessing the " +
        `API from your browser and are prompted for a username and password. You can obtain an API key from ${keysPage}.`,
    );
  }
  throw new HttpError(401, `Incorrect API key provided: ${maskKey(given)}. You can find your API key at ${keysPage}.`, {
    code: "invalid_api_key",
  });
}

function maskKey(key: string): string {
  const visibleEnd = key.length > 12 ? key.slice(-4) : "";
  const visibleStart = key.slice(0, Math.min(8, Math.floor(key.length / 3)));
  const hiddenCount = key.length - visibleStart.length - visibleEnd.length;
  return `${visibleStart}${"*".repeat(Math.min(hiddenCount, 64))}${visibleEnd}`;
}
