import { type FormEvent, useEffect, useRef } from "react";
import { type Turn, useChat } from "./use-chat.ts";

const notes: Record<string, string> = {
  LENGTH: "The answer reached its greatest length.",
  CONTENT_FILTER: "A content filter ended the answer.",
  TOOL_CALLS: "The model calls a tool, and this page has none.",
};

export function Chat({ model }: { model: string }) {
  const { turns, isStreaming, ask, stop, tryAgain } = useChat(model);
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (turns.length > 0) end.current?.scrollIntoView({ block: "nearest" });
  }, [turns]);

  function send(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const question = String(new FormData(event.currentTarget).get("question")).trim();
    if (!question || isStreaming) return;
    event.currentTarget.reset();
    ask(question);
  }

  return (
    <section className="chat" aria-label="Chat">
      <ol className="turns">
        {turns.map((turn, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: turns are only added and removed at the end.
          <li key={index}>
            <p className="question">{turn.question}</p>
            <Answer turn={turn} tryAgain={index === turns.length - 1 ? tryAgain : undefined} />
          </li>
        ))}
      </ol>
      {turns.length === 0 && <p className="hint">Ask something. The model sandbox-cut, for one, breaks off.</p>}
      <form className="bar" onSubmit={send}>
        <input name="question" aria-label="Question" placeholder="Ask the model" autoComplete="off" />
        {isStreaming ? (
          <button type="button" onClick={stop}>
            Stop
          </button>
        ) : (
          <button type="submit">Send</button>
        )}
      </form>
      <div ref={end} />
    </section>
  );
}

function Answer({ turn, tryAgain }: { turn: Turn; tryAgain?: () => void }) {
  const { answer, state, finishReason, problem } = turn;
  const note = state === "stopped" ? "Stopped." : notes[finishReason ?? ""];
  return (
    <div className="answer" data-state={state} aria-live="polite">
      <p>{answer}</p>
      {note && <p className="note">{note}</p>}
      {problem && (
        <p className="problem" role="alert">
          {problem.line}
          {problem.again && tryAgain && (
            <button type="button" onClick={tryAgain}>
              Try again
            </button>
          )}
        </p>
      )}
    </div>
  );
}
