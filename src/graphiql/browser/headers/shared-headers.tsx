// One text of headers for all tabs: what is typed in one is in the others, and the schema is fetched anew with it.
import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { useEffect } from "react";
import { keepHeadersText, parseHeaders, readHeadersText } from "./session-headers.ts";

/** How long after the last edit of the headers the schema is fetched with them, in milliseconds. */
const REST_MS = 700;

/** Renders nothing. */
export function SharedHeaders(): null {
  const { introspect } = useGraphiQLActions();
  const editor = useGraphiQL((state) => state.headerEditor);

  useEffect(() => {
    if (!editor) return;
    let rest: ReturnType<typeof setTimeout> | undefined;
    const listening = editor.onDidChangeModelContent(({ isFlush }) => {
      const text = editor.getValue();
      // Another tab or a row of the history has been opened: GraphiQL writes the headers that it kept for that.
      if (isFlush && !isSame(text, readHeadersText())) return queueMicrotask(() => editor.setValue(readHeadersText()));
      if (text === readHeadersText()) return;
      keepHeadersText(text);
      clearTimeout(rest);
      if (parseHeaders(text)) rest = setTimeout(introspect, REST_MS);
    });
    return () => {
      clearTimeout(rest);
      listening.dispose();
    };
  }, [editor, introspect]);

  return null;
}

/** Whether both texts give the same headers, as after "Prettify". */
function isSame(one: string, other: string): boolean {
  return one === other || (one !== "" && JSON.stringify(parseHeaders(one)) === JSON.stringify(parseHeaders(other)));
}
