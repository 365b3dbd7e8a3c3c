// Inputs that are small enough to pass, and cost the event loop more than they should.
import type { Attack, Target } from "./attack.ts";
import { aliases, ask, chat, headOf, JSON_HEADERS, operation } from "./requests.ts";

const typename = { query: "{ __typename }" };
let rounds = 0;

export const inputs: Attack[] = [
  input("Accept headers of 14 KB", (key) =>
    operation(key, typename, { ...JSON_HEADERS, accept: pick(accepts).repeat(14_000).slice(0, 14_000) }),
  ),
  input("heads of 15 KB", (key) =>
    operation(key, typename, { ...JSON_HEADERS, [pick(headers)]: pick(texts).repeat(15_000).slice(0, 15_000) }),
  ),
  input("documents at their limits", (key) => operation(key, { query: pick(documents)() })),
  input("operation names of 7.8 MB", (key) =>
    operation(key, { ...typename, operationName: `n${rounds}${"x".repeat(7_800_000)}` }),
  ),
  input("variables of 8 MB", (key) => operation(key, pick(variables)())),
  input("blanks in a data URL", (key) => operation(key, picture(`data:image/png;base64,${pick(urls)(4_000_000)}`))),
  input("data URLs of 8 MB", (key) => operation(key, picture(`data:image/png;base64,${"iVBO".repeat(1_900_000)}`))),
  input("extra fields", (key) => {
    const extraBody = Object.fromEntries(Array.from({ length: 19_000 }, (_, place) => [`field_${place}`, place]));
    const query =
      'mutation ($e: JSONObject) { chat(input: { model: "attack-quick", messages: [{ role: USER, content: "" }], extraBody: $e }) { text } }';
    return operation(key, { query, variables: { extraBody, e: extraBody } });
  }),
  input("quoting errors", (key) => operation(key, chat("quote", "chat(input: $input) { text }"))),
  input("metrics with hostile heads", () => headOf(null, "GET", "/metrics", { accept: ",;q=".repeat(3_500) })),
];

/** Asks once every two seconds. */
function input(name: string, write: (key: string | null) => Buffer | string): Attack {
  return {
    name,
    limits: {},
    pauseMs: 2_000,
    round(target: Target) {
      rounds++;
      return ask(target, write(target.key));
    },
  };
}

function pick<Value>(values: readonly [Value, ...Value[]]): Value {
  return values[rounds % values.length] ?? values[0];
}

const accepts = ["a/b,", "*/*;q=0.1,", ",", "text/event-stream;", 'a/b;c="', "application/json;q=,", "/,"] as const;
const headers = ["content-type", "cookie", "x-request-id", "traceparent", "accept-language", "origin"] as const;
const texts = ["a/b;c=", "=;", ",", "00-", " \t", "http://a,:"] as const;

type Make = () => object | string;

/** Documents near MAX_QUERY_LENGTH or MAX_QUERY_TOKENS, each new in every round. */
const documents = [
  () => `# ${rounds}${" ".repeat(1_000_000)}\n{ __typename }`,
  () => `{ ${"__typename ".repeat(990)} } # ${rounds}`,
  () => `{ ${`a${rounds}: viewer { id } `.repeat(150)} }`,
  () => `{ viewer { ${aliases("id")} ${"... { id ".repeat(120)}${"} ".repeat(120)}} } # ${rounds}`,
  () => `query ($a: String = "${"x".repeat(900_000)}${rounds}") { __typename }`,
  () => `{ model(id: "${"\\u0041".repeat(150_000)}${rounds}") { id } }`,
  () => `${"{a".repeat(490)} # ${rounds}`,
] as const;

const variables: [Make, ...Make[]] = [
  () => ({ ...typename, variables: { a: Array(2_600_000).fill(0) } }),
  () => `{"query":"{ __typename }","variables":{"a":[${"{},".repeat(2_600_000)}{}]}}`,
  () => `{"query":"{ __typename }","variables":{"a":${"[".repeat(3_900_000)}${"]".repeat(3_900_000)}}}`,
  () => ({ ...chat("quick", "chat(input: $input) { text }"), extensions: { text: "\u0000".repeat(1_300_000) } }),
];

const urls = [
  (length: number) => " ".repeat(length),
  (length: number) => "%20".repeat(length / 3),
  (length: number) => `${"=".repeat(length)}`,
  (length: number) => `A${"\n".repeat(length)}A`,
] as const;

function picture(image: string): object {
  const query =
    'mutation ($image: Upload!) { imageVariations(input: { image: $image, model: "attack-url" }) { data { url } } }';
  return { query, variables: { image } };
}
