// Fits the editors to a narrow screen: lines wrap, and nothing stands beside them.
import { useGraphiQL } from "@graphiql/react";
import { useEffect } from "react";

/** As in page.css. */
const narrow = matchMedia("(max-width: 700px)");

/** Renders nothing. */
export function NarrowEditors(): null {
  const query = useGraphiQL((state) => state.queryEditor);
  const variables = useGraphiQL((state) => state.variableEditor);
  const headers = useGraphiQL((state) => state.headerEditor);
  const answer = useGraphiQL((state) => state.responseEditor);

  useEffect(() => {
    const fitAll = () => {
      for (const editor of [query, variables, headers, answer]) {
        editor?.updateOptions({
          fontSize: narrow.matches ? 13 : 15,
          folding: !narrow.matches,
          ...(editor !== answer && {
            wordWrap: narrow.matches ? "on" : "off",
            lineNumbers: narrow.matches ? "off" : "on",
          }),
        });
      }
    };
    fitAll();
    narrow.addEventListener("change", fitAll);
    return () => narrow.removeEventListener("change", fitAll);
  }, [query, variables, headers, answer]);

  return null;
}
