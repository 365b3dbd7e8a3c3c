// Long work in pieces: everybody else has a turn in between, however many do such work at the same time.
import { expect, test } from "vitest";
import { Turns } from "../../src/openai/client/turns.ts";

function workFor(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** Most pieces that are done before the event loop goes round. */
async function countPieces(works: number, pieces: number): Promise<number> {
  let most = 0;
  let done = 0;
  let isOver = false;
  const goRound = () => {
    most = Math.max(most, done);
    done = 0;
    if (!isOver) setImmediate(goRound);
  };
  setImmediate(goRound);
  const work = async () => {
    const turns = new Turns();
    if (turns.isOver()) await turns.next();
    for (let piece = 0; piece < pieces; piece++) {
      workFor(1);
      done++;
      if (turns.isOver()) await turns.next();
    }
  };
  await Promise.all(Array.from({ length: works }, work));
  isOver = true;
  return Math.max(most, done);
}

test("a hundred pieces of one work let others in", async () => {
  expect(await countPieces(1, 100)).toBeLessThan(20);
});

test("so do a hundred works that come at once, each of them short", async () => {
  expect(await countPieces(100, 2)).toBeLessThan(20);
});
