import { callGraphQL } from "./server";

const MODELS = /* GraphQL */ `
  query Models {
    models {
      id
    }
  }
`;

interface Result {
  data?: { models: { id: string }[] | null } | null;
  errors?: { message: string }[];
}

/** The names of the models. Throws the server's message if it does not list them. */
export async function listModels(): Promise<string[]> {
  const response = await callGraphQL({ body: JSON.stringify({ query: MODELS }), accept: "application/json" });
  const { data, errors }: Result = await response.json();
  if (!data?.models) throw new Error(errors?.[0]?.message ?? "The server's answer has no data.");
  return data.models.map(({ id }) => id);
}
