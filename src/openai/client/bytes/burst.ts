// Small pieces of work that the network brings, thousands of them in one turn of the event loop if as many connections have
// something to read. libuv reads on while they have, for seconds if each is worked on at once, and until then it looks at no new
// connection, timer or other turn. So only some are worked on as they come.
// https://docs.libuv.org/en/v1.x/design.html#the-i-o-loop

/** How long pieces are worked on as they come, in milliseconds; those that follow wait for a later turn. */
const MAX_BURST_MS = 10;

const waiting: (() => void)[] = [];
let begunAt = 0;
let isUnderWay = false;

/** Calls `go` at once or, if this turn has had much of such work, in a later one, in order. It must not throw. */
export function inBurst(go: () => void): void {
  if (!isUnderWay) beginBurst();
  else if (waiting.length > 0 || performance.now() - begunAt > MAX_BURST_MS) {
    waiting.push(go);
    return;
  }
  go();
}

function beginBurst(): void {
  isUnderWay = true;
  begunAt = performance.now();
  setImmediate(endBurst);
}

function endBurst(): void {
  isUnderWay = false;
  if (waiting.length === 0) return;
  beginBurst();
  let done = 0;
  do waiting[done++]?.();
  while (done < waiting.length && performance.now() - begunAt <= MAX_BURST_MS);
  waiting.splice(0, done);
}
