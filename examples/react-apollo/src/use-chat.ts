// A conversation: each question goes out with all that was said before it, and its answer streams in.
import { useApolloClient } from "@apollo/client/react";
import { useEffect, useRef, useState } from "react";
import type { Transport } from "./client.ts";
import { type Answer, ChatSubscription } from "./graphql.ts";
import { type Problem, problemOf } from "./problem.ts";

export interface Turn {
  question: string;
  answer: string;
  /** Only a complete answer is whole: the stream came to its end without an error. */
  state: "streaming" | "complete" | "stopped" | "failed";
  finishReason?: string | null;
  problem?: Problem;
}

export function useChat(model: string, transport: Transport) {
  const client = useApolloClient();
  const [turns, setTurns] = useState<readonly Turn[]>([]);
  const stream = useRef<{ unsubscribe(): void }>(undefined);
  useEffect(() => () => stream.current?.unsubscribe(), []);

  const changeLast = (change: (turn: Turn) => Partial<Turn>) =>
    setTurns((all) => all.map((turn, index) => (index === all.length - 1 ? { ...turn, ...change(turn) } : turn)));

  // An answer costs money. So an event starts it, and no effect, which runs again whenever the page is mounted.
  function ask(question: string, before = turns) {
    setTurns([...before, { question, answer: "", state: "streaming" }]);
    const messages = [...before.flatMap(toMessages), { role: "USER" as const, content: question }];
    stream.current = client
      .subscribe({
        query: ChatSubscription,
        variables: { input: { model, messages } },
        context: { transport },
        fetchPolicy: "no-cache",
      })
      .subscribe({
        next({ data, error }) {
          if (error) changeLast(() => ({ state: "failed", problem: problemOf(error) }));
          else if (data) changeLast(() => shown(data.chat.soFar));
        },
        complete: () => changeLast(({ state }) => ({ state: state === "streaming" ? "complete" : state })),
      });
  }

  /** Ends the call to the model, too, so that nothing more is paid for. */
  function stop() {
    stream.current?.unsubscribe();
    changeLast(() => ({ state: "stopped" }));
  }

  function tryAgain() {
    const last = turns.at(-1);
    if (last) ask(last.question, turns.slice(0, -1));
  }

  return { turns, isStreaming: turns.at(-1)?.state === "streaming", ask, stop, tryAgain };
}

function shown({ choices: [choice] }: Answer): Partial<Turn> {
  return {
    answer: choice?.message.content ?? choice?.message.refusal ?? "",
    finishReason: choice?.finishReason,
  };
}

/** What goes back to the model: every question with an answer that did not fail. */
function toMessages({ question, answer, state }: Turn) {
  if (!answer || state === "failed") return [];
  return [
    { role: "USER" as const, content: question },
    { role: "ASSISTANT" as const, content: answer },
  ];
}
