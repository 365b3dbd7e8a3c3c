// Shows the segments of a transcript: when, who, what.
import type { ReadSegment } from "./choices.ts";

/** Renders nothing if there are none. */
export function Segments({ segments, isFolded }: { segments: readonly ReadSegment[]; isFolded: boolean }) {
  if (segments.length === 0) return null;
  return (
    <details className="answer-segments" open={!isFolded}>
      <summary>Segments</summary>
      {segments.map(({ start, speaker, text }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they only grow
        <p key={index}>
          {start !== undefined && <small>{writeTime(start)} </small>}
          {speaker && <strong>{speaker} </strong>}
          {text.trim()}
        </p>
      ))}
    </details>
  );
}

/** Minutes and seconds. */
function writeTime(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
