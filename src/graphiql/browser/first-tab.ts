// The tabs and texts that the page opens with.
import { graphiqlTabs } from "../tabs.ts";

/** The texts of a tab. */
interface Texts {
  query: string;
  variables: string;
}

const link = readLink();

/** The tabs of a first visit; GraphiQL opens the first of them. */
export const defaultTabs: readonly Texts[] = [
  ...(link ? [link] : []),
  ...graphiqlTabs.map(({ query, variables = "" }) => ({ query, variables })),
];

/**
 * The linked operation (`?query=` and `&variables=`), or the open tab's texts. GraphiQL finds the tab by them; without
 * them, or with ones from another window, each reload would add a tab.
 */
export const firstTexts: Texts = link ?? readStoredTab() ?? defaultTabs[0] ?? { query: "", variables: "" };

function readLink(): Texts | undefined {
  const parameters = new URLSearchParams(location.search);
  const query = parameters.get("query");
  return query === null ? undefined : { query, variables: parameters.get("variables") ?? "" };
}

function readStoredTab(): Texts | undefined {
  try {
    const { tabs, activeTabIndex } = JSON.parse(localStorage.getItem("graphiql:tabState") ?? "");
    const { query, variables } = tabs[activeTabIndex];
    return { query: query ?? "", variables: variables ?? "" };
  } catch {
    return undefined;
  }
}
