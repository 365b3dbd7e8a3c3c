import { useQuery } from "@apollo/client/react";
import { useState } from "react";
import { Chat } from "./chat.tsx";
import type { Transport } from "./client.ts";
import { ModelsQuery } from "./graphql.ts";
import { Pictures } from "./pictures.tsx";
import { problemOf } from "./problem.ts";

export function App() {
  const { data, error } = useQuery(ModelsQuery);
  const [model, setModel] = useState("gpt-4o-mini");
  const [transport, setTransport] = useState<Transport>("sse");
  return (
    <main>
      <h1>Chat with Apollo Client</h1>
      <div className="settings">
        <label>
          Model
          <select value={model} onChange={({ target }) => setModel(target.value)}>
            {(data?.models ?? [{ id: model }]).map(({ id }) => (
              <option key={id}>{id}</option>
            ))}
          </select>
        </label>
        <label>
          Transport
          <select value={transport} onChange={({ target }) => setTransport(target.value as Transport)}>
            <option value="sse">Server-sent events</option>
            <option value="ws">WebSocket</option>
          </select>
        </label>
      </div>
      {error && (
        <p className="problem" role="alert">
          {problemOf(error).line}
        </p>
      )}
      <Chat model={model} transport={transport} />
      <Pictures />
    </main>
  );
}
