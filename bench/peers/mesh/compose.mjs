// Mesh v1's description of the upstream. The names in braces are filled in from the gateway's environment.
import { defineConfig } from "@graphql-mesh/compose-cli";
import { loadOpenAPISubgraph } from "@omnigraph/openapi";

export const composeConfig = defineConfig({
  subgraphs: [
    {
      sourceHandler: loadOpenAPISubgraph("openai", {
        source: "./openapi.json",
        endpoint: "{env.OPENAI_BASE_URL}",
        operationHeaders: { authorization: "Bearer {env.OPENAI_API_KEY}" },
      }),
    },
  ],
});
