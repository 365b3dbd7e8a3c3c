// Apollo Server and the openai SDK, with graphql-upload-minimal for files.
import { createServer } from "node:http";
import { ApolloServer } from "@apollo/server";
import { expressMiddleware } from "@as-integrations/express5";
import express from "express";
import { GraphQLUpload, graphqlUploadExpress } from "graphql-upload-minimal";
import OpenAI, { toFile } from "openai";
import { createSchema } from "./schema.mjs";

const { PORT, OPENAI_BASE_URL, OPENAI_API_KEY } = process.env;
const openai = new OpenAI({ baseURL: OPENAI_BASE_URL, apiKey: OPENAI_API_KEY });

const schema = createSchema(
  {
    chat: (request) => openai.chat.completions.create(request),
    models: () => openai.models.list(),
    createVariation: async ({ image, model }) =>
      openai.images.createVariation({ image: await toFile(image.createReadStream(), image.filename), model }),
  },
  { Upload: GraphQLUpload },
);
const apollo = new ApolloServer({ schema });
await apollo.start();
const app = express();
app.use("/graphql", graphqlUploadExpress(), express.json({ limit: "4mb" }), expressMiddleware(apollo));
createServer(app).listen(Number(PORT), "127.0.0.1");
