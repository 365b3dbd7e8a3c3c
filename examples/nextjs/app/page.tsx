import { connection } from "next/server";
import { listModels } from "../lib/models";
import { Chat } from "./chat";

export default async function Page() {
  // The models are asked for with each request, not once by `next build`.
  await connection();
  return (
    <main>
      <h1>Chat with Next.js</h1>
      <Chat models={await listModels()} />
    </main>
  );
}
