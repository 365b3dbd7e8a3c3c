// Shows an answer's pictures. Those of other hosts are links: the page loads nothing from elsewhere.
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
            <img key={index} src={address} alt={`Number ${index + 1} of the answer`} />
          ))}
        </div>
      )}
      <ForeignLinks what="picture" addresses={foreign} help="A picture that comes as b64Json is shown here." />
    </>
  );
}
