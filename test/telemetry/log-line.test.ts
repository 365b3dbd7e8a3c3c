// The line of an operation, which is written from a template, beside the line that pino writes of the same members.
import { afterEach, expect, test, vi } from "vitest";
import type { CallerContext } from "../../src/limits/caller-context.ts";
import { CHAT_COMPLETIONS } from "../../src/openai/chat.ts";
import { OpenAIError } from "../../src/openai/client/failures/errors.ts";
import { MODELS } from "../../src/openai/models.ts";
import { createLogger, createLogObserver } from "../../src/telemetry/log.ts";
import { type Observer, OperationRecord } from "../../src/telemetry/operation-record.ts";
import { createRandom, type Random } from "../support/random.ts";

const TEXTS = [
  "plain",
  "",
  'quo"ted',
  "back\\slash",
  "line\nend",
  "\u0000\u001f\u007f",
  "é €😀",
  "\u2028",
  "x".repeat(200),
];

afterEach(() => {
  vi.useRealTimers();
});

/** Observes one operation that went in some way. */
function operate(random: Random, observer: Observer): void {
  const operation = createRecord(random, observer);
  for (let fields = random.below(4); fields > 0; fields--) {
    const field = operation.beginField(`key${fields}`, random.pick(["chat", "models", "viewer"]));
    for (let calls = random.below(3); calls > 0; calls--) {
      const call = field.beginCall(
        random.pick([CHAT_COMPLETIONS, MODELS]),
        random.pick([undefined, ...TEXTS]),
        random.pick([undefined, "ada", "bob"]),
      );
      call.admitted();
      for (let attempts = random.below(3); attempts > 0; attempts--) {
        call.attemptBegins();
        if (!random.oneIn(3)) call.answerBegins(random.pick([200, 429, 500]), random.pick([undefined, ...TEXTS]), true);
      }
      const usage = { prompt_tokens: random.below(9), completion_tokens: random.below(9), total_tokens: 20 };
      if (!random.oneIn(3)) call.received({ choices: [{ delta: { content: "words" } }], usage });
      if (!random.oneIn(4)) call.ended(random.pick([undefined, new OpenAIError("timeout", "Too late.")]));
      else call.ended();
    }
    field.end();
  }
  const codes = ["RATE_LIMITED", "UPSTREAM_TIMEOUT", "INTERNAL_SERVER_ERROR"];
  if (random.oneIn(3)) operation.readResult({ errors: [{ extensions: { code: random.pick(codes) } }] });
  if (!random.oneIn(3)) operation.caller = { caller: { id: random.pick(TEXTS) } } as CallerContext;
  operation.end(random.oneIn(5));
}

function createRecord(random: Random, observer: Observer): OperationRecord {
  const operation = new OperationRecord(
    { requestId: random.pick(TEXTS), transport: random.pick(["http", "websocket"]) },
    [observer],
  );
  operation.nameAs(random.pick([undefined, "Name", "_1", "not a name"]));
  operation.type = random.pick([undefined, "query", "mutation", "subscription"] as const);
  operation.uploadBytes = random.pick([0, 17]);
  return operation;
}

test("is the line of pino, byte by byte, whatever is in it", () => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2030, 0, 1) });
  const random = createRandom(1);
  const written: string[] = [];
  const plain: string[] = [];
  const log = createLogger("info", { write: (line) => void plain.push(line) });
  const destination = { write: (line: string) => void written.push(line) };
  const observer = createLogObserver(createLogger("info", destination), destination);
  for (let turn = 0; turn < 3_000; turn++) {
    vi.setSystemTime(Date.now() + random.below(random.oneIn(20) ? 100_000 : 300));
    operate(random, observer);
    const { level, time, pid, hostname, msg, ...members } = JSON.parse(written[turn] ?? "");
    log[level as "info"](members, msg);
    expect(written[turn]).toBe(plain[turn]);
  }
  expect(written).toHaveLength(3_000);
});

test("is written as the level allows, with the time of its end", () => {
  const written: string[] = [];
  const destination = { write: (line: string) => void written.push(line) };
  for (const level of ["silent", "error", "warn"] as const)
    operate(createRandom(2), createLogObserver(createLogger(level, destination), destination));
  expect(written.filter((line) => JSON.parse(line).level === "info")).toEqual([]);
  const startedAt = Date.now();
  operate(createRandom(2), createLogObserver(createLogger("info", destination), destination));
  const { time } = JSON.parse(written.at(-1) ?? "");
  expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(Date.parse(time)).toBeGreaterThanOrEqual(startedAt);
  expect(Date.parse(time)).toBeLessThanOrEqual(Date.now());
});
