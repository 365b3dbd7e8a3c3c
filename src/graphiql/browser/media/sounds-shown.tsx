// Plays an answer's sounds. Those of other hosts are links: the page loads nothing from elsewhere.
import { useEffect, useState } from "react";
import { isLoadable } from "./addresses.ts";
import { ForeignLinks } from "./foreign-links.tsx";
import { writeSoundFile } from "./sound-file.ts";
import type { Sound } from "./sounds.ts";

/** Base64 has four characters for three bytes. */
const BYTES_PER_CHARACTER = 3 / 4;

/** Renders nothing if there are none. A sound that still comes says how much of it has. */
export function Sounds({ sounds, isRunning }: { sounds: readonly Sound[]; isRunning: boolean }) {
  const addresses = sounds.flatMap((sound) => ("address" in sound ? [sound.address] : []));
  const own = addresses.filter((address) => isLoadable(address, location.href));
  const foreign = addresses.filter((address) => !own.includes(address));
  return (
    <>
      {own.map((address) => (
        <Player key={address} address={address} />
      ))}
      {sounds.map((sound, index) => {
        if ("address" in sound) return null;
        const size = sound.pieces.reduce((sum, { length }) => sum + length * BYTES_PER_CHARACTER, 0);
        // biome-ignore lint/suspicious/noArrayIndexKey: the sounds have no other identity
        if (isRunning) return <p key={index}>{Math.round(size / 1_000)} kB of sound so far.</p>;
        // biome-ignore lint/suspicious/noArrayIndexKey: as above
        return <Recording key={index} contentType={sound.contentType} pieces={sound.pieces} />;
      })}
      <ForeignLinks what="sound" addresses={foreign} help="A sound that comes as data is played here." />
    </>
  );
}

function Recording({ contentType, pieces }: { contentType: string; pieces: readonly string[] }) {
  const [address, setAddress] = useState<string>();
  useEffect(() => {
    let made: string | undefined;
    try {
      made = URL.createObjectURL(writeSoundFile({ contentType, pieces }));
    } catch {
      // What only began like base64 has no file.
      return;
    }
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [contentType, pieces]);
  return address === undefined ? null : <Player address={address} />;
}

/** What the browser cannot play can be saved. */
function Player({ address }: { address: string }) {
  const [fails, setFails] = useState(false);
  if (fails) {
    return (
      <p>
        The browser cannot play this sound.{" "}
        <a href={address} download>
          Save it
        </a>
      </p>
    );
  }
  return (
    // biome-ignore lint/a11y/useMediaCaption: what is said is the operation's own text
    <audio className="answer-sound" controls preload="metadata" src={address} onError={() => setFails(true)} />
  );
}
