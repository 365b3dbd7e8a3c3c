// The pace of a stream: each event leaves as it comes, and silence is filled with comments.
import { describe, expect, test } from "vitest";
import { chunk, done, event, startStreaming, streamsThen, write } from "../support/stream.ts";
import { subscribeSse, transports } from "../support/subscribe.ts";

/** The upstream writes each event only once the client has the one before. */
function lockStep(count: number) {
  const arrivals: { tell: () => void; told: Promise<void> }[] = Array.from({ length: count }, () => {
    let tell = () => {};
    const told = new Promise<void>((resolve) => {
      tell = resolve;
    });
    return { tell, told };
  });
  const written: number[] = [];
  const answer = streamsThen("", async (res) => {
    for (const [place, { told }] of arrivals.entries()) {
      written.push(performance.now());
      await write(res, event(chunk(String(place))));
      await told;
    }
    res.end(done);
  });
  return { answer, written, arrived: (place: number) => arrivals[place]?.tell() };
}

describe.each(transports)("over $transport", ({ subscribe }) => {
  test("an event reaches the client before the upstream writes the next, within milliseconds", async () => {
    const { answer, written, arrived } = lockStep(200);
    const { server } = await startStreaming(answer);
    const subscription = await subscribe(server.url);
    const delays: number[] = [];
    for (let place = 0; place < 200; place++) {
      expect(await subscription.next()).toEqual({ data: { chat: { text: String(place) } } });
      delays.push(performance.now() - (written[place] ?? 0));
      arrived(place);
    }
    expect(await subscription.ended).toBe("complete");
    expect(delays.sort((one, other) => one - other)[100]).toBeLessThan(10);
  });
});

describe("over SSE", () => {
  test("the head leaves at once, with headers that keep proxies from buffering", async () => {
    const { server } = await startStreaming(() => {});
    const { res } = await subscribeSse(server.url);
    expect(res.statusCode).toBe(200);
    expect(res.headers).toMatchObject({
      "content-type": "text/event-stream",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
    });
    expect(res.headers["content-encoding"]).toBeUndefined();
  });

  test.each([
    ["before the head", () => {}],
    ["before the first event", streamsThen("", () => {})],
    ["in the middle", streamsThen(event(chunk("Hel")), () => {})],
  ])("comments come while the upstream is silent %s", async (_, answer) => {
    const { server } = await startStreaming(answer);
    const { comments } = await subscribeSse(server.url);
    await expect.poll(comments, { timeout: 5_000 }).toBeGreaterThan(2);
  });
});
