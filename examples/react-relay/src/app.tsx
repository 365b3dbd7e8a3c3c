import { Suspense, useState } from "react";
import { Chat } from "./chat.tsx";
import { ErrorBoundary } from "./error-boundary.tsx";
import { Models } from "./models.tsx";

export function App() {
  const [model, setModel] = useState("gpt-4o-mini");
  return (
    <main>
      <h1>Chat with Relay</h1>
      <ErrorBoundary>
        <Suspense fallback={<p className="note">The models are loading.</p>}>
          <Models model={model} onChange={setModel} />
        </Suspense>
      </ErrorBoundary>
      <Chat model={model} />
    </main>
  );
}
