"use client";

// The conversation: sends all of it with each question, and keeps what has come of the answer.
import { createClient } from "graphql-sse";
import { useEffect, useRef, useState } from "react";
import { explain, type Failure } from "../lib/explain";

/** One question and what came of it. Only a complete answer is sent back with the next question. */
export interface Turn {
  question: string;
  answer: string;
  state: "streaming" | "complete" | "stopped" | "failed";
  note?: string;
}

interface Data {
  chat: {
    text: string | null;
    choices: { finishReason: string | null; delta: { refusal: string | null } }[];
  };
}

const CHAT = /* GraphQL */ `
  subscription Chat($input: ChatInput!) {
    chat(input: $input) {
      text
      choices {
        finishReason
        delta {
          refusal
        }
      }
    }
  }
`;

// Our own route, which forwards. Nothing is repeated by itself: each attempt is a new call, and paid for again.
const client = createClient({ url: "/graphql", retryAttempts: 0 });

export function useChat(model: string) {
  const [turns, setTurns] = useState<Turn[]>([]);
  const leave = useRef(() => {});
  useEffect(() => () => leave.current(), []);

  const last = turns.at(-1);
  const isStreaming = last?.state === "streaming";

  function ask(question: string) {
    if (isStreaming) return;
    setTurns([...turns, { question, answer: "", state: "streaming" }]);
    const messages = turns
      .filter(({ state }) => state === "complete")
      .flatMap((turn) => [
        { role: "USER", content: turn.question },
        { role: "ASSISTANT", content: turn.answer },
      ]);
    const input = { model, messages: [...messages, { role: "USER", content: question }] };
    leave.current = client.subscribe<Data>(
      { query: CHAT, variables: { input } },
      {
        next({ data, errors }) {
          if (errors?.[0]) fail(errors[0]);
          else if (data) changeLast((turn) => extend(turn, data));
        },
        error: (error) => fail(error as Failure),
        complete: () => changeLast((turn) => ({ ...turn, state: "complete" })),
      },
    );
  }

  function stop() {
    leave.current();
    changeLast((turn) => ({ ...turn, state: "stopped", note: "You stopped the answer." }));
  }

  function fail(failure: Failure) {
    changeLast((turn) => ({ ...turn, state: "failed", note: explain(failure) }));
  }

  /** Changes the answer that is coming. What has ended stays as it is: `complete` comes after an error, too. */
  function changeLast(change: (turn: Turn) => Turn) {
    setTurns((all) => all.map((turn) => (turn.state === "streaming" ? change(turn) : turn)));
  }

  return { turns, isStreaming, ask, stop };
}

function extend(turn: Turn, { chat }: Data): Turn {
  const choice = chat.choices[0];
  const answer = turn.answer + (chat.text ?? choice?.delta.refusal ?? "");
  switch (choice?.finishReason) {
    case "LENGTH":
      return { ...turn, answer, note: "The answer was cut off at its token limit." };
    case "CONTENT_FILTER":
      return { ...turn, answer, note: "A content filter left something out." };
    default:
      return { ...turn, answer };
  }
}
