import { useState } from "react";
import { useQuery } from "urql";
import { Chat } from "./chat.tsx";
import { ModelsQuery } from "./graphql.ts";
import { problemOf } from "./problem.ts";

export function App() {
  const [{ data, error }] = useQuery({ query: ModelsQuery });
  const [model, setModel] = useState("gpt-4o-mini");
  return (
    <main>
      <h1>Chat with urql</h1>
      <label>
        Model
        <select value={model} onChange={({ target }) => setModel(target.value)}>
          {(data?.models ?? [{ id: model }]).map(({ id }) => (
            <option key={id}>{id}</option>
          ))}
        </select>
      </label>
      {error && (
        <p className="problem" role="alert">
          {problemOf(error).line}
        </p>
      )}
      <Chat model={model} />
    </main>
  );
}
