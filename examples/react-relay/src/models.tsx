import { graphql, useLazyLoadQuery } from "react-relay";
import type { modelsQuery } from "./__generated__/modelsQuery.graphql.ts";

export function Models({ model, onChange }: { model: string; onChange: (model: string) => void }) {
  const { models } = useLazyLoadQuery<modelsQuery>(
    graphql`
      query modelsQuery {
        models {
          id
        }
      }
    `,
    {},
  );
  return (
    <label>
      Model
      <select value={model} onChange={({ target }) => onChange(target.value)}>
        {models?.map(({ id }) => (
          <option key={id}>{id}</option>
        ))}
      </select>
    </label>
  );
}
