import { useMutation } from "@apollo/client/react";
import type { ChangeEvent } from "react";
import { VariationsMutation } from "./graphql.ts";
import { problemOf } from "./problem.ts";

export function Pictures() {
  const [vary, { data, error, loading }] = useMutation(VariationsMutation);

  function upload({ target }: ChangeEvent<HTMLInputElement>) {
    const image = target.files?.[0];
    // The hook shows the error; the promise's own is dropped.
    if (image) vary({ variables: { image } }).catch(() => {});
  }

  return (
    <section aria-label="Pictures">
      <label>
        A square PNG, to be varied
        <input type="file" accept="image/png" onChange={upload} disabled={loading} />
      </label>
      {loading && <p className="note">The pictures are being made.</p>}
      {error && (
        <p className="problem" role="alert">
          {problemOf(error).line}
        </p>
      )}
      <div className="pictures">
        {data?.imageVariations?.data.map(({ url, b64Json }) => {
          const source = url ?? `data:image/png;base64,${b64Json}`;
          return <img key={source} src={source} alt="A variation" />;
        })}
      </div>
    </section>
  );
}
