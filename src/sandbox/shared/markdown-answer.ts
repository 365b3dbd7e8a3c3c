// Owns the answer in Markdown: one of each kind of block that models write, and long enough to scroll.

/** Headings, lists, a quotation, code, a table, links and emphasis: about 300 words. */
export const markdownAnswer = `# A tour of Markdown

Models answer in **Markdown** unless they are told not to. This answer has one of each kind of block, so that you can see how
your screen draws it, *while it streams* and when it is complete. Nothing in it depends on your prompt.

## Lists

1. A numbered list comes first.
2. Its items can be long: this one goes on until it wraps on most screens, and so shows whether the second line is indented
   as the first one is.
3. Items can have items of their own:
   - one of them,
   - and \`another\` with code in it.

- [x] This task is done.
- [ ] This one is not.

## Code

A block of TypeScript, whose last line is wider than a phone:

\`\`\`ts
interface Answer {
  text: string;
  tokens: number;
}

export function describe({ text, tokens }: Answer): string {
  return tokens > 100 ? \`A long answer of \${tokens} tokens, which begins with "\${text.slice(0, 40)}"\` : \`A short answer: \${text}\`;
}
\`\`\`

And one for a shell:

\`\`\`sh
npm ci && npm start
\`\`\`

## A table

| Model | Context | Price per million tokens | Good at |
| :--- | ---: | ---: | :--- |
| small | 128,000 | $0.15 | short answers, at once |
| medium | 200,000 | $2.50 | most things |
| large | 1,000,000 | $10.00 | long documents & hard questions |

### A quotation

> Everything should be made as simple as possible, but not simpler.
>
> Nobody knows who said it in these words.

#### Characters that need care

Angle brackets such as <b>these</b> are text that a page must not run: <script>alert("no")</script>. Quotes "like these",
an ampersand &, ideographs 日本語, Arabic العربية, and emoji 🎉 👩‍💻 are whole, however the stream is cut into pieces.

---

That was the tour. [CommonMark](https://commonmark.org) describes the rest, and inline math such as $e^{i\\pi} + 1 = 0$ is
left to the page.
`;
