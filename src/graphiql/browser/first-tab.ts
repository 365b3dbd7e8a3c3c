// The texts that the editors open with.
import { graphiqlTabs } from "../tabs.ts";

/** The texts of a tab; absent ones are empty. */
interface Texts {
  query: string;
  variables: string;
}

/**
 * Yields the linked operation (`?query=` and `&variables=`), or the open tab's texts. GraphiQL finds the tab by them;
 * without them, or with ones from another window, each reload would add a tab.
 */
export function readFirstTab(): Texts {
  const link = new URLSearchParams(location.search);
  const query = link.get("query");
  if (query !== null) return { query, variables: link.get("variables") ?? "" };
  const tab = readStoredTab() ?? graphiqlTabs[0];
  return { query: tab?.query ?? "", variables: tab?.variables ?? "" };
}

function readStoredTab(): Partial<Texts> | undefined {
  try {
    const { tabs, activeTabIndex } = JSON.parse(localStorage.getItem("graphiql:tabState") ?? "");
    return tabs[activeTabIndex];
  } catch {
    return undefined;
  }
}
