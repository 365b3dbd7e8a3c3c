// The worker that knows GraphQL, as monaco-graphql has it, but for the order of its suggestions.
import { initialize } from "monaco-editor/esm/vs/editor/editor.worker.js";
import { GraphQLWorker } from "monaco-graphql/esm/GraphQLWorker.js";

/** Suggests an input's fields in the schema's order, in which what is required comes first. Monaco would sort them by name. */
class OrderingWorker extends GraphQLWorker {
  override async doComplete(...where: Parameters<GraphQLWorker["doComplete"]>) {
    const suggestions = await super.doComplete(...where);
    return suggestions.map((suggestion, place) => ({
      ...suggestion,
      sortText: suggestion.sortText ?? String(place).padStart(4, "0"),
    }));
  }
}

globalThis.onmessage = () => initialize((context, createData) => new OrderingWorker(context, createData));
