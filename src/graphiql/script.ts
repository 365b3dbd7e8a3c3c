// The script that starts GraphiQL in the browser, around its bundle. The page's settings are in the element `settings`.

/** How long the Headers editor has to rest before the schema is asked for with the key in it, in milliseconds. */
const REST_MS = 700;

/**
 * The key last typed into a Headers editor goes with every tab's requests and with those for the schema, until the page is
 * left; it is in this memory alone, for localStorage outlives the visit. `onEditQuery` keeps GraphiQL from copying each prompt
 * into the address bar, and so into histories and access logs. Told the open tab's texts, GraphiQL doesn't add an empty tab
 * on every reload.
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
    // GraphiQL's own shortcut for asking for the schema again.
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
