// Builds the script that starts GraphiQL in the browser. The page holds its settings in the element `settings`.

/** How long after the last edit of the headers the schema is fetched with the new key, in milliseconds. */
const REST_MS = 700;

/**
 * Yields the script around `bundle`, GraphiQL's own code.
 * - The key last typed into a headers editor is sent with the requests of all tabs and with those for the schema, until
 *   the user leaves the page. Only this script's memory holds it, because localStorage outlives the visit.
 * - `onEditQuery` keeps GraphiQL from copying prompts into the address bar, and so into histories and access logs.
 * - It gives GraphiQL the open tab's texts; otherwise each reload would add an empty tab.
 */
export function createStartScript(bundle: string): string {
  return `{
const { options, workers } = JSON.parse(document.getElementById("settings").textContent);
self.MonacoEnvironment = { globalAPI: false, getWorkerUrl: (module, label) => workers[label] };

const endpoint = new URL(location.pathname, location.href).href;
const send = self.fetch.bind(self);
let key = null;
self.fetch = async (...parameters) => {
  const request = new Request(...parameters);
  if (request.url === endpoint && request.method === "POST") {
    if (request.headers.has("authorization")) key = request.headers.get("authorization");
    else if (key !== null) request.headers.set("authorization", key);
  }
  return send(request);
};

const readKey = (text) => {
  try {
    return new Headers(JSON.parse(text)).get("authorization");
  } catch {
    return null;
  }
};
let rest;
const onEditHeaders = (text) => {
  clearTimeout(rest);
  const typed = readKey(text);
  if (typed === null || typed === key) return;
  rest = setTimeout(() => {
    key = typed;
    // GraphiQL's own shortcut for fetching the schema again.
    dispatchEvent(new KeyboardEvent("keydown", { ctrlKey: true, shiftKey: true, key: "R" }));
  }, ${REST_MS});
};

const readTab = () => {
  try {
    const { tabs, activeTabIndex } = JSON.parse(localStorage.getItem("graphiql:tabState"));
    return tabs[activeTabIndex] ?? options.defaultTabs[0];
  } catch {
    return options.defaultTabs[0];
  }
};

${bundle};
const link = new URLSearchParams(location.search);
const tab = readTab();
const query = link.get("query") ?? tab.query ?? "";
const variables = (link.has("query") ? link.get("variables") : tab.variables) ?? "";
const root = document.getElementById("root");
YogaGraphiQL.renderYogaGraphiQL(root, { ...options, query, variables, onEditQuery() {}, onEditHeaders });
}`;
}
