// The Markdown of answers as HTML: what it may hold, and what hostile text cannot make of it.
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { renderMarkdown } from "../../src/graphiql/browser/reading/markdown.ts";

const render = (text: string) => renderToStaticMarkup(createElement("div", {}, renderMarkdown(text))).slice(5, -6);
const LINK = 'target="_blank" rel="noopener noreferrer nofollow"';

test.each([
  ["# One\n\nTwo *three* **four** ~~five~~", "<h1>One</h1><p>Two <em>three</em> <strong>four</strong> <s>five</s></p>"],
  ["`a<b`\n\n```js\nlet a = 1 < 2;\n```", "<p><code>a&lt;b</code></p><pre><code>let a = 1 &lt; 2;\n</code></pre>"],
  ["3. a\n4. b", '<ol start="3"><li>a\n</li><li>b\n</li></ol>'],
  ["- a\n  - b", "<ul><li>a\n<ul><li>b\n</li></ul></li></ul>"],
  ["> a  \n> b\n\n---", "<blockquote><p>a<br/>b</p></blockquote><hr/>"],
  [
    "| a | b |\n|:-:|--|\n| 1 | 2 |",
    '<table><thead><tr><th style="text-align:center">a</th><th>b</th></tr></thead>' +
      '<tbody><tr><td style="text-align:center">1</td><td>2</td></tr></tbody></table>',
  ],
  ["[a](https://b.example/c)", `<p><a href="https://b.example/c" title="https://b.example/c" ${LINK}>a</a></p>`],
  [
    "![a](https://b.example/c.png)",
    `<p><a href="https://b.example/c.png" title="https://b.example/c.png" ${LINK}>a</a></p>`,
  ],
  ["[a](https:b.example)", `<p><a href="https://b.example/" title="https://b.example/" ${LINK}>a</a></p>`],
  ["```\nstill being writ", "<pre><code>still being writ</code></pre>"],
])("%j is rendered", (text, html) => {
  expect(render(text)).toBe(html);
});

const hostile = [
  "<script>alert(1)</script>",
  "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
  "a <img src=x onerror=alert(1)> b",
  "<svg onload=alert(1)><use href='data:x'/></svg>",
  "<style>* { background: url(//evil.example) }</style>",
  "<iframe src='https://evil.example'></iframe>",
  "<object data='https://evil.example'></object><embed src=x>",
  "<form action='https://evil.example'><button>Sign in</button></form>",
  "<a href='javascript:alert(1)'>x</a>",
  "<base href='https://evil.example/'><meta http-equiv=refresh content='0;url=//evil.example'>",
  "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
  "<!-- --!><img src=x onerror=alert(1)> -->",
  "<![CDATA[<img src=x onerror=alert(1)>]]>",
  "<div\nonclick=alert(1)>x</div>",
  "[x](javascript:alert(1))",
  "[x](JaVaScRiPt:alert(1))",
  "[x](java&#115;cript:alert(1))",
  "[x](<java\tscript:alert(1)>)",
  "[x](\u0001javascript:alert(1))",
  "[x](vbscript:msgbox(1))",
  "[x](data:text/html,<script>alert(1)</script>)",
  "[x](data:image/svg+xml;base64,PHN2Zz4=)",
  "[x](file:///etc/passwd)",
  "[x](blob:https://evil.example/1)",
  "[x](//evil.example/path)",
  "[x](/graphql?query=mutation)",
  "[x](#id)",
  "<javascript:alert(1)>",
  "![x](javascript:alert(1))",
  "![x](data:image/svg+xml,<svg onload=alert(1)>)",
  "![x](//evil.example/pixel.png)",
  "![x](x 'onerror=alert(1)')",
  '![" onerror=alert(1) x="](y)',
  '[x](https://a.example/"onmouseover="alert(1))',
  "[x][1]\n\n[1]: javascript:alert(1)",
  "![x][1]\n\n[1]: https://evil.example/pixel.png",
  '```"><img src=x onerror=alert(1)>\ncode\n```',
  "`</code><img src=x onerror=alert(1)>`",
  "| <img src=x onerror=alert(1)> |\n|-|\n| <script>1</script> |",
  "&lt;script&gt;alert(1)&lt;/script&gt;",
  "# <img src=x onerror=alert(1)>",
];

/** Everything else that a rendered text may be made of. */
const HARMLESS = new Set(["p", "a", "code", "pre", "em", "h1", "table", "thead", "tbody", "tr", "th", "td"]);

test.each(hostile)("%j makes no element, attribute or address of its own", (text) => {
  for (const html of [render(text), render(`> - ${text}`), render(`**${text}**`)]) {
    for (const [, tag = "", attributes = ""] of html.matchAll(/<([a-z\d]+)((?:\s[^>]*)?)>/gi)) {
      expect([...HARMLESS, "blockquote", "ul", "li", "strong"]).toContain(tag);
      const names = Array.from(attributes.matchAll(/\s([\w-]+)=(?:"[^"]*")/g), ([, name]) => name);
      for (const name of names) expect(["href", "title", "target", "rel"]).toContain(name);
      for (const [, address] of attributes.matchAll(/href="([^"]*)"/g)) expect(address).toMatch(/^(?:https?|mailto):/);
    }
  }
});

test("pictures and pages of other hosts are never loaded", () => {
  for (const text of hostile) expect(render(text)).not.toMatch(/<[^>]*\s(?:src|srcset|data|action|style|poster)=/i);
});

test.each([
  ["brackets", "[".repeat(50_000)],
  ["links", "[a](".repeat(12_000)],
  ["quotes", "> ".repeat(12_000)],
  ["stars", "*a **b ".repeat(7_000)],
  ["backticks", Array.from({ length: 310 }, (_, index) => "`".repeat(index)).join("a")],
  ["tables", `|a|b|\n|-|-|\n${"|c".repeat(16_000)}`],
  ["entities", "&#x".repeat(16_000)],
  ["lists", "- ".repeat(12_000)],
])("50 KB of %s are rendered within seconds", { timeout: 10_000 }, (_, text) => {
  const start = performance.now();
  expect(render(text).length).toBeGreaterThan(0);
  expect(performance.now() - start).toBeLessThan(3_000);
});
