// Shows the answer beside GraphiQL's JSON as people read, see and hear it: texts, reasoning, tool calls, pictures, sounds.
import { useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { Pictures } from "../media/pictures-shown.tsx";
import { Sounds } from "../media/sounds-shown.tsx";
import { useActiveTab } from "../operations/active-tab.ts";
import type { ReadChoice } from "./choices.ts";
import { readShownAnswer, type ShownAnswer, subscribeToAnswers } from "./live-answers.ts";
import { renderMarkdown } from "./markdown.ts";
import { Segments } from "./segments.tsx";

/** From this width on, in CSS pixels, JSON and text stand side by side. */
const WIDE = 560;
/** Who is nearer to the end than this follows the text as it grows. */
const NEAR_END = 40;
/** Ends that need no word: the text, or the calls, are all there is. */
const ORDINARY_ENDS = new Set(["STOP", "TOOL_CALLS", "FUNCTION_CALL"]);

/** Renders nothing where the answer has neither text nor pictures nor sounds. */
export function AnswerPanel() {
  const tab = useActiveTab();
  const shown = useSyncExternalStore(subscribeToAnswers, () => readShownAnswer(tab));
  if (!shown) return null;
  const isShown = shown.choices.some(hasWords) || shown.pictures.length > 0 || shown.sounds.length > 0;
  return isShown ? <Panel shown={shown} key={tab} /> : null;
}

function Panel({ shown }: { shown: ShownAnswer }) {
  const panel = useRef<HTMLDetailsElement>(null);
  const body = useRef<HTMLElement>(null);
  const follows = useRef(true);
  const wasRunning = useRef(false);
  const isWide = useWidth(panel) >= WIDE;
  const { choices, pictures, sounds, errors, isRunning } = shown;
  const spoken = choices.filter(hasWords);
  const roots = new Set(spoken.map(({ root }) => root));

  useLayoutEffect(() => {
    if (body.current && follows.current && (isRunning || wasRunning.current)) {
      body.current.scrollTop = body.current.scrollHeight;
    }
    wasRunning.current = isRunning;
  });

  const onScroll = () => {
    if (!body.current) return;
    const { scrollTop, scrollHeight, clientHeight } = body.current;
    follows.current = scrollHeight - clientHeight - scrollTop < NEAR_END;
  };

  return (
    <details ref={panel} className="answer" data-beside={isWide && spoken.length > 0} open>
      <summary>{spoken.length > 0 ? "Text" : pictures.length > 0 ? "Pictures" : "Sound"}</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys */}
      <section ref={body} className="answer-body" onScroll={onScroll} tabIndex={0} aria-label="Answer">
        {spoken.map((choice) => (
          <Choice
            key={`${choice.root} ${choice.index}`}
            choice={choice}
            title={nameChoice(choice, roots.size > 1, spoken.length > roots.size || choice.index > 0)}
          />
        ))}
        <Pictures addresses={pictures} />
        <Sounds sounds={sounds} isRunning={isRunning} />
        {errors.length > 0 && <p className="answer-problem">Not complete: {errors.join(" ")}</p>}
      </section>
    </details>
  );
}

function Choice({ choice, title }: { choice: ReadChoice; title: string }) {
  const { text, isPlain, reasoning, refusal, tools, segments, finishReason } = choice;
  const rendered = useMemo(() => (isPlain ? text : renderMarkdown(text)), [text, isPlain]);
  const thoughts = useMemo(() => renderMarkdown(reasoning), [reasoning]);
  return (
    <article>
      {title && <h2 className="answer-title">{title}</h2>}
      {reasoning && (
        <details className="answer-reasoning" open={!text}>
          <summary>Reasoning</summary>
          <div className="answer-text">{thoughts}</div>
        </details>
      )}
      {text && <div className={isPlain ? "answer-plain" : "answer-text"}>{rendered}</div>}
      <Segments segments={segments} isFolded={text !== ""} />
      {refusal && (
        <p className="answer-refusal">
          <strong>Refusal</strong> {refusal}
        </p>
      )}
      {tools.map(({ name, input }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the calls have no other identity
        <div className="answer-tool" key={index}>
          Calls <code>{name || "a tool"}</code>
          {input && <pre>{input}</pre>}
        </div>
      ))}
      {finishReason && !ORDINARY_ENDS.has(finishReason) && <p className="answer-end">Ends with {finishReason}</p>}
    </article>
  );
}

function hasWords({ text, reasoning, refusal, tools, segments }: ReadChoice): boolean {
  return text !== "" || reasoning !== "" || refusal !== "" || tools.length > 0 || segments.length > 0;
}

function nameChoice({ root, index }: ReadChoice, hasRoots: boolean, hasIndexes: boolean): string {
  return [hasRoots ? root : "", hasIndexes ? `Choice ${index}` : ""].filter(Boolean).join(", ");
}

/** The width of the pane that the panel is in. */
function useWidth(panel: { current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const pane = panel.current?.closest(".graphiql-response");
    if (!pane) return;
    setWidth(pane.clientWidth);
    const observer = new ResizeObserver(() => setWidth(pane.clientWidth));
    observer.observe(pane);
    return () => observer.disconnect();
  }, [panel]);
  return width;
}
