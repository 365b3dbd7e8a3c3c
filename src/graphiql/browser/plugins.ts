// What is mounted into GraphiQL besides its own parts: each addition is one row here.
import { HISTORY_PLUGIN } from "@graphiql/plugin-history";
import type { GraphiQLPlugin } from "@graphiql/react";
import type { ComponentType } from "react";
import { AnswerPanel } from "./reading/answer-panel.tsx";
import { FILES_PLUGIN } from "./uploads/files-plugin.tsx";

/** Panes on the left, each with its button in the sidebar, from top to bottom below the documentation's. */
export const plugins: GraphiQLPlugin[] = [HISTORY_PLUGIN, FILES_PLUGIN];

/** Shown under the answer, from top to bottom; one that has nothing to show yields null. */
export const panels: readonly ComponentType[] = [AnswerPanel];
