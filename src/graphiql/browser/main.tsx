// Starts GraphiQL in the page.
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import "./workers.ts";
import "graphiql/style.css";
import "./page.css";
import "./reading/answer-panel.css";
import "./uploads/files-plugin.css";

const root = document.getElementById("root");
if (root) createRoot(root).render(<App />);
