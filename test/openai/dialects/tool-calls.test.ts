// Tool calls as servers of this API send them, through the whole server: each line is a kind that was reported, or one beside it.
import { describe, expect, test } from "vitest";
import { shared } from "../../support/lifetime.ts";
import { startServed } from "../../support/served-upstream.ts";
import { type Json, tellStream, tellWhole } from "../../support/told.ts";
import { json } from "../../support/upstream.ts";

const served = shared(() => startServed(json({})));

const d = (delta: Json, finish_reason: Json = null, index = 0) => ({
  id: "x",
  choices: [{ index, delta, finish_reason }],
});
/** An event with these pieces. */
const tc = (...tool_calls: Json[]) => d({ tool_calls });
/** A piece of a call of a function. */
const f = (name: Json, args: Json, rest: Json = {}) => ({
  ...rest,
  function: { ...(name !== undefined && { name }), ...(args !== undefined && { arguments: args }) },
});

describe("a stream brings whole calls out of", () => {
  test.each<[name: string, events: Json[], told: string]>([
    [
      "no index, id each piece",
      [tc(f("f", '{"x"', { id: "a" })), tc(f(undefined, ":1}", { id: "a" }))],
      'f@a({"x":1})',
    ],
    [
      "no index, id on first",
      [tc(f("f", '{"x"', { id: "a" })), tc(f(undefined, ":1}")), tc(f("g", "{}", { id: "b" }))],
      'f@a({"x":1}) g@b({})',
    ],
    [
      "index 0 new ids with tails",
      [
        tc(f("f", "", { index: 0, id: "a" })),
        tc(f(undefined, '{"x":1}', { index: 0 })),
        tc(f("f", "", { index: 0, id: "b" })),
        tc(f(undefined, '{"x":2}', { index: 0 })),
      ],
      'f@a({"x":1}) f@b({"x":2})',
    ],
    ["no ids index ok", [tc(f("f", "{}", { index: 0 })), tc(f("g", "{}", { index: 1 }))], "f@*({}) g@*({})"],
    [
      "no ids, index ok, interleaved",
      [
        tc(f("f", "{", { index: 0 })),
        tc(f("g", "{", { index: 1 })),
        tc(f(undefined, "}", { index: 0 })),
        tc(f(undefined, "}", { index: 1 })),
      ],
      "f@*({}) g@*({})",
    ],
    [
      "name in every piece",
      [
        tc(f("f", "{", { index: 0, id: "a" })),
        tc(f("f", '"x":1', { index: 0, id: "a" })),
        tc(f("f", "}", { index: 0, id: "a" })),
      ],
      'f@a({"x":1})',
    ],
    ["name in every piece, no index no id", [tc(f("f", "{")), tc(f("f", '"x":1')), tc(f("f", "}"))], 'f@*({"x":1})'],
    [
      "all index 0 no ids, three calls",
      [
        tc(f("read", '{"p":0}', { index: 0 })),
        tc(f("write", '{"p":1}', { index: 0 })),
        tc(f("read", '{"p":2}', { index: 0 })),
      ],
      'read@*({"p":0}) write@*({"p":1}) read@*({"p":2})',
    ],
    [
      "same name twice, index 0, no ids",
      [tc(f("f", '{"a":1}', { index: 0 })), tc(f("f", '{"a":2}', { index: 0 }))],
      'f@*({"a":1}) f@*({"a":2})',
    ],
    [
      "same name same args twice in one list without anything",
      [tc(f("f", '{"a":1}'), f("f", '{"a":1}'))],
      'f@*({"a":1}) f@*({"a":1})',
    ],
    [
      "all index 0 in one list, no ids",
      [tc(f("f", '{"a":1}', { index: 0 }), f("f", '{"a":2}', { index: 0 }))],
      'f@*({"a":1}) f@*({"a":2})',
    ],
    [
      "name later",
      [
        tc(f(undefined, "", { index: 0, id: "a", type: "function" })),
        tc(f("f", undefined, { index: 0 })),
        tc(f(undefined, "{}", { index: 0 })),
      ],
      "f@a({})",
    ],
    [
      "name empty first",
      [tc(f("", "", { index: 0, id: "a", type: "function" })), tc(f("f", "{}", { index: 0 }))],
      "f@a({})",
    ],
    [
      "arguments before name",
      [tc(f(undefined, '{"x"', { index: 0, id: "a" })), tc(f("f", ":1}", { index: 0 }))],
      'f@a({"x":1})',
    ],
    ["name never", [tc(f(undefined, "{}", { index: 0, id: "a" }))], "null@a({})"],
    ["id later", [tc(f("f", "{", { index: 0 })), tc(f(undefined, "}", { index: 0, id: "late" }))], "f@*({})"],
    [
      "name split",
      [
        tc(f("get_", undefined, { index: 0, id: "a" })),
        tc(f("weather", undefined, { index: 0 })),
        tc(f(undefined, "{}", { index: 0 })),
      ],
      "get_@a() weather@*({})",
    ],
    ["arguments missing", [tc(f("f", undefined, { index: 0, id: "a" }))], "f@a()"],
    ["null entries", [tc(null, f("f", "{}", { index: 0, id: "a" }), null)], "f@a({})"],
    ["tool_calls null", [d({ content: "x", tool_calls: null })], 'content "x"'],
    ["tool_calls empty", [d({ content: "x", tool_calls: [] })], 'content "x"'],
    ["tool_calls object", [d({ tool_calls: f("f", "{}", { id: "a" }) })], "f@a({})"],
    [
      "calls beside content",
      [d({ content: "x", tool_calls: [f("f", "{}", { index: 0, id: "a" })] })],
      'content "x" f@a({})',
    ],
    [
      "interleaved by id without index",
      [
        tc(f("f", '{"x"', { id: "a" })),
        tc(f("g", '{"y"', { id: "b" })),
        tc(f(undefined, ":1}", { id: "a" })),
        tc(f(undefined, ":2}", { id: "b" })),
      ],
      'f@a({"x":1}) g@b({"y":2})',
    ],
    [
      "interleaved by id, index 0",
      [
        tc(f("f", '{"x"', { index: 0, id: "a" })),
        tc(f("g", '{"y"', { index: 0, id: "b" })),
        tc(f(undefined, ":1}", { index: 0, id: "a" })),
        tc(f(undefined, ":2}", { index: 0, id: "b" })),
      ],
      'f@a({"x":1}) g@b({"y":2})',
    ],
    [
      "interleaved by id and name, index 0",
      [
        tc(f("f", '{"x"', { index: 0, id: "a" })),
        tc(f("f", '{"y"', { index: 0, id: "b" })),
        tc(f("f", ":1}", { index: 0, id: "a" })),
        tc(f("f", ":2}", { index: 0, id: "b" })),
      ],
      'f@a({"x":1}) f@b({"y":2})',
    ],
    [
      "second head at 0, its tail at 1",
      [
        tc(f("f", '{"x":1}', { index: 0, id: "a" })),
        tc(f("g", "", { index: 0, id: "b" })),
        tc(f(undefined, '{"y":2}', { index: 1 })),
      ],
      'f@a({"x":1}) g@b({"y":2})',
    ],
    [
      "right index wins over last: tail of 0 after head of 1",
      [
        tc(f("f", "{", { index: 0, id: "a" }), f("g", "{", { index: 1, id: "b" })),
        tc(f(undefined, "}", { index: 0 }), f(undefined, "}", { index: 1 })),
      ],
      "f@a({}) g@b({})",
    ],
    [
      "no index, one list of two, tails by place",
      [
        tc(f("f", "{", { id: "a" }), f("g", "{", { id: "b" })),
        tc(f(undefined, "}", { id: "a" }), f(undefined, "}", { id: "b" })),
      ],
      "f@a({}) g@b({})",
    ],
    [
      "legacy function_call",
      [
        d({ function_call: { name: "f", arguments: "" } }),
        d({ function_call: { arguments: '{"x"' } }),
        d({ function_call: { arguments: ":1}" } }),
      ],
      'function f({"x":1})',
    ],
    ["legacy function_call object", [d({ function_call: { name: "f", arguments: { x: 1 } } })], 'function f({"x":1})'],
    ["legacy null", [d({ content: "x", function_call: null })], 'content "x"'],
    [
      "index as text",
      [
        tc(f("f", "{", { index: "0", id: "a" })),
        tc(f("g", "{", { index: "1", id: "b" })),
        tc(f(undefined, "}", { index: "0" })),
        tc(f(undefined, "}", { index: "1" })),
      ],
      "f@a({}) g@b({})",
    ],
    [
      "index from 1",
      [
        tc(f("f", "{", { index: 1, id: "a" })),
        tc(f(undefined, "}", { index: 1 })),
        tc(f("g", "{", { index: 2, id: "b" })),
        tc(f(undefined, "}", { index: 2 })),
      ],
      "f@a({}) g@b({})",
    ],
    [
      "index 5 and 7",
      [tc(f("f", "{}", { index: 5, id: "a" })), tc(f("g", "{}", { index: 7, id: "b" }))],
      "f@a({}) g@b({})",
    ],
    [
      "index backwards",
      [
        tc(f("g", "{", { index: 1, id: "b" })),
        tc(f("f", "{", { index: 0, id: "a" })),
        tc(f(undefined, "}", { index: 1 })),
        tc(f(undefined, "}", { index: 0 })),
      ],
      "g@b({}) f@a({})",
    ],
    [
      "whole call again in the last chunk",
      [
        tc(f("f", '{"x"', { index: 0, id: "a" })),
        tc(f(undefined, ":1}", { index: 0 })),
        tc(f("f", '{"x":1}', { index: 0, id: "a" })),
      ],
      'f@a({"x":1})',
    ],
    [
      "whole calls again without ids",
      [
        tc(f("f", '{"x"', { index: 0 })),
        tc(f(undefined, ":1}", { index: 0 })),
        tc(f("g", "{}", { index: 1 })),
        tc(f("f", '{"x":1}', { index: 0 }), f("g", "{}", { index: 1 })),
      ],
      'f@*({"x":1}) g@*({}) f@*({"x":1}) g@*({})',
    ],
    [
      "whole call again with object arguments",
      [
        tc(f("f", '{"x"', { index: 0, id: "a" })),
        tc(f(undefined, ": 1}", { index: 0 })),
        tc(f("f", { x: 1 }, { index: 0, id: "a" })),
      ],
      'f@a({"x": 1})',
    ],
    ["function comes later", [tc({ index: 0, id: "a", type: "function" }), tc(f("f", "{}", { index: 0 }))], "f@a({})"],
    [
      "function null first",
      [tc({ index: 0, id: "a", type: "function", function: null }), tc(f("f", "{}", { index: 0 }))],
      "f@a({})",
    ],
    ["flat call", [tc({ id: "a", name: "f", arguments: { x: 1 } })], 'f@a({"x":1})'],
    ["flat call no id text args", [tc({ name: "f", arguments: '{"x":1}' })], 'f@*({"x":1})'],
    ["function has more", [tc({ index: 0, id: "a", function: { name: "f", arguments: "{}", foo: 1 } })], "f@a({})"],
    [
      "function has parameters",
      [tc({ index: 0, id: "a", function: { name: "f", parameters: { x: 1 } } })],
      'f@a({"x":1})',
    ],
    ["type empty", [tc(f("f", "{}", { index: 0, id: "a", type: "" }))], "f@a({})"],
    ["type tool_use", [tc(f("f", "{}", { index: 0, id: "a", type: "tool_use" }))], "f@a:tool_use({})"],
    [
      "custom",
      [
        tc({ index: 0, id: "a", type: "custom", custom: { name: "r", input: "" } }),
        tc({ index: 0, custom: { input: "l" } }),
        tc({ index: 0, custom: { input: "s" } }),
      ],
      "r@a:custom(ls)",
    ],
    ["id number", [tc(f("f", "{", { index: 0, id: 123 })), tc(f(undefined, "}", { index: 0, id: 123 }))], "f@123({})"],
    ["id zero", [tc(f("f", "{", { index: 0, id: 0 })), tc(f(undefined, "}", { index: 0, id: 0 }))], "f@0({})"],
    [
      "same id at two indexes",
      [tc(f("f", "{}", { index: 0, id: "a" })), tc(f("g", "{}", { index: 1, id: "a" }))],
      "f@a({}) g@*({})",
    ],
    [
      "id is the name for parallel calls, no index",
      [tc(f("f", '{"a":1}', { id: "f" }), f("f", '{"a":2}', { id: "f" }))],
      'f@f({"a":1}) f@*({"a":2})',
    ],
    [
      "another id in tails, no name",
      [
        tc(f("f", "{", { index: 0, id: "a" })),
        tc(f(undefined, '"x":', { index: 0, id: "b" })),
        tc(f(undefined, "1}", { index: 0, id: "b" })),
      ],
      'f@a({"x":1})',
    ],
    [
      "a new id in each tail, no name",
      [
        tc(f("f", "{", { index: 0, id: "a" })),
        tc(f(undefined, '"x":', { index: 0, id: "b" })),
        tc(f(undefined, "1}", { index: 0, id: "c" })),
      ],
      'f@a({"x":1})',
    ],
    [
      "a new id in each tail, name empty",
      [
        tc(f("f", "{", { index: 0, id: "a" })),
        tc(f("", '"x":', { index: 0, id: "b" })),
        tc(f("", "1}", { index: 0, id: "c" })),
      ],
      'f@a({"x":1})',
    ],
    [
      "parameterless twice, index 0",
      [tc(f("now", "", { index: 0, id: "a" })), tc(f("today", "", { index: 0, id: "b" }))],
      "now@a() today@b()",
    ],
    ["parameterless twice, nothing", [tc(f("now", "")), tc(f("today", ""))], "now@*() today@*()"],
    [
      "parameterless same name twice with ids, index 0",
      [tc(f("now", "", { index: 0, id: "a" })), tc(f("now", "", { index: 0, id: "b" }))],
      "now@a() now@b()",
    ],
    [
      "tool_calls in the choice",
      [{ choices: [{ index: 0, delta: {}, tool_calls: [f("f", "{}", { id: "a" })] }] }],
      "f@a({})",
    ],
    [
      "extra_content on the call",
      [
        tc(f("f", "{", { index: 0, id: "a", extra_content: { google: { thought_signature: "s" } } })),
        tc(f(undefined, "}", { index: 0, extra_content: { k: 2 } })),
      ],
      'f@a({}){"extra_content":{"google":{"thought_signature":"s"}}}+{"extra_content":{"k":2}}',
    ],
    [
      "extra on a held piece",
      [tc({ index: 0, id: "a", extra_content: { k: 1 } }), tc(f("f", "{}", { index: 0 }))],
      'f@a({}){"extra_content":{"k":1}}',
    ],
    [
      "id empty on tails",
      [
        tc(f("f", "{", { index: 0, id: "a" })),
        tc(f("", '"x":', { index: 0, id: "" })),
        tc(f(null, "1}", { index: 0, id: "" })),
      ],
      'f@a({"x":1})',
    ],
    [
      "id null on tails",
      [
        tc(f("f", "{", { index: 0, id: "a" })),
        tc(f("", '"x":', { index: 0, id: null })),
        tc(f(null, "1}", { index: 0, id: null })),
      ],
      'f@a({"x":1})',
    ],
    [
      "id blank on tails",
      [
        tc(f("f", "{", { index: 0, id: "a" })),
        tc(f("", '"x":', { index: 0, id: "  " })),
        tc(f(null, "1}", { index: 0, id: "  " })),
      ],
      'f@a({"x":1})',
    ],
    ["arguments that are an object", [tc(f("f", { city: "Köln" }, { index: 0, id: "a" }))], 'f@a({"city":"Köln"})'],
    ["arguments that are an empty object", [tc(f("f", {}, { index: 0, id: "a" }))], "f@a({})"],
    ["arguments that are null", [tc(f("f", null, { index: 0, id: "a" }))], "f@a()"],
    ["arguments that are a number", [tc(f("f", 5, { index: 0, id: "a" }))], "f@a(5)"],
    ["arguments that are a list", [tc(f("f", [1], { index: 0, id: "a" }))], "f@a([1])"],
    ["arguments that are a boolean", [tc(f("f", true, { index: 0, id: "a" }))], "f@a(true)"],
    ["the index -1", [tc(f("f", "{", { index: -1, id: "a" })), tc(f(undefined, "}", { index: -1 }))], "f@a({})"],
    ["the index 1.5", [tc(f("f", "{", { index: 1.5, id: "a" })), tc(f(undefined, "}", { index: 1.5 }))], "f@a({})"],
    ["the index 1e9", [tc(f("f", "{", { index: 1e9, id: "a" })), tc(f(undefined, "}", { index: 1e9 }))], "f@a({})"],
    [
      "the index 2 ** 53",
      [tc(f("f", "{", { index: 2 ** 53, id: "a" })), tc(f(undefined, "}", { index: 2 ** 53 }))],
      "f@a({})",
    ],
    ["the index null", [tc(f("f", "{", { index: null, id: "a" })), tc(f(undefined, "}", { index: null }))], "f@a({})"],
    ["the index {}", [tc(f("f", "{", { index: {}, id: "a" })), tc(f(undefined, "}", { index: {} }))], "f@a({})"],
    ["the index true", [tc(f("f", "{", { index: true, id: "a" })), tc(f(undefined, "}", { index: true }))], "f@a({})"],
    ["the index 'x'", [tc(f("f", "{", { index: "x", id: "a" })), tc(f(undefined, "}", { index: "x" }))], "f@a({})"],
  ])("%s", async (_, events, told) => {
    const end = d({}, "tool_calls");
    expect(await tellStream(served(), "chat", [...events, end])).toBe(`${told} end TOOL_CALLS/tool_calls`.trim());
  });
});

const message = (said: Json, finish_reason = "tool_calls") => ({
  id: "x",
  choices: [{ index: 0, message: { role: "assistant", ...said }, finish_reason }],
});

describe("the end of a stream", () => {
  test.each<[name: string, events: Json[], told: string]>([
    [
      "repeats the calls in a message",
      [
        tc(f("f", '{"x"', { index: 0, id: "a" })),
        tc(f(undefined, ":1}", { index: 0 })),
        message({ content: null, tool_calls: [f("f", '{"x":1}', { id: "a" })] }),
      ],
      'f@a({"x":1}) end TOOL_CALLS/tool_calls',
    ],
    [
      "repeats calls without ids in a message",
      [
        tc(f("f", '{"x"', { index: 0 })),
        tc(f(undefined, ":1}", { index: 0 })),
        message({ content: null, tool_calls: [f("f", '{"x": 1}')] }),
      ],
      'f@*({"x":1}) end TOOL_CALLS/tool_calls',
    ],
    [
      "has the only calls in a message",
      [d({ content: "Hi" }), message({ content: "Hi", tool_calls: [f("f", '{"x":1}', { id: "a" })] })],
      'content "Hi" f@a({"x":1}) end TOOL_CALLS/tool_calls',
    ],
    [
      "has one call more in a message",
      [
        tc(f("f", "{}", { index: 0, id: "a" })),
        message({ content: null, tool_calls: [f("f", "{}", { id: "a" }), f("g", "{}", { id: "b" })] }),
      ],
      "f@a({}) g@b({}) end TOOL_CALLS/tool_calls",
    ],
    [
      "comes with the calls",
      [d({ tool_calls: [f("f", "{}", { index: 0, id: "a" })] }, "tool_calls")],
      "f@a({}) end TOOL_CALLS/tool_calls",
    ],
    [
      "is that of two choices with calls of their own",
      [
        d({ tool_calls: [f("f", "{}", { index: 0 })] }, "tool_calls", 0),
        d({ tool_calls: [f("g", "{}", { index: 0 })] }, "stop", 1),
      ],
      "#0 f@*({}) end TOOL_CALLS/tool_calls #1 g@*({}) end STOP/stop",
    ],
  ])("%s", async (_, events, told) => {
    expect(await tellStream(served(), "chat", events)).toBe(told);
  });
});

describe("a whole answer brings calls out of", () => {
  test.each<[name: string, said: Json, told: string]>([
    ["no ids", { tool_calls: [f("f", "{}"), f("g", "{}")] }, "f@*({}) g@*({})"],
    ["empty ids", { tool_calls: [f("f", "{}", { id: "" }), f("g", "{}", { id: "" })] }, "f@*({}) g@*({})"],
    ["object arguments", { tool_calls: [f("f", { a: [1] }, { id: "a" })] }, 'f@a({"a":[1]})'],
    ["null entries", { tool_calls: [null, f("g", "{}", { id: "b" })] }, "g@b({})"],
    ["same ids", { tool_calls: [f("f", "{}", { id: "a" }), f("f", "{}", { id: "a" })] }, "f@a({}) f@*({})"],
    ["flat", { tool_calls: [{ name: "f", arguments: { x: 1 } }] }, 'f@*({"x":1})'],
    ["object for list", { tool_calls: f("f", "{}", { id: "a" }) }, "f@a({})"],
    ["index kept off", { tool_calls: [f("f", "{}", { id: "a", index: 1 })] }, "f@a({})"],
    ["legacy object", { function_call: { name: "f", arguments: { x: 1 } } }, 'function f({"x":1})'],
    ["null list", { content: "x", tool_calls: null, function_call: null }, 'content "x"'],
    ["empty list", { content: "x", tool_calls: [] }, 'content "x"'],
    ["arguments null", { tool_calls: [f("f", null, { id: "a" })] }, "f@a()"],
    ["number id", { tool_calls: [f("f", "{}", { id: 7 })] }, "f@7({})"],
  ])("%s", async (_, said, told) => {
    const answer = message({ content: null, ...said });
    expect(await tellWhole(served(), "chat", answer)).toBe(`${told} end TOOL_CALLS/tool_calls`.trim());
  });
});
