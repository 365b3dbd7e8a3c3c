// What describes an environment variable, and the schemas of the values that variables have.
import * as z from "zod";

/** One variable: its schema, and its row in the table of docs/configuration.md. */
export interface Variable<Schema extends z.ZodType> {
  schema: Schema;
  accepts: string;
  description: string;
  /** Another name, which is looked at first. Undefined: there is none. */
  alias: string | undefined;
}

/** Builds a variable. */
export function variable<Schema extends z.ZodType>(
  accepts: string,
  schema: Schema,
  description: string,
  alias?: string,
): Variable<Schema> {
  return { schema, accepts, description, alias };
}

export const text = z.string().min(1);
/** Text that an HTTP header may hold. */
export const word = z.string().regex(/^[\x21-\x7e]+$/);
export const flag = z.enum(["true", "false"]).transform((value) => value === "true");
export const whole = (minimum: number, maximum = 2 ** 31 - 1) =>
  z.string().regex(/^\d+$/).transform(Number).pipe(z.number().min(minimum).max(maximum));
export const httpUrl = z
  .string()
  .refine((value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol))
  .refine((value) => !/%(?![\da-f]{2})/i.test(value))
  .transform((value) => new URL(value));

/** A proxy's URL, as in `HTTP_PROXY`, where other programs take a host and a port alone. */
export const proxyUrl = z
  .string()
  .transform((value) => (value.includes("://") ? value : `http://${value}`))
  .pipe(httpUrl);

export const json = z.string().transform((value, context) => {
  try {
    return JSON.parse(value) as unknown;
  } catch {
    context.addIssue({ code: "custom", message: "not JSON" });
    return z.NEVER;
  }
});
/** Names, `*` for any run of characters: a list, `on` for all or `off` for none. */
export const nameList = z
  .string()
  .transform((value) => (value === "on" ? ["*"] : value === "off" ? [] : value.split(",").map((name) => name.trim())))
  // `true`, or `on` in a list, would name a field that nobody means.
  .refine((names) => names.every((name) => /^(?!(?:on|off|true|false)$)[\w.*-]{1,64}$/i.test(name)));
/** Host names as `URL` yields them: no port, an IPv6 address in brackets. */
export const hostNames = z
  .string()
  .transform((value) => value.split(",").map((name) => name.trim().toLowerCase().replace(/\.$/, "")))
  .refine((list) => list.every((name) => /^(?:\[[\da-f:.]+\]|[\w.-]+)$/.test(name) && isHostName(name)));
/** A PEM block; in an environment variable its line ends are often written as `\\n`. */
export const pem = z
  .string()
  .transform((value) => value.replaceAll("\\n", "\n"))
  .refine((value) => /^-----BEGIN (?:PUBLIC KEY|CERTIFICATE|RSA PUBLIC KEY)-----/.test(value.trim()));

export const milliseconds = "a whole number of milliseconds, at least 1";

function isHostName(name: string): boolean {
  return URL.canParse(`http://${name}`) && new URL(`http://${name}`).hostname === name;
}
