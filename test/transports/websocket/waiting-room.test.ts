// Silent WebSockets keep nobody out: known keys do not wait, and the oldest of the address that has most goes first.
import { once } from "node:events";
import { connect } from "node:net";
import { exportSPKI, generateKeyPair, SignJWT } from "jose";
import { describe, expect, onTestFinished, test } from "vitest";
import { readNetwork } from "../../../src/transports/websocket/network.ts";
import { portOf } from "../../support/exchange.ts";
import { alice, aliceWith } from "../../support/keys.ts";
import { hello, startStreaming, streams } from "../../support/stream.ts";
import { startUpstream } from "../../support/upstream.ts";
import { closeCodeIn, textFrame, UPGRADE } from "../../support/websocket-frames.ts";

const ROOM = 256;

const start = (environment: Record<string, string> = {}) => startStreaming(streams(hello), environment);

/** Asks for a WebSocket from this address of loopback, and sends nothing more; `received` is all that came. */
function knock(url: string, { from = "127.0.0.1", headers = {} as Record<string, string> } = {}) {
  const socket = connect({ port: portOf(url), host: "127.0.0.1", localAddress: from });
  onTestFinished(() => void socket.destroy());
  let bytes = Buffer.alloc(0);
  let isOpen = true;
  socket
    .on("error", () => {})
    .on("close", () => {
      isOpen = false;
    })
    .on("data", (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
    });
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(UPGRADE.replace(/\r\n$/, `${lines.join("")}\r\n`));
  const headLength = () => bytes.indexOf("\r\n\r\n") + 4;
  return {
    socket,
    isOpen: () => isOpen,
    status: () => Number(/^HTTP\/1\.1 (\d+)/.exec(String(bytes))?.[1] ?? 0),
    received: () => bytes.subarray(headLength()),
    async answered() {
      while (isOpen && bytes.length === 0) await Promise.race([once(socket, "data"), once(socket, "close")]);
    },
  };
}

type Knock = ReturnType<typeof knock>;

/** Knocks `count` times, one after the other. */
async function fill(url: string, count: number, options?: Parameters<typeof knock>[1]): Promise<Knock[]> {
  const knocks: Knock[] = [];
  for (let index = 0; index < count; index++) {
    const next = knock(url, options);
    await next.answered();
    knocks.push(next);
  }
  return knocks;
}

const stillOpen = (knocks: Knock[]) => knocks.map(({ isOpen }) => isOpen());

/** Greets by the connection's first message, and expects to be let in. */
async function expectGreeted(client: Knock, payload?: Record<string, unknown>) {
  await client.answered();
  expect(client.status()).toBe(101);
  client.socket.write(textFrame({ type: "connection_init", payload }));
  await expect.poll(() => String(client.received())).toContain("connection_ack");
}

test("while 300 of one address say nothing, a client of that address greets and is served", async () => {
  const { server } = await start();
  const silent = await fill(server.url, 300);
  await expectGreeted(knock(server.url));
  await expect.poll(() => stillOpen(silent).filter(Boolean).length).toBeLessThan(ROOM);
  expect(server.faults).toEqual([]);
});

test("there are 256; the next one closes the oldest with 1013, of the address that has most", async () => {
  const { server } = await start();
  const few = await fill(server.url, 20, { from: "127.0.0.2" });
  const many = await fill(server.url, ROOM - 20 + 3);
  await expect.poll(() => stillOpen(many).indexOf(true)).toBe(3);
  expect(many.slice(0, 3).map(({ received }) => closeCodeIn(received()))).toEqual([1013, 1013, 1013]);
  await expectGreeted(knock(server.url, { from: "127.0.0.3" }));
  await expectGreeted(few[0] as Knock);
  expect(stillOpen(few)).toEqual(Array(20).fill(true));
});

test("of addresses that have as many, the oldest of all is closed; one that leaves makes room", async () => {
  const { server } = await start();
  const knocks: Knock[] = [];
  for (let index = 0; index < ROOM; index++) {
    knocks.push(...(await fill(server.url, 1, { from: `127.0.1.${index}` })));
  }
  knocks[10]?.socket.destroy();
  await expect.poll(() => knocks[10]?.isOpen()).toBe(false);
  // The server has seen it leave before it answers what comes later.
  await server.query("{ __typename }");
  await fill(server.url, 1, { from: "127.0.2.1" });
  expect(stillOpen(knocks).indexOf(true)).toBe(0);
  await fill(server.url, 1, { from: "127.0.2.2" });
  await expect.poll(() => stillOpen(knocks).indexOf(true)).toBe(1);
  expect(stillOpen(knocks).filter(Boolean)).toHaveLength(ROOM - 2);
});

describe("whoever shows a good key in the handshake does not wait:", () => {
  test("280 with a client key stay, and are not closed for strangers", async () => {
    const { server } = await start(aliceWith());
    const known = await fill(server.url, 280, alice);
    await fill(server.url, 50);
    expect(stillOpen(known)).toEqual(Array(280).fill(true));
    await expectGreeted(known[0] as Knock);
    expect(server.faults).toEqual([]);
  });

  test("so does one with a JWT", async () => {
    const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
    const { server } = await start({ JWT_PUBLIC_KEY: await exportSPKI(publicKey) });
    const claims = new SignJWT({ sub: "ada", exp: Math.floor(Date.now() / 1000) + 60 });
    const token = await claims.setProtectedHeader({ alg: "ES256" }).sign(privateKey);
    const known = await fill(server.url, 280, { headers: { authorization: `Bearer ${token}` } });
    await fill(server.url, 50);
    expect(stillOpen(known)).toEqual(Array(280).fill(true));
    await expectGreeted(known[0] as Knock);
  });

  test("one with a key that only the upstream can check waits as strangers do", async () => {
    const { server } = await start({ AUTH: "passthrough" });
    const strangers = await fill(server.url, ROOM + 10, { headers: { authorization: "Bearer sk-anything" } });
    await expect.poll(() => stillOpen(strangers).indexOf(true)).toBe(10);
    await expectGreeted(strangers.at(-1) as Knock);
  });

  test("one with a bad key is 401, and takes nobody's place", async () => {
    const { server } = await start(aliceWith());
    const silent = await fill(server.url, ROOM);
    const bad = await fill(server.url, 20, { headers: { authorization: "Bearer wrong" } });
    expect(new Set(bad.map(({ status }) => status()))).toEqual(new Set([401]));
    expect(stillOpen(silent)).toEqual(Array(ROOM).fill(true));
  });
});

test("while keys for JWTs do not come, 256 handshakes wait for them; older ones are 503", async () => {
  const provider = await startUpstream(() => {});
  const { server } = await start({ JWT_JWKS_URL: `${provider.url}/jwks` });
  const token = [{ alg: "ES256", kid: "a" }, { sub: "ada" }, {}].map((part) => btoa(JSON.stringify(part)));
  const headers = { authorization: `Bearer ${token.join(".").replaceAll("=", "")}` };
  const knocks = Array.from({ length: ROOM + 20 }, () => knock(server.url, { headers }));
  const statuses = () => knocks.map(({ status }) => status()).filter((status) => status > 0);
  await expect.poll(statuses, { timeout: 1_500 }).toEqual(Array(20).fill(503));
  // When the wait is over the rest is answered, too.
  await expect.poll(() => statuses().length, { timeout: 10_000 }).toBe(ROOM + 20);
});

test.each([
  ["192.0.2.1", "192.0.2.1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["::FFFF:192.0.2.1", "192.0.2.1"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
  ["2001:db8:1:2::", "2001:db8:1:2"],
  ["2001:db8:1:2:ffff::1", "2001:db8:1:2"],
  ["2001:db8::5:6", "2001:db8:0:0"],
  ["2001:db8::3:4:5:6:7", "2001:db8:0:3"],
  ["::1", "0:0:0:0"],
  ["::", "0:0:0:0"],
  ["fe80::1%eth0", "fe80:0:0:0"],
  ["64:ff9b::192.0.2.1", "64:ff9b:0:0"],
  ["", ""],
])("the network of %j is %j", (address, network) => {
  expect(readNetwork(address)).toBe(network);
});
