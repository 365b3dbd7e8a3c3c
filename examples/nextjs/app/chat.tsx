"use client";

import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useChat } from "./use-chat";

/** A chat with one of the models. */
export function Chat({ models }: { models: string[] }) {
  const [model, setModel] = useState(models[0] ?? "");
  const { turns, isStreaming, ask, stop } = useChat(model);
  const end = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: scrolls whenever something is added
  useEffect(() => {
    end.current?.scrollIntoView({ block: "end" });
  }, [turns]);

  return (
    <>
      <label>
        Model
        <select value={model} onChange={(event) => setModel(event.target.value)}>
          {models.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      <section aria-label="Conversation" aria-live="polite" aria-busy={isStreaming}>
        {turns.map(({ question, answer, state, note }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: turns are only added
          <article key={index}>
            <p className="user">{question}</p>
            <p className="assistant">{answer || (state === "streaming" ? "…" : "")}</p>
            {note && (
              <p className="note">
                {note}
                {state !== "complete" && (
                  <button type="button" disabled={isStreaming} onClick={() => ask(question)}>
                    Try again
                  </button>
                )}
              </p>
            )}
          </article>
        ))}
        <div ref={end} />
      </section>
      <form onSubmit={submit}>
        <textarea
          name="prompt"
          aria-label="Message"
          rows={2}
          required
          placeholder="Why is the sky blue?"
          onKeyDown={submitByEnter}
        />
        {isStreaming ? (
          <button key="stop" type="button" onClick={stop}>
            Stop
          </button>
        ) : (
          // A button of its own, as a click on Stop would submit a button that has become Send.
          <button key="send" type="submit">
            Send
          </button>
        )}
      </form>
    </>
  );

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (isStreaming) return;
    ask(String(new FormData(event.currentTarget).get("prompt")));
    event.currentTarget.reset();
  }
}

function submitByEnter(event: KeyboardEvent<HTMLTextAreaElement>) {
  if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
  event.preventDefault();
  event.currentTarget.form?.requestSubmit();
}
