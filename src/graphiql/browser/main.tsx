// Starts GraphiQL in the page.
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import "./workers.ts";
import "graphiql/style.css";
import "./page.css";
import "./reading/answer-panel.css";
import "./uploads/files-plugin.css";

// GraphiQL loads its editors by itself, but a tab that is clicked before they are there keeps the first tab's text.
await Promise.all([import("monaco-graphql/esm/monaco-editor.js"), import("monaco-graphql/esm/lite.js")]);

const root = document.getElementById("root");
if (root) createRoot(root).render(<App />);
