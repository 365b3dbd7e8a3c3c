// GraphiQL with this server's tabs, plugins and ways of sending.
import { GraphiQL } from "graphiql";
import { fetchResults } from "./fetcher.ts";
import { defaultTabs, firstTexts } from "./first-tab.ts";
import { KeyNotice } from "./headers/key-notice.tsx";
import { readHeadersText } from "./headers/session-headers.ts";
import { SharedHeaders } from "./headers/shared-headers.tsx";
import { storage } from "./headers/storage.ts";
import { NarrowEditors } from "./narrow-editors.tsx";
import { pace } from "./operations/pace.ts";
import { StopOnLeaving } from "./operations/stop-on-leaving.ts";
import { panels, plugins } from "./plugins.ts";

/** How often GraphiQL may write a stream's newest result into its editor, in milliseconds. */
const PACE_MS = 100;

const fetchPaced = (...asked: Parameters<typeof fetchResults>) => pace(fetchResults(...asked), PACE_MS);

/** The whole page. */
export function App() {
  return (
    <GraphiQL
      storage={storage}
      fetcher={fetchPaced}
      plugins={plugins}
      defaultTabs={[...defaultTabs]}
      defaultEditorToolsVisibility="variables"
      initialQuery={firstTexts.query}
      initialVariables={firstTexts.variables}
      initialHeaders={readHeadersText()}
      schemaDescription
      inputValueDeprecation
      shouldPersistHeaders={false}
      showPersistHeadersSettings={false}
    >
      <GraphiQL.Logo>OpenAI GraphQL</GraphiQL.Logo>
      <StopOnLeaving />
      <SharedHeaders />
      <KeyNotice />
      <NarrowEditors />
      <GraphiQL.Footer>
        {panels.map((Panel) => (
          <Panel key={Panel.name} />
        ))}
      </GraphiQL.Footer>
    </GraphiQL>
  );
}
