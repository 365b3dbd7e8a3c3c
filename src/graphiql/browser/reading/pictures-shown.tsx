// Shows an answer's pictures. Those of other hosts are links: the page loads nothing from elsewhere.
import { isLoadable } from "./pictures.ts";

/** Renders nothing if there are none. */
export function Pictures({ addresses }: { addresses: readonly string[] }) {
  const own = addresses.filter((address) => isLoadable(address, location.href));
  const foreign = addresses.filter((address) => !own.includes(address));
  return (
    <>
      {own.length > 0 && (
        <div className="answer-pictures">
          {own.map((address, index) => (
            <img key={address} src={address} alt={`Number ${index + 1} of the answer`} />
          ))}
        </div>
      )}
      {foreign.length > 0 && (
        <div className="answer-foreign">
          <p>This page loads nothing from other hosts. A picture that comes as b64Json is shown here.</p>
          <ul>
            {foreign.map((address) => (
              <li key={address}>
                <a href={address} target="_blank" rel="noopener noreferrer nofollow">
                  Open the picture at {new URL(address).host}
                </a>
              </li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}
