// The pane "Files": for each place of the open operation that takes a file, a picker.
import { type GraphiQLPlugin, useGraphiQL } from "@graphiql/react";
import { useMemo, useSyncExternalStore } from "react";
import { useActiveTab } from "../operations/active-tab.ts";
import { useKnownSchema } from "../operations/known-schema.ts";
import { chooseFiles, readChosenFiles, subscribeToFiles } from "./chosen-files.ts";
import { findUploadSlotsOf, type UploadSlot } from "./upload-slots.ts";

/** GraphiQL's plugin for files. */
export const FILES_PLUGIN: GraphiQLPlugin = { title: "Files", icon: FilesIcon, content: FilesPane };

/** A mark beside the clip says that the open operation takes files. */
function FilesIcon() {
  const hasSlots = useSlots().length > 0;
  return (
    <svg
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      aria-hidden="true"
    >
      <path d="M20 11.5 12.2 19.3a5 5 0 0 1-7.1-7.1l8.2-8.2a3.4 3.4 0 0 1 4.8 4.8l-8.1 8.1a1.7 1.7 0 0 1-2.4-2.4l7.4-7.4" />
      {hasSlots && <circle className="files-mark" cx="20" cy="4" r="3.5" />}
    </svg>
  );
}

function FilesPane() {
  const slots = useSlots();
  return (
    <section className="files" aria-label="Files">
      <h2 className="files-title">Files</h2>
      {slots.length > 0 ? (
        <p>
          A chosen file is sent as a part of the request, in place of what Variables has there. Files stay chosen until
          the page is left.
        </p>
      ) : (
        <p>
          The open operation takes no file. Declare a variable of the type <code>Upload</code>, such as{" "}
          <code>mutation ($image: Upload!)</code>, or of an input type that has one.
        </p>
      )}
      {slots.map((slot) => (
        <Slot key={slot.path} slot={slot} />
      ))}
    </section>
  );
}

function Slot({ slot: { path, takesSeveral, isRequired } }: { slot: UploadSlot }) {
  const tab = useActiveTab();
  const chosen = useSyncExternalStore(subscribeToFiles, () => readChosenFiles(tab));
  const files = chosen.get(path)?.files ?? [];
  const choose = (list: readonly File[]) => chooseFiles(tab, path, { files: list, isList: takesSeveral });
  return (
    <div className="files-slot">
      <p className="files-name">
        <code>${path}</code> {isRequired ? "required" : "optional"}
      </p>
      <label className="graphiql-button">
        {takesSeveral ? "Choose files" : "Choose a file"}
        <input
          type="file"
          multiple={takesSeveral}
          aria-label={`${takesSeveral ? "Files" : "File"} for $${path}`}
          onChange={({ target }) => {
            choose([...(target.files ?? [])]);
            // So that the same file can be chosen again.
            target.value = "";
          }}
        />
      </label>
      {files.length > 0 && (
        <div className="files-chosen">
          <ul>
            {files.map((file, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a file may be chosen twice
              <li key={index}>
                {file.name} <small>{writeSize(file.size)}</small>
              </li>
            ))}
          </ul>
          <button type="button" className="graphiql-button" onClick={() => choose([])}>
            Remove
          </button>
        </div>
      )}
    </div>
  );
}

/** Of the operation that runs next. */
function useSlots(): UploadSlot[] {
  const document = useGraphiQL((state) => state.documentAST);
  const name = useGraphiQL((state) => state.overrideOperationName ?? state.operationName);
  const schema = useKnownSchema();
  const variables = useGraphiQL((state) => state.tabs[state.activeTabIndex]?.variables);
  return useMemo(
    () => findUploadSlotsOf(document, name, schema, readVariables(variables)),
    [document, name, schema, variables],
  );
}

/** Variables that are being typed are no JSON for a moment. */
function readVariables(text: string | null | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}

function writeSize(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
