// Ends what runs in a tab that is left. GraphiQL does so when another tab is opened, but not when a new one is made: it would
// write what still comes into that.
import { useGraphiQLActions } from "@graphiql/react";
import { useLayoutEffect } from "react";
import { useActiveTab } from "./active-tab.ts";

/** Renders nothing. */
export function StopOnLeaving(): null {
  const { stop } = useGraphiQLActions();
  const tab = useActiveTab();
  useLayoutEffect(() => (tab === "" ? undefined : stop), [tab, stop]);
  return null;
}
