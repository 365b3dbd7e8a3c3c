// Who a connection's requests are of, while the same key comes again: kept, and dropped once it no longer holds.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request as sendRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from "jose";
import { expect, onTestFinished, test, vi } from "vitest";
import { createApp } from "../../src/app/app.ts";
import { readConfig } from "../../src/config/read-config.ts";
import { startServer } from "../../src/process/server.ts";
import { json, startUpstream } from "../support/upstream.ts";

const ADA = "key-of-ada-0123456789";
const BOB = "key-of-bob-0123456789";

/** A server, and one open connection to it. */
async function start(environment: Record<string, string>) {
  const config = readConfig({
    PORT: "0",
    OPENAI_BASE_URL: "http://127.0.0.1:1",
    OPENAI_API_KEY: "sk-0123456789",
    ...environment,
  });
  const app = createApp(config, () => {});
  const running = await startServer(app, config);
  let agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ports = new Set<number | undefined>();
  onTestFinished(async () => {
    agent.destroy();
    await running.stop();
  });

  /** The viewer's id, or the code of the refusal. */
  function ask(...tokens: string[]): Promise<string> {
    const authorization = tokens.map((token) => `Bearer ${token}`);
    const headers = { "content-type": "application/json", authorization };
    return new Promise((resolve, reject) => {
      const request = sendRequest(
        running.url,
        { method: "POST", agent, headers: headers as never },
        async (response) => {
          ports.add(response.socket.localPort);
          let text = "";
          for await (const chunk of response) text += chunk;
          const { data, errors } = JSON.parse(text);
          resolve(data?.viewer.id ?? errors[0].extensions.code);
        },
      );
      request.on("error", reject).end('{"query":"{ viewer { id } }"}');
    });
  }
  /** The next request has a connection of its own. */
  function reconnect(): void {
    agent.destroy();
    agent = new Agent({ keepAlive: true, maxSockets: 1 });
  }
  return { ask, reconnect, reload: app.reload, connections: () => ports.size };
}

function writeKeys(path: string, keys: Record<string, string>): void {
  writeFileSync(path, JSON.stringify(Object.entries(keys).map(([id, key]) => ({ id, key }))));
}

async function startWithFile(keys: Record<string, string>) {
  const directory = mkdtempSync(join(tmpdir(), "client-keys-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "keys.json");
  writeKeys(path, keys);
  return { path, ...(await start({ CLIENT_KEYS_FILE: path })) };
}

test("a key that is revoked is refused on a connection on which it came before", async () => {
  const { path, ask, reload, connections } = await startWithFile({ ada: ADA });
  for (let turn = 0; turn < 3; turn++) expect(await ask(ADA)).toBe("ada");
  writeKeys(path, { bob: BOB });
  reload();
  expect(await ask(ADA)).toBe("UNAUTHENTICATED");
  expect(await ask(BOB)).toBe("bob");
  expect(connections()).toBe(1);
});

test("a key that is given to another is the other's on an open connection", async () => {
  const { path, ask, reload, connections } = await startWithFile({ ada: ADA });
  expect(await ask(ADA)).toBe("ada");
  writeKeys(path, { eve: ADA });
  reload();
  expect(await ask(ADA)).toBe("eve");
  expect(connections()).toBe(1);
});

test("requests of many callers on one connection are each its own caller's", async () => {
  const { ask, connections } = await startWithFile({ ada: ADA, bob: BOB });
  for (const [token, id] of [
    [ADA, "ada"],
    [BOB, "bob"],
    [ADA, "ada"],
  ] as const)
    expect(await ask(token)).toBe(id);
  for (const wrong of [ADA.slice(0, -1), `${ADA}0`, ADA.toUpperCase(), BOB.replace("9", "8")])
    expect(await ask(wrong)).toBe("UNAUTHENTICATED");
  expect(await ask(ADA)).toBe("ada");
  expect(await ask(ADA, BOB)).not.toBe("ada");
  expect(connections()).toBeLessThanOrEqual(2);
});

const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
const sign = (subject: string, exp: number) =>
  new SignJWT({})
    .setProtectedHeader({ alg: "ES256", kid: "first" })
    .setSubject(subject)
    .setExpirationTime(exp)
    .sign(privateKey);

/** Lets the clocks run ahead; timers stay real. */
function moveClocks() {
  vi.useFakeTimers({ toFake: ["Date", "performance"] });
  onTestFinished(() => void vi.useRealTimers());
  return (ms: number) => vi.advanceTimersByTime(ms);
}

test("a JWT that expires is refused on a connection on which it came before", async () => {
  const advance = moveClocks();
  const { ask, connections } = await start({ JWT_PUBLIC_KEY: (await exportSPKI(publicKey)).replaceAll("\n", "\\n") });
  const token = await sign("ada", Math.floor(Date.now() / 1000) + 60);
  for (let turn = 0; turn < 3; turn++) expect(await ask(token)).toBe("ada");
  advance(63_000);
  expect(await ask(token)).toBe("ada");
  advance(3_000);
  expect(await ask(token)).toBe("UNAUTHENTICATED");
  expect(connections()).toBe(1);
});

test("a JWT whose key the provider withdraws is refused after ten minutes on an open connection as well", async () => {
  const advance = moveClocks();
  const provider = await startUpstream(json({ keys: [{ ...(await exportJWK(publicKey)), kid: "first" }] }));
  const { ask } = await start({ JWT_JWKS_URL: `${provider.url}/jwks` });
  const token = await sign("ada", Math.floor(Date.now() / 1000) + 3_600);
  for (let turn = 0; turn < 3; turn++) expect(await ask(token)).toBe("ada");
  provider.answer = json({ keys: [] });
  advance(9 * 60_000);
  expect(await ask(token)).toBe("ada");
  advance(2 * 60_000);
  expect(await ask(token)).toBe("UNAUTHENTICATED");
});

test("a JWT that was good on another connection is refused on a new one once it has expired", async () => {
  const advance = moveClocks();
  const { ask, reconnect, connections } = await start({
    JWT_PUBLIC_KEY: (await exportSPKI(publicKey)).replaceAll("\n", "\\n"),
  });
  const token = await sign("ada", Math.floor(Date.now() / 1000) + 60);
  const other = await sign("bob", Math.floor(Date.now() / 1000) + 60);
  expect(await ask(token)).toBe("ada");
  reconnect();
  expect(await ask(token)).toBe("ada");
  expect(await ask(other)).toBe("bob");
  reconnect();
  expect(await ask(`${token.slice(0, -4)}AAAA`)).toBe("UNAUTHENTICATED");
  expect(await ask(token)).toBe("ada");
  advance(66_000);
  reconnect();
  expect(await ask(token)).toBe("UNAUTHENTICATED");
  expect(connections()).toBe(4);
});

test("so it is once the provider has withdrawn its key", async () => {
  const advance = moveClocks();
  const provider = await startUpstream(json({ keys: [{ ...(await exportJWK(publicKey)), kid: "first" }] }));
  const { ask, reconnect } = await start({ JWT_JWKS_URL: `${provider.url}/jwks` });
  const token = await sign("ada", Math.floor(Date.now() / 1000) + 3_600);
  expect(await ask(token)).toBe("ada");
  provider.answer = json({ keys: [] });
  reconnect();
  expect(await ask(token)).toBe("ada");
  advance(11 * 60_000);
  reconnect();
  expect(await ask(token)).toBe("UNAUTHENTICATED");
});
