// The clock that all processes of a machine share, and the stamps that say in an event when it was sent.

const STAMP = "sent-0000000000000000";

/** Microseconds since the machine started. V8 takes the same clock for its profiles. */
export function nowMicroseconds() {
  return Number(process.hrtime.bigint() / 1_000n);
}

/** The present as text, always of the same length. */
export function createStamp() {
  return `sent-${String(nowMicroseconds()).padStart(STAMP.length - 5, "0")}`;
}

/** The first stamp in bytes, or undefined. */
export function findStamp(bytes) {
  const from = bytes.indexOf("sent-");
  return from === -1 ? undefined : bytes.latin1Slice(from, from + STAMP.length);
}

/** How many milliseconds before `now`, in microseconds, the stamp was made. */
export function ageMsOf(stamp, now) {
  return (now - Number(stamp.slice(5))) / 1_000;
}
