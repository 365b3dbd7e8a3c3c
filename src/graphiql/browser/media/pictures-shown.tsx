// Shows an answer's pictures. Those of other hosts are links: the page loads nothing from elsewhere.
import { useState } from "react";
import { isLoadable } from "./addresses.ts";
import { ForeignLinks } from "./foreign-links.tsx";

/** Renders nothing if there are none. */
export function Pictures({ addresses }: { addresses: readonly string[] }) {
  const own = addresses.filter((address) => isLoadable(address, location.href));
  const foreign = addresses.filter((address) => !own.includes(address));
  return (
    <>
      {own.length > 0 && (
        <div className="answer-pictures">
          {own.map((address, index) => (
            // A picture that takes the place of an unfinished one is loaded before that one goes.
            // biome-ignore lint/suspicious/noArrayIndexKey: the place is what stays
            <Picture key={index} address={address} number={index + 1} />
          ))}
        </div>
      )}
      <ForeignLinks what="picture" addresses={foreign} help="A picture that comes as b64Json is shown here." />
    </>
  );
}

/** What the browser cannot show is said in words. */
function Picture({ address, number }: { address: string; number: number }) {
  const [broken, setBroken] = useState<string>();
  if (broken === address) {
    return <p>Picture {number} cannot be shown: it is damaged, or this server keeps it no longer.</p>;
  }
  return <img src={address} alt={`Number ${number} of the answer`} onError={() => setBroken(address)} />;
}
