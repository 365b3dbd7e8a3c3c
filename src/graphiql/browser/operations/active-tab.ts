// Which tab is open. GraphiQL does not tell its fetcher; the answers and the chosen files are a tab's own.
import { useGraphiQL } from "@graphiql/react";
import { useLayoutEffect } from "react";

let active = "";

/** The open tab's id: an operation that starts now is this tab's. */
export function readActiveTab(): string {
  return active;
}

/** The open tab's id, for components. One that is always there has to use it, so that `readActiveTab` knows. */
export function useActiveTab(): string {
  const tab = useGraphiQL((state) => state.tabs[state.activeTabIndex]?.id ?? "");
  useLayoutEffect(() => {
    active = tab;
  }, [tab]);
  return tab;
}
