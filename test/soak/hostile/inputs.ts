// Inputs that are small enough to pass, and cost the event loop more than they should. Each round takes the next variant.
import type { Attack } from "./attack.ts";
import { aliases, ask, chat, headOf, JSON_HEADERS, operation } from "./requests.ts";

/** A request's bytes; `round` makes them new, so that nothing is kept from the last time. */
type Write = (key: string | null, round: number) => Buffer | string;

const TYPENAME = { query: "{ __typename }" };
/** Just below the number of values that a body may hold, each with its comma and its brace. */
const MANY = 9_900;

export const inputs: Attack[] = [
  input(
    "Accept headers of 14 KB",
    ["multipart/mixed,", "*/*;q=0.1,", ",", "text/event-stream;", 'a/b;c="', "a,"].map(accept),
  ),
  input("heads of 15 KB", [
    head("content-type", "application/json;a="),
    head("cookie", "a=;"),
    head("x-request-id", "a"),
    head("traceparent", "00-"),
    head("origin", "http://a,:"),
    head("authorization", "Bearer  "),
    head("host", "a."),
  ]),
  input("documents at their limits", [
    document((round) => `# ${round}${" ".repeat(1_000_000)}\n{ __typename }`),
    document((round) => `{ ${"__typename ".repeat(990)} } # ${round}`),
    document((round) => `{ ${`a${round}: viewer { id } `.repeat(150)} }`),
    document((round) => `{ viewer { ${aliases("id")} ${"... { id ".repeat(120)}${"} ".repeat(120)}} } # ${round}`),
    document((round) => `query ($a: String = "${"x".repeat(900_000)}${round}") { __typename }`),
    document((round) => `{ model(id: "${"\\u0041".repeat(150_000)}${round}") { id } }`),
    document((round) => `${"{a".repeat(490)} # ${round}`),
    document((round) => `{ ${overlapping(round)} }`),
  ]),
  input("long operation names", [
    (key, round) => operation(key, { ...TYPENAME, operationName: `n${round}${"x".repeat(7_800_000)}` }),
    (key, round) => operation(key, { query: `query n${round}${"x".repeat(1_000_000)} { __typename }` }),
  ]),
  input("variables of 8 MB", [
    variables(`[${"{},".repeat(2_600_000)}{}]`),
    variables(`[${"0,".repeat(3_900_000)}0]`),
    variables(`${"[".repeat(3_900_000)}${"]".repeat(3_900_000)}`),
    variables(`"${"\\u0000".repeat(1_300_000)}"`),
    variables(`{${Array.from({ length: MANY }, (_, place) => `"${"k".repeat(300)}${place}":{}`).join(",")}}`),
  ]),
  input("blanks in a data URL", [
    dataUrl((blanks) => `image/png${blanks}x;base64,AAAA`, 60_000),
    dataUrl((blanks) => `image/png;a=${blanks}b;base64,AAAA`, 60_000),
    dataUrl((blanks) => `image/png${blanks}x;base64,AAAA`),
    dataUrl((blanks) => `image/png;base64,${blanks}`),
    dataUrl((blanks) => `image/png${blanks};base64,AAAA`),
    dataUrl((blanks) => `image/png;base64,${blanks.replaceAll(" ", "=")}`),
    dataUrl((blanks) => `image/png;${blanks}base64,A${blanks.slice(0, 3_000_000)}A`),
  ]),
  input("data URLs of 8 MB", [dataUrl(() => `image/png;base64,${"iVBO".repeat(1_900_000)}`)]),
  input("extra fields", [
    extraBody(19_000, (place) => [`field_${place}`, place]),
    extraBody(9_900, (place) => [`f${"_-.".repeat(18)}${place}`, {}]),
  ]),
  input("quoting errors", [(key) => operation(key, chat("quote", "chat(input: $input) { text }"))]),
  input("metrics with hostile heads", [() => headOf(null, "GET", "/metrics", { accept: ",;q=".repeat(3_500) })]),
];

function input(name: string, variants: Write[]): Attack {
  let rounds = 0;
  return {
    name,
    limits: {},
    pauseMs: 7_000,
    round(target) {
      const write = variants[rounds % variants.length];
      rounds++;
      return ask(target, write?.(target.key, rounds) ?? "");
    },
  };
}

function head(name: string, text: string): Write {
  return (key) => operation(key, TYPENAME, { ...JSON_HEADERS, [name]: text.repeat(15_000).slice(0, 15_000) });
}

/** One that takes an answer as multipart alone goes another way than all others. */
function accept(text: string): Write {
  return (key) =>
    operation(key, TYPENAME, { ...JSON_HEADERS, accept: `multipart/mixed,${text.repeat(14_000)}`.slice(0, 14_000) });
}

function document(make: (round: number) => string): Write {
  return (key, round) => operation(key, { query: make(round) });
}

/** Fields that must be compared with one another, in pairs. */
function overlapping(round: number): string {
  return Array.from(
    { length: 60 },
    (_, place) => `viewer { used { requests } limits { models } } # ${round} ${place}\n`,
  ).join("");
}

function variables(text: string): Write {
  return (key) => operation(key, `{"query":"{ __typename }","variables":{"a":${text}}}`);
}

function dataUrl(make: (blanks: string) => string, count = 4_000_000): Write {
  const query =
    'mutation ($image: Upload!) { imageVariations(input: { image: $image, model: "attack-url" }) { data { url } } }';
  return (key) => operation(key, { query, variables: { image: `data:${make(" ".repeat(count))}` } });
}

function extraBody(count: number, entry: (place: number) => [string, unknown]): Write {
  const chatInput = '{ model: "attack-quick", messages: [{ role: USER, content: "" }], extraBody: $extra }';
  const query = `mutation ($extra: JSONObject) { chat(input: ${chatInput}) { text } }`;
  const extra = Object.fromEntries(Array.from({ length: count }, (_, place) => entry(place)));
  return (key) => operation(key, { query, variables: { extra } });
}
