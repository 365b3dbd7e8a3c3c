// Keeps what is read of each tab's last operation, while it comes and afterwards.

import { readActiveTab } from "../operations/active-tab.ts";
import { type AnswerEvent, listenToAnswers } from "../operations/answers.ts";
import { Answer, type ReadAnswer } from "./answer.ts";
import { planReading } from "./reading-plan.ts";

/** What the panel shows of a tab. */
export interface ShownAnswer extends ReadAnswer {
  isRunning: boolean;
}

/** Texts grow faster than anybody reads: readers are told at most this often, and of the end. */
const TELL_EVERY_MS = 100;
/** Tabs that were closed long ago are forgotten. */
const MOST_TABS = 50;

const shown = new Map<string, ShownAnswer>();
const readers = new Set<() => void>();
let running: { tab: string; operation: AnswerEvent["operation"]; answer: Answer } | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

listenToAnswers((event) => {
  if (event.type === "start") {
    const tab = readActiveTab();
    const plan = planReading(event.operation.query, event.operation.operationName);
    shown.delete(tab);
    for (const oldest of shown.keys()) if (shown.size >= MOST_TABS) shown.delete(oldest);
    running = plan && { tab, operation: event.operation, answer: new Answer(plan) };
    tell(true);
  } else if (running && event.operation === running.operation) {
    if (event.type === "result") {
      running.answer.add(event.result);
      timer ??= setTimeout(tell, TELL_EVERY_MS, true);
    } else {
      tell(false);
      running = undefined;
    }
  }
});

function tell(isRunning: boolean): void {
  clearTimeout(timer);
  timer = undefined;
  if (running) shown.set(running.tab, { ...running.answer.read(), isRunning });
  for (const reader of readers) reader();
}

/** Calls `reader` whenever what is shown has changed. Yields what ends that. */
export function subscribeToAnswers(reader: () => void): () => void {
  readers.add(reader);
  return () => void readers.delete(reader);
}

/** What has been read of the tab's last operation; undefined if there is none. The same object until it changes. */
export function readShownAnswer(tab: string): ShownAnswer | undefined {
  return shown.get(tab);
}
