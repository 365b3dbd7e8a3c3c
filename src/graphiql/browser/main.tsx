// Starts GraphiQL in the page.
import { createRoot } from "react-dom/client";
import "./workers.ts";
// GraphiQL loads its editors later, by itself: a tab that is clicked before they are there gets the first tab's text.
import "monaco-graphql/esm/monaco-editor.js";
import "monaco-graphql/esm/lite.js";
import { App } from "./app.tsx";
import "graphiql/style.css";
import "./page.css";
import "./reading/answer-panel.css";
import "./uploads/files-plugin.css";

const root = document.getElementById("root");
if (root) createRoot(root).render(<App />);
