// Hands bytes out as they come, all that one read of the network brought, without a promise for each.
import { inBurst } from "./burst.ts";

/** Nothing has come by now; `wake` is called once something has, or at the end. */
export const NOT_YET = Symbol("not yet");

type Chunks = readonly Uint8Array[];

/** What has come; undefined at the end. */
export type NowOrLater = Chunks | undefined | typeof NOT_YET | Promise<Chunks | undefined>;

/** What bytes come from; see Exchange. */
interface Readable {
  read(): Promise<Chunks | undefined>;
  readNow?: ((wake: () => void) => NowOrLater) | undefined;
}

/** Takes bytes; yields whether more are wanted. Nothing is handed out before a promise that it yields has resolved. */
type TakeBytes = (chunks: Chunks) => boolean | Promise<boolean>;

/**
 * Hands all bytes to `take`, those of one source at a time. Yields whether that was all of them: `take` may want no more. Rejects
 * with what the source or `take` throws.
 */
export function pour(source: Readable, take: TakeBytes): Promise<boolean> {
  const { readNow } = source;
  return readNow ? pourNow((wake) => readNow.call(source, wake), take) : pourByReading(source, take);
}

async function pourByReading(source: Readable, take: TakeBytes): Promise<boolean> {
  for (let chunks = await source.read(); chunks; chunks = await source.read()) {
    if (!(await take(chunks))) return false;
  }
  return true;
}

function pourNow(readNow: (wake: () => void) => NowOrLater, take: TakeBytes): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const handOutInBurst = () => inBurst(handOut);
    // The parts of one read come one by one: each event of most servers is a part.
    const wake = () => queueMicrotask(handOutInBurst);
    const goOn = (isWanted: boolean) => {
      if (isWanted) handOut();
      else resolve(false);
    };

    function handOut(): void {
      try {
        for (let isWanted = true; isWanted; ) {
          const chunks = readNow(wake);
          if (chunks === NOT_YET) return;
          if (!chunks) {
            resolve(true);
            return;
          }
          const later = chunks instanceof Promise ? takeLater(chunks) : take(chunks);
          if (later instanceof Promise) {
            later.then(goOn, reject);
            return;
          }
          isWanted = later;
        }
        resolve(false);
      } catch (error) {
        reject(error);
      }
    }

    async function takeLater(later: Promise<Chunks | undefined>): Promise<boolean> {
      const chunks = await later;
      return chunks ? take(chunks) : true;
    }

    handOut();
  });
}
