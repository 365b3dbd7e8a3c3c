// Notices that a client has stopped sending. Knows no multipart and no files.

/** How often within `stallMs` the client's progress is looked at. */
const CHECKS = 4;

/** What a wait for a client's bytes is bound by. */
export interface StallLimit {
  /** Longest time without a byte, in milliseconds. */
  uploadStallMs: number;
  /** How many bytes the client has sent so far. */
  receivedBytes(): number;
}

/** Waits for `step` as long as bytes come in; throws what `createError` yields once none has come for too long. */
export async function untilStalled<Result>(
  step: Promise<Result>,
  { uploadStallMs, receivedBytes }: StallLimit,
  createError: () => Error,
): Promise<Result> {
  let seenBytes = receivedBytes();
  let silentChecks = 0;
  let timer: NodeJS.Timeout | undefined;
  const stall = new Promise<never>((_, reject) => {
    timer = setInterval(() => {
      silentChecks = receivedBytes() === seenBytes ? silentChecks + 1 : 0;
      seenBytes = receivedBytes();
      if (silentChecks === CHECKS) reject(createError());
    }, uploadStallMs / CHECKS);
  });
  try {
    return await Promise.race([step, stall]);
  } finally {
    clearInterval(timer);
  }
}
