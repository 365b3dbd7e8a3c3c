// The React component of docs/clients.md against a real server. State and effects are made by hand, as no other test needs React itself.
import { transformWithEsbuild } from "vite";
import { expect, onTestFinished, test } from "vitest";
import { findBlock } from "../support/docs.ts";
import { chunk, event, hello, startStreaming, streams, streamsThen } from "../support/stream.ts";

type Answer = (properties: { prompt: string }) => string;

/** The state of one component: `useState` and `useEffect` of one effect, as React calls them on each render. */
function createReact(render: () => void) {
  const states: unknown[] = [];
  let place = 0;
  let dependencies: unknown[] | undefined;
  let leave: (() => void) | undefined;
  return {
    begin: () => (place = 0),
    leave: () => leave?.(),
    useState(initial: unknown) {
      const own = place++;
      if (!(own in states)) states[own] = initial;
      const set = (value: unknown) => {
        states[own] = typeof value === "function" ? value(states[own]) : value;
        render();
      };
      return [states[own], set];
    },
    useEffect(effect: () => () => void, given: unknown[]) {
      if (dependencies && given.every((value, index) => value === dependencies?.[index])) return;
      leave?.();
      dependencies = given;
      queueMicrotask(() => {
        leave = effect();
      });
    },
  };
}

/** The page's component on the server at `url`; `shown` is what it renders. */
async function mount(url: string) {
  const recipe = findBlock("docs/clients.md", "tsx", "export function Answer");
  const { code } = await transformWithEsbuild(recipe, "answer.tsx", { jsx: "transform", jsxFactory: "show" });
  const body = code
    .replace(/import (\{.*?\}) from "graphql-sse"/, "const $1 = sse")
    .replace(/import (\{.*?\}) from "react"/, "const $1 = react")
    .replace("export function", "return function")
    .replace("http://127.0.0.1:4000/graphql", url);
  const shown: string[] = [];
  let prompt = "";
  let answer: Answer | undefined;
  const render = () => {
    react.begin();
    if (answer) shown.push(answer({ prompt }));
  };
  const react = createReact(render);
  const show = (_type: string, _properties: null, text: string) => text;
  answer = new Function("sse", "react", "show", body)(await import("graphql-sse"), react, show);
  onTestFinished(react.leave);
  const ask = (next: string) => {
    prompt = next;
    render();
  };
  return { shown, ask, leave: react.leave };
}

test("the answer grows", async () => {
  const { server } = await startStreaming(streams(hello));
  const { shown, ask } = await mount(server.url);
  ask("Hi");
  await expect.poll(() => shown.at(-1)).toBe("Hello");
  expect(shown).toContain("Hel");
});

test("another prompt ends the call before, and begins anew", async () => {
  const { upstream, server } = await startStreaming(streamsThen(event(chunk("Hel")), () => {}));
  const { shown, ask } = await mount(server.url);
  ask("Hi");
  await expect.poll(() => shown.at(-1)).toBe("Hel");
  upstream.answer = streams(event(chunk("Bye", "stop")));
  ask("Bye");
  await upstream.requests[0]?.closed;
  await expect.poll(() => shown.at(-1)).toBe("Bye");
});

test("an error is shown, and gone with the next prompt; who leaves ends the call", async () => {
  const { upstream, server } = await startStreaming(streamsThen(event(chunk("Hel")), (_, socket) => socket.destroy()));
  const { shown, ask, leave } = await mount(server.url);
  ask("Hi");
  await expect.poll(() => shown.at(-1)).toMatch(/^The upstream's answer broke off in the middle\./);
  upstream.answer = streamsThen(event(chunk("Again")), () => {});
  ask("Again");
  await expect.poll(() => shown.at(-1)).toBe("Again");
  leave();
  await upstream.requests.at(-1)?.closed;
});
