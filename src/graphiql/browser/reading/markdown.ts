// Renders Markdown that a model has written, which is foreign text: no raw HTML, no pictures, no addresses but links to the web.
// The elements are React's, so nothing here is parsed as HTML.
import MarkdownIt, { type Token } from "markdown-it";
import { createElement, Fragment, type ReactNode } from "react";

/** `html: false` makes tags text. https://github.com/markdown-it/markdown-it/blob/master/docs/security.md */
const parser = new MarkdownIt("default", { html: false, linkify: false, typographer: false });

/** Longer texts are shown as they are: parsing them anew with each chunk takes too long. */
const LONGEST_MARKDOWN = 50_000;

/** The only elements with content. What a parser's rule makes beyond them is left out, its content is kept. */
const ELEMENTS = new Set("p h1 h2 h3 h4 h5 h6 blockquote ul ol li table thead tbody tr th td em strong s".split(" "));
const PROTOCOLS = new Set(["http:", "https:", "mailto:"]);

interface Frame {
  token: Token | undefined;
  children: ReactNode[];
}

/** Yields the text as React nodes. */
export function renderMarkdown(text: string): ReactNode {
  if (text.length > LONGEST_MARKDOWN) return createElement("pre", {}, text);
  return createElement(Fragment, {}, ...renderTokens(parser.parse(text, {})));
}

function renderTokens(tokens: readonly Token[]): ReactNode[] {
  const frames: Frame[] = [{ token: undefined, children: [] }];
  for (const token of tokens) {
    if (token.nesting === 1) {
      frames.push({ token, children: [] });
      continue;
    }
    const closed = token.nesting === -1 ? frames.pop() : undefined;
    const node = closed?.token ? renderElement(closed.token, closed.children) : renderLeaf(token);
    frames.at(-1)?.children.push(node);
  }
  return frames.flatMap(({ children }) => children);
}

function renderElement(token: Token, children: ReactNode[]): ReactNode {
  // The paragraphs of a tight list.
  if (token.hidden) return createElement(Fragment, {}, ...children, "\n");
  if (token.type === "link_open") return renderLink(`${token.attrGet("href") ?? ""}`, children);
  if (!ELEMENTS.has(token.tag)) return createElement(Fragment, {}, ...children);
  const start = token.tag === "ol" ? Number(token.attrGet("start") ?? 1) : 1;
  const align = /^text-align:(left|center|right)$/.exec(`${token.attrGet("style") ?? ""}`)?.[1] as "left" | undefined;
  return createElement(
    token.tag,
    { ...(start !== 1 && { start }), ...(align && { style: { textAlign: align } }) },
    ...children,
  );
}

function renderLeaf(token: Token): ReactNode {
  switch (token.type) {
    case "inline":
      return createElement(Fragment, {}, ...renderTokens(token.children ?? []));
    case "softbreak":
      return "\n";
    case "hardbreak":
      return createElement("br");
    case "hr":
      return createElement("hr");
    case "code_inline":
      return createElement("code", {}, token.content);
    case "code_block":
    case "fence":
      return createElement("pre", {}, createElement("code", {}, token.content));
    case "image":
      // A picture's address can tell its host what the answer says, so nothing is loaded before somebody asks.
      return renderLink(`${token.attrGet("src") ?? ""}`, [token.content || "picture"]);
    default:
      return token.content;
  }
}

/** Relative addresses are no links: they would lead to this server. So would `http:name` as it stands. */
function renderLink(address: string, children: ReactNode[]): ReactNode {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !PROTOCOLS.has(url.protocol)) return createElement(Fragment, {}, ...children);
  const props = { href: url.href, title: url.href, target: "_blank", rel: "noopener noreferrer nofollow" };
  return createElement("a", props, ...children);
}
