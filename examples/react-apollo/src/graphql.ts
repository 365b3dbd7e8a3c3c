// The operations, typed by the schema: `npm run generate` reads it into graphql-env.d.ts.
import { initGraphQLTada, type ResultOf } from "gql.tada";
import type { introspection } from "./graphql-env.d.ts";

const graphql = initGraphQLTada<{
  introspection: introspection;
  scalars: { Date: string; DateTime: string; JSONObject: Record<string, unknown>; SafeInt: number; Upload: File };
}>();

export const ModelsQuery = graphql(`
  query Models {
    models {
      id
    }
  }
`);

export const ChatSubscription = graphql(`
  subscription Chat($input: ChatInput!) {
    chat(input: $input, everyMs: 50) {
      soFar {
        id
        choices {
          finishReason
          message {
            content
            refusal
          }
        }
      }
    }
  }
`);

export type Answer = ResultOf<typeof ChatSubscription>["chat"]["soFar"];

export const VariationsMutation = graphql(`
  mutation Variations($image: Upload!) {
    imageVariations(input: { image: $image, n: 2 }) {
      data {
        url
        b64Json
      }
    }
  }
`);
