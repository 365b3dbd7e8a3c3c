// What is said, as servers of this API send it, through the whole server: each line is a kind that was reported, or one beside it.
import { describe, expect, test } from "vitest";
import { shared } from "../../support/lifetime.ts";
import { startServed } from "../../support/served-upstream.ts";
import { type Json, tellStream, tellWhole } from "../../support/told.ts";
import { json } from "../../support/upstream.ts";

const served = shared(() => startServed(json({})));

/** An event of one choice. */
const ch = (choice: Json, rest: Json = {}) => ({ id: "x", choices: [{ index: 0, ...choice }], ...rest });
const d = (delta: Json, finish_reason: Json = null) => ch({ delta, finish_reason });
const c = (content: Json) => d({ content });
const stop = d({}, "stop");

const text = (said: string) => ({ type: "text", text: said });

describe("a message and a delta tell the same of", () => {
  test.each<[name: string, said: Json, told: string]>([
    ["an integer", { content: 1 }, 'content "1"'],
    ["a fraction", { content: 0.005 }, 'content "0.005"'],
    ["zero", { content: 0 }, 'content "0"'],
    ["a negative number", { content: -1 }, 'content "-1"'],
    ["true", { content: true }, 'content "true"'],
    ["false", { content: false }, 'content "false"'],
    ["parts", { content: [text("Hel"), text("lo")] }, 'content "Hello"'],
    [
      "a thinking part",
      { content: [{ type: "thinking", thinking: "hm" }, text("yes")] },
      'content "yes" reasoning "hm"',
    ],
    [
      "a list in a thinking part",
      { content: [{ type: "thinking", thinking: [text("h"), text("m")] }, text("yes")] },
      'content "yes" reasoning "hm"',
    ],
    ["a reasoning part", { content: [{ type: "reasoning", text: "hm" }, text("yes")] }, 'content "yes" reasoning "hm"'],
    [
      "an output_text part",
      {
        content: [
          { type: "reasoning", reasoning: "hm" },
          { type: "output_text", text: "yes" },
        ],
      },
      'content "yes" reasoning "hm"',
    ],
    ["strings and numbers in a list", { content: ["a", 1, null] }, 'content "a1"'],
    ["a part without a type", { content: [{ text: "a" }] }, 'content "a"'],
    [
      "a picture",
      { content: [text("see"), { type: "image_url", image_url: { url: "https://e.com/a.png" } }] },
      'content "see" images https://e.com/a.png',
    ],
    [
      "a part of another kind",
      { content: [text("see"), { type: "reference", reference_ids: [1] }] },
      'content "see" saidExtra{"content_parts":[{"type":"reference","reference_ids":[1]}]}',
    ],
    ["a refusal among the parts", { content: [{ type: "refusal", refusal: "no" }] }, 'refusal "no"'],
    ["no parts", { content: [] }, ""],
    ["one part without a list", { content: text("a") }, 'content "a"'],
    ["a number in a part", { content: [text(5 as Json)] }, 'content "5"'],
    ["both names of reasoning", { reasoning_content: "hm", reasoning: "hm", content: "" }, 'content "" reasoning "hm"'],
    ["an empty first name", { reasoning_content: "", reasoning: "hm" }, 'reasoning "hm"'],
    ["a null first name", { reasoning_content: null, reasoning: "hm" }, 'reasoning "hm"'],
    ["reasoning in an object", { reasoning: { text: "hm" } }, 'reasoning "hm"'],
    ["reasoning_content in an object", { reasoning_content: { text: "hm" } }, 'reasoning "hm"'],
    ["content in reasoning", { reasoning: { content: "hm" } }, 'reasoning "hm"'],
    ["reasoning in a list", { reasoning: ["h", "m"] }, 'reasoning "hm"'],
    ["reasoning that is a number", { reasoning_content: 7 }, 'reasoning "7"'],
    [
      "reasoning_details alone",
      {
        reasoning_details: [
          { type: "reasoning.text", text: "h" },
          { type: "reasoning.text", text: "m" },
        ],
      },
      'reasoning "hm" saidExtra{"reasoning_details":[{"type":"reasoning.text","text":"h"},{"type":"reasoning.text","text":"m"}]}',
    ],
    [
      "a summary in reasoning_details",
      { reasoning_details: [{ type: "reasoning.summary", summary: "hm" }] },
      'reasoning "hm" saidExtra{"reasoning_details":[{"type":"reasoning.summary","summary":"hm"}]}',
    ],
    [
      "encrypted reasoning_details",
      { content: "x", reasoning_details: [{ type: "reasoning.encrypted", data: "AA" }] },
      'content "x" saidExtra{"reasoning_details":[{"type":"reasoning.encrypted","data":"AA"}]}',
    ],
    [
      "reasoning_details beside reasoning",
      { reasoning: "hm", reasoning_details: [{ type: "reasoning.text", text: "hm" }] },
      'reasoning "hm" saidExtra{"reasoning_details":[{"type":"reasoning.text","text":"hm"}]}',
    ],
    [
      "thinking_blocks alone",
      { thinking_blocks: [{ type: "thinking", thinking: "hm", signature: "s" }] },
      'reasoning "hm" saidExtra{"thinking_blocks":[{"type":"thinking","thinking":"hm","signature":"s"}]}',
    ],
    [
      "thinking_blocks beside reasoning",
      { reasoning_content: "hm", thinking_blocks: [{ type: "thinking", thinking: "hm" }] },
      'reasoning "hm" saidExtra{"thinking_blocks":[{"type":"thinking","thinking":"hm"}]}',
    ],
    ["thinking", { thinking: "hm" }, 'reasoning "hm"'],
    [
      "thinking in a list, with a signature",
      { thinking: [{ type: "thinking", thinking: "hm", signature: "s" }] },
      'reasoning "hm" saidExtra{"thinking":[{"type":"thinking","thinking":"hm","signature":"s"}]}',
    ],
    ["reasoning_text", { reasoning_text: "hm" }, 'reasoning "hm"'],
    ["thought", { thought: "hm" }, 'reasoning "hm"'],
    ["nulls", { content: "a", audio: null, refusal: null, function_call: null, tool_calls: null }, 'content "a"'],
    ["a refusal", { refusal: "no", content: null }, 'refusal "no"'],
    [
      "pictures in all forms",
      {
        images: [
          { image_url: { url: "https://e/1" } },
          { image_url: "https://e/2" },
          { url: "https://e/3" },
          "https://e/4",
          { b64_json: "iVBORw0KGgo=" },
          null,
          5,
          {},
        ],
      },
      "images https://e/1,https://e/2,https://e/3,https://e/4,data:image/png;base64,iVBORw0KGgo=",
    ],
    [
      "citations in both forms",
      {
        annotations: [
          { type: "url_citation", url_citation: { url: "https://e/1" } },
          { type: "url_citation", url: "https://e/2" },
          { type: "file_citation" },
          null,
        ],
      },
      "annotations https://e/1,https://e/2",
    ],
    [
      "names of JavaScript's own",
      { content: "a", constructor: 1, toJSON: 3, hasOwnProperty: 4 },
      'content "a" saidExtra{"constructor":1,"toJSON":3,"hasOwnProperty":4}',
    ],
  ])("%s", async (_, said, told) => {
    const expected = `${told} end STOP/stop`.trim();
    const message = { role: "assistant", ...said };
    expect(await tellWhole(served(), "chat", ch({ message, finish_reason: "stop" }))).toBe(expected);
    expect(await tellStream(served(), "chat", [d(said), stop])).toBe(expected);
    // What has come earlier may be known by its form.
    const again = await tellStream(served(), "chat", [d({ content: "A" }), d({ content: "B" }), d(said), stop]);
    expect(again.replace('content "AB', 'content "').replace('content ""', "").trim()).toBe(
      expected.replace('content ""', "").trim(),
    );
  });
});

describe("a stream tells", () => {
  test.each<[name: string, events: Json[], told: string]>([
    ["text beside the end", [c("a"), d({ content: "b" }, "stop")], 'content "ab" end STOP/stop'],
    ["text after the end", [c("a"), stop, c("b")], 'content "ab" end STOP/stop'],
    [
      "text after end and usage",
      [c("a"), { ...stop, usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } }, c("b")],
      'content "ab" end STOP/stop usage 1+1=2',
    ],
    [
      "messages beside deltas once",
      [
        ch({ delta: { content: "a" }, message: { content: "a" } }),
        ch({ delta: { content: "b" }, message: { content: "ab" } }),
        ch({ delta: { content: "" }, message: { content: "ab" }, finish_reason: "stop" }),
      ],
      'content "ab" end STOP/stop',
    ],
    [
      "a message after deltas once",
      [c("a"), c("b"), ch({ message: { role: "assistant", content: "ab" }, finish_reason: "stop" })],
      'content "ab" end STOP/stop',
    ],
    [
      "of a message after deltas what they did not",
      [
        d({ reasoning: "hm" }),
        ch({
          message: { content: "ab", reasoning: "hm", images: [{ url: "https://e/1" }], more: 1 },
          finish_reason: "stop",
        }),
      ],
      'content "ab" reasoning "hm" images https://e/1 saidExtra{"more":1} end STOP/stop',
    ],
    [
      "a message with parts after deltas once",
      [c("ab"), ch({ message: { content: [text("ab")] }, finish_reason: "stop" })],
      'content "ab" end STOP/stop',
    ],
    [
      "one message alone",
      [ch({ message: { role: "assistant", content: "ab", reasoning_content: "hm" }, finish_reason: "stop" })],
      'content "ab" reasoning "hm" end STOP/stop',
    ],
    [
      "messages that grow",
      [
        ch({ message: { content: "a", reasoning: "h" } }),
        ch({ message: { content: "ab", reasoning: "hm" } }),
        ch({ message: { content: "abc", reasoning: "hm" }, finish_reason: "stop" }),
      ],
      'content "abc" reasoning "hm" end STOP/stop',
    ],
    [
      "messages that add",
      [
        ch({ message: { content: "Hel" } }),
        ch({ message: { content: "lo" } }),
        ch({ message: { content: "!" }, finish_reason: "stop" }),
      ],
      'content "Hello!" end STOP/stop',
    ],
    [
      "null for delta and message",
      [c("a"), ch({ message: null, delta: null, finish_reason: "stop" })],
      'content "a" end STOP/stop',
    ],
    [
      "text for delta",
      [ch({ text: "a" }), ch({ text: "b" }), ch({ text: "c", finish_reason: "stop" })],
      'content "abc" end STOP/stop',
    ],
    [
      "text beside the same delta once",
      [ch({ text: "a", delta: { content: "a" } }), ch({ text: "b", delta: { content: "b" } }), stop],
      'content "ab" end STOP/stop',
    ],
    ["a delta that is text", [ch({ delta: "a" }), ch({ delta: "b" }), stop], 'content "ab" end STOP/stop'],
    ["no delta at the end", [c("a"), ch({ finish_reason: "stop" })], 'content "a" end STOP/stop'],
    [
      "null for choices with the usage",
      [c("a"), stop, { id: "x", choices: null, usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } }],
      'content "a" end STOP/stop usage 1+2=3',
    ],
    [
      "no choices with the usage",
      [c("a"), stop, { id: "x", usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } }],
      'content "a" end STOP/stop usage 1+2=3',
    ],
    [
      "one choice without a list",
      [
        { id: "x", choices: { index: 0, delta: { content: "a" } } },
        { id: "x", choices: { index: 0, delta: { content: "b" } } },
        stop,
      ],
      'content "ab" end STOP/stop',
    ],
    [
      "choices by their numbers",
      [
        { id: "x", choices: { "0": { delta: { content: "a" } }, "1": { delta: { content: "b" } } } },
        {
          id: "x",
          choices: [
            { index: 0, finish_reason: "stop" },
            { index: 1, finish_reason: "length" },
          ],
        },
      ],
      '#0 content "a" end STOP/stop #1 content "b" end LENGTH/length',
    ],
    ["a null choice as nothing", [{ id: "x", choices: [null] }, c("a"), stop], 'content "a" end STOP/stop'],
    [
      "two choices by their places",
      [
        { id: "x", choices: [{ delta: { content: "a" } }, { delta: { content: "b" } }] },
        { id: "x", choices: [{ delta: {}, finish_reason: "stop" }, { finish_reason: "length" }] },
      ],
      '#0 content "a" end STOP/stop #1 content "b" end LENGTH/length',
    ],
    [
      "two choices with numbers as text",
      [
        ch({ index: "1", delta: { content: "a" } }),
        ch({ index: "1", delta: { content: "b" } }),
        ch({ index: "0", delta: { content: "c" } }),
        ch({ index: "1", finish_reason: "stop" }),
        ch({ index: "0", finish_reason: "length" }),
      ],
      '#1 content "ab" end STOP/stop #0 content "c" end LENGTH/length',
    ],
    [
      "a null number as the place",
      [ch({ index: null, delta: { content: "a" }, finish_reason: "stop" })],
      'content "a" end STOP/stop',
    ],
    [
      "roles of all kinds as no more than that",
      ["", null, "Assistant", "model", 5].map((role) => d({ role, content: "a" })).concat(stop),
      'content "aaaaa" end STOP/stop',
    ],
    ["empty texts as text", [c(""), c(""), stop], 'content "" end STOP/stop'],
    [
      "numbers after text of one form",
      [c("Room "), c("with "), c("number "), c(1), c(0.5), c(" left"), stop],
      'content "Room with number 10.5 left" end STOP/stop',
    ],
    [
      "citations as they grow",
      [
        { ...c("a"), citations: ["https://e/1"] },
        { ...stop, citations: ["https://e/1", { url: "https://e/2" }] },
      ],
      'content "a" end STOP/stop citations https://e/1,https://e/2',
    ],
    [
      "what the schema has no place for, where it stood",
      [{ ...ch({ delta: { content: "a", c: 3 }, b: 2 }), a: 1 }, stop],
      'content "a" saidExtra{"c":3} end STOP/stop choiceExtra{"b":2} extra{"a":1}',
    ],
  ])("%s", async (_, events, told) => {
    expect(await tellStream(served(), "chat", events)).toBe(told);
  });
});

describe("a whole answer tells", () => {
  test.each<[name: string, answer: Json, told: string]>([
    ["text for a message", { choices: [{ index: 0, text: "a", finish_reason: "stop" }] }, 'content "a" end STOP/stop'],
    [
      "a delta for a message",
      { choices: [{ delta: { content: "a" }, finish_reason: "stop" }] },
      'content "a" end STOP/stop',
    ],
    [
      "one choice without a list",
      { choices: { index: 0, message: { content: "a" }, finish_reason: "stop" } },
      'content "a" end STOP/stop',
    ],
    [
      "the last of several messages",
      { choices: [{ messages: [{ role: "assistant", content: "a" }], finish_reason: "stop" }] },
      'content "a" end STOP/stop',
    ],
    [
      "two choices without numbers",
      { choices: [{ message: { content: "a" } }, { message: { content: "b" } }] },
      '#0 content "a" #1 content "b"',
    ],
    [
      "calls beside the message",
      { choices: [{ message: { content: "a" }, tool_calls: [{ id: "x", function: { name: "f", arguments: {} } }] }] },
      'content "a" f@x({})',
    ],
    ["no choices as an error", { id: "x", choices: null }, "UPSTREAM_INVALID_RESPONSE"],
    ["an empty list of choices as an error", { id: "x", choices: [] }, "UPSTREAM_INVALID_RESPONSE"],
    [
      "what the schema has no place for, where it stood",
      { a: 1, choices: [{ index: 0, b: 2, message: { content: "a", c: 3 }, finish_reason: "stop" }] },
      'content "a" saidExtra{"c":3} end STOP/stop choiceExtra{"b":2} extra{"a":1}',
    ],
    [
      "__proto__ as a name like others",
      '{"__proto__":{"id":"evil"},"choices":[{"index":0,"__proto__":{"z":1},"message":{"content":"a","__proto__":{"content":"evil"}}}]}',
      'content "a" saidExtra{"__proto__":{"content":"evil"}} choiceExtra{"__proto__":{"z":1}} extra{"__proto__":{"id":"evil"}}',
    ],
  ])("%s", async (_, answer, told) => {
    expect(await tellWhole(served(), "chat", answer)).toBe(told);
  });
});
