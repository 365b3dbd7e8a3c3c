// README: every operation in it runs as printed, and its tables of errors and limits match the source.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ApolloClient, gql, InMemoryCache } from "@apollo/client";
import { PNG } from "pngjs";
import { describe, expect, type TestContext, test, vi } from "vitest";
import { WebSocket } from "ws";
import { errorCodes } from "../../src/errors/codes.ts";
import { callerLimits } from "../../src/schema/shared/caller-limits.ts";
import { shared } from "../support/lifetime.ts";
import { startProcess } from "../support/process.ts";
import { request, startTestServer } from "../support/server.ts";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const ENDPOINT = "http://127.0.0.1:4000/graphql";

/** The fenced blocks of one language, in order. */
function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map((match) => match[1] ?? "");
}

/** The block that holds `words`. */
function findBlock(language: string, words: string): string {
  const block = blocks(language).find((candidate) => candidate.includes(words));
  expect(block).toBeDefined();
  return block ?? "";
}

async function needCurl(context: TestContext): Promise<void> {
  const installed = await promisify(execFile)("curl", ["--version"]).catch(() => undefined);
  if (!installed) context.skip("curl is not installed");
}

const photo = PNG.sync.write(
  Object.assign(new PNG({ width: 64, height: 64 }), { data: Buffer.alloc(64 * 64 * 4, 0xa5) }),
);

describe("on the sandbox", () => {
  const sandbox = shared(() => startProcess({ PORT: "0" }));
  const fastSandbox = shared(() => startProcess({ PORT: "0", SANDBOX_DELAY_MS: "0" }));

  test.each(blocks("graphql").map((query) => [/(\w+ \w+)/.exec(query)?.[1], query]))("%s answers", async (_, query) => {
    const url = await sandbox().url;
    const accept = query.startsWith("subscription") ? "text/event-stream" : "application/json";
    const { body, text } = await request(url, {
      method: "POST",
      headers: { "content-type": "application/json", accept },
      body: JSON.stringify({ query }),
    });
    const results = body ? [body] : [...text.matchAll(/^data: (.+)$/gm)].map(([, data]) => JSON.parse(data ?? ""));
    expect(results.length).toBeGreaterThan(0);
    for (const { data, errors } of results) {
      expect(errors).toBeUndefined();
      for (const answer of Object.values(data)) expect(answer).toBeTruthy();
    }
  });

  test("the curl stream gives words and then completes", async (context) => {
    await needCurl(context);
    const url = await fastSandbox().url;
    const { stdout } = await promisify(execFile)("sh", ["-c", findBlock("sh", "curl -N").replace(ENDPOINT, url)]);
    expect(stdout).toMatch(/event: next\ndata: \{"data":\{"chat":\{"text":"Hello"\}\}\}.*event: complete/s);
  });

  test("the curl mutation with a key is run once, and answered again", async (context) => {
    await needCurl(context);
    const url = await fastSandbox().url;
    const command = findBlock("sh", "idempotency-key")
      .replace("curl", "curl --silent --include")
      .replace(ENDPOINT, url);
    const run = async () => (await promisify(execFile)("sh", ["-c", command])).stdout;
    const first = await run();
    const again = await run();
    expect(first).toMatch(/"choices":\[\{"text":".+"\}\]/);
    expect(first).not.toMatch(/^idempotent-replayed/im);
    expect(again).toMatch(/^idempotent-replayed: true\r$/im);
    expect(again.split("\r\n\r\n")[1]).toBe(first.split("\r\n\r\n")[1]);
  });

  test.each(["GraphQLWsLink", "sseLink", "subscriptionExchange", "RecordSource"])(
    "the recipe with %s streams",
    async (word) => {
      const url = await fastSandbox().url;
      const file = new URL(`../../dist/readme-${word}.mjs`, import.meta.url);
      const recipe = findBlock("js", word)
        .replaceAll(ENDPOINT, url)
        .replaceAll(ENDPOINT.replace("http", "ws"), url.replace("http", "ws"));
      writeFileSync(file, recipe);
      vi.stubGlobal("WebSocket", globalThis.WebSocket ?? WebSocket);
      const { client, sseLink, environment } = await import(file.href);
      const query = blocks("graphql").find((block) => block.startsWith("subscription")) ?? "";
      const texts = await new Promise<string[]>((resolve, reject) => {
        const heard: string[] = [];
        const next = ({
          data,
          hasNext,
        }: {
          data: { chat: { text: string | null; usage: object | null } };
          hasNext?: boolean;
        }) => {
          // urql's last word has no data.
          if (!data) return;
          if (hasNext !== false) heard.push(data.chat.text ?? "");
          if (data.chat.usage) resolve(heard);
        };
        if (environment) {
          const params = {
            text: query,
            name: "ChatStream",
            operationKind: "subscription",
            id: null,
            cacheID: "1",
            metadata: {},
          };
          environment.getNetwork().execute(params, {}, {}).subscribe({ next, error: reject });
        } else if (client?.subscription) client.subscription(query, {}).subscribe(next);
        else {
          const apollo = client ?? new ApolloClient({ link: sseLink, cache: new InMemoryCache() });
          apollo.subscribe({ query: gql(query) }).subscribe({ next, error: reject });
        }
      });
      expect(texts.join("")).toContain("Why is the sky blue?");
    },
  );

  test("the curl upload brings back n variations that open as images of the asked size", async (context) => {
    await needCurl(context);
    const folder = mkdtempSync(join(tmpdir(), "readme-"));
    writeFileSync(join(folder, "photo.png"), photo);
    const url = await sandbox().url;
    const { stdout } = await promisify(execFile)(
      "sh",
      ["-c", findBlock("sh", "-F operations").replace(ENDPOINT, url)],
      { cwd: folder },
    );
    const images = JSON.parse(stdout).data.imageVariations.data as { url: string }[];
    expect(images).toHaveLength(2);
    for (const image of images) {
      const response = await fetch(image.url);
      expect(PNG.sync.read(Buffer.from(await response.arrayBuffer()))).toMatchObject({ width: 256, height: 256 });
    }
  });

  test("the browser upload brings back an image", async () => {
    const url = await sandbox().url;
    const script = `${findBlock("js", "FormData").replace(ENDPOINT, url)}\nreturn { data, errors };`;
    const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor;
    const { data, errors } = await new AsyncFunction("file", script)(
      new File([new Uint8Array(photo)], "photo.png", { type: "image/png" }),
    );
    expect(errors).toBeUndefined();
    expect(PNG.sync.read(Buffer.from(data.imageVariations.data[0].b64Json, "base64")).width).toBe(1024);
  });
});

test("the error table is the schema's", () => {
  const rows = Object.entries(errorCodes).map(([code, { cause, remedy, status, isOperationStatus, paid, retry }]) => {
    const http = `${status ?? ""}${isOperationStatus ? "\\*" : ""}`;
    return `| \`${code}\` | ${cause} | ${remedy} | ${http} | ${paid} | ${retry} |`;
  });
  expect(readme).toContain(`\n${rows.join("\n")}\n\n`);
});

test("the table of a caller's limits is the source's", () => {
  const rows = Object.entries(callerLimits).map(([name, { absent, appliesTo, code, description }]) => {
    return `| \`${name}\` | ${description} Absent: ${absent}. | ${appliesTo} | \`${code}\` |`;
  });
  expect(readme).toContain(`\n${rows.join("\n")}\n\n`);
});

test("the list of client keys is one, and its owners may do what it says", async () => {
  const server = await startTestServer("http://127.0.0.1:1/v1", { CLIENT_KEYS: findBlock("json", "keySha256") });
  const headers = { authorization: "Bearer a-long-random-text" };
  const { body } = await server.query("{ viewer { id limits { operations } } }", {}, { headers });
  expect(body.data.viewer).toEqual({ id: "reports", limits: { operations: ["Query", "Mutation.chat"] } });
});
