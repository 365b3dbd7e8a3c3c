// Links to what the page does not load.

interface Links {
  what: "picture" | "sound";
  addresses: readonly string[];
  /** How to see, or hear, it here. */
  help: string;
}

/** Renders nothing if there are no addresses. */
export function ForeignLinks({ what, addresses, help }: Links) {
  if (addresses.length === 0) return null;
  return (
    <div className="answer-foreign">
      <p>This page loads nothing from other hosts. {help}</p>
      <ul>
        {addresses.map((address) => (
          <li key={address}>
            <a href={address} target="_blank" rel="noopener noreferrer nofollow">
              Open the {what} at {new URL(address, location.href).host}
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}
