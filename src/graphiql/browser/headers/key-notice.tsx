// Says that the server asks for a key, and takes the user to the place where it goes.
import { Button, useGraphiQL } from "@graphiql/react";
import { useEffect, useRef } from "react";

/** What the headers start with; the key goes in front of the last quotation mark. */
const TEMPLATE = '{\n  "authorization": "Bearer "\n}';
const KEY_PLACE = { lineNumber: 2, column: 28 };

/** A notice while the schema is refused for want of a key. Renders nothing otherwise. */
export function KeyNotice() {
  const refusal = useGraphiQL((state) => state.fetchError);
  const headers = useGraphiQL((state) => state.headerEditor);
  const answer = useGraphiQL((state) => state.responseEditor);
  const shown = useRef<string | null>(null);

  // GraphiQL shows the refusal as an answer, and leaves it there once the schema has come.
  useEffect(() => {
    if (refusal === null && shown.current !== null && answer?.getValue() === shown.current) answer.setValue("");
    if (refusal !== null) shown.current = refusal;
  }, [refusal, answer]);

  if (!refusal?.includes('"UNAUTHENTICATED"')) return null;
  return (
    <div className="graphiql-container key-notice" role="status">
      <span>This server asks for a key. Put your key into Headers.</span>
      <Button type="button" onClick={showHeaders}>
        Enter a key
      </Button>
    </div>
  );

  function showHeaders(): void {
    // GraphiQL has no other way to open its editor of headers.
    document.querySelector<HTMLButtonElement>('.graphiql-editor-tools [data-name="headers"]')?.click();
    if (!headers) return;
    if (headers.getValue().trim() === "") {
      const range = headers.getModel()?.getFullModelRange();
      if (range) headers.executeEdits("key-notice", [{ range, text: TEMPLATE }]);
      headers.setPosition(KEY_PLACE);
    }
    // It is hidden until the click has been rendered.
    requestAnimationFrame(() => headers.focus());
  }
}
